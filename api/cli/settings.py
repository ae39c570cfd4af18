"""Addresses, folders and secrets: what the environment says, read in this one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

DATABASE_SCHEMES = ("postgresql://", "postgres://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
SMTP_SCHEMES = ("smtp://", "smtps://")
WEB_SCHEMES = ("https://", "http://")
MONDAY_AT_SEVEN = "0 7 * * 1"


class SettingsError(Exception):
    """An environment variable holds something that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Where this installation finds its servers, its folder and its key.

    An address that is None means: use the embedded server, whose data lie in `home`.
    """

    home: Path
    database_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    pg_bin: Path | None = None
    valkey_bin: Path | None = None
    seal_key_file: Path | None = None
    anchors: tuple[str, ...] = field(default=(), repr=False)
    anchors_private: bool = False
    webhooks_private: bool = False
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    public_url: str | None = None
    digest_at: str = MONDAY_AT_SEVEN
    people_key: Path | None = None
    forgotten: Path | None = None
    session_idle: timedelta | None = None
    session_whole: timedelta | None = None
    proxies: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_secret_file: Path | None = None
    oidc_claim: str = "email"

    @property
    def seal_key(self) -> Path:
        """The file of the key that signs checkpoints."""
        return self.seal_key_file or self.home / "seal.key"

    @property
    def people_key_path(self) -> Path:
        """The file with the key that wraps the secrets of personal data."""
        return self.people_key or self.home / "people.key"

    @property
    def forgotten_path(self) -> Path:
        """The file in which those who were forgotten are registered, for restores."""
        return self.forgotten or self.home / "forgotten.txt"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the KAMS_* variables; blank ones count as unset.

        Raises SettingsError, which names the variable, when an address has no scheme that we know.
        """
        return cls(
            home=_folder(environ, "KAMS_HOME") or Path.cwd() / ".kams",
            database_url=_address(environ, "KAMS_DATABASE_URL", DATABASE_SCHEMES),
            redis_url=_address(environ, "KAMS_REDIS_URL", REDIS_SCHEMES),
            key=_text(environ, "KAMS_KEY"),
            pg_bin=_folder(environ, "KAMS_PG_BIN"),
            valkey_bin=_folder(environ, "KAMS_VALKEY_BIN"),
            seal_key_file=_folder(environ, "KAMS_SEAL_KEY"),
            anchors=tuple(each.strip() for each in (_text(environ, "KAMS_ANCHORS") or "").split(",") if each.strip()),
            anchors_private=_text(environ, "KAMS_ANCHORS_PRIVATE") == "1",
            webhooks_private=_text(environ, "KAMS_WEBHOOKS_PRIVATE") == "1",
            smtp_url=_address(environ, "KAMS_SMTP_URL", SMTP_SCHEMES),
            mail_from=_mailbox(environ, "KAMS_MAIL_FROM"),
            public_url=_address(environ, "KAMS_PUBLIC_URL", WEB_SCHEMES),
            digest_at=_timer(environ, "KAMS_DIGEST_AT") or MONDAY_AT_SEVEN,
            people_key=_folder(environ, "KAMS_PEOPLE_KEY"),
            forgotten=_folder(environ, "KAMS_FORGOTTEN"),
            session_idle=_duration(environ, "KAMS_SESSION_IDLE"),
            session_whole=_duration(environ, "KAMS_SESSION_WHOLE"),
            proxies=_text(environ, "KAMS_PROXIES"),
            oidc_issuer=_address(environ, "KAMS_OIDC_ISSUER", WEB_SCHEMES),
            oidc_client_id=_text(environ, "KAMS_OIDC_CLIENT_ID"),
            oidc_secret_file=_folder(environ, "KAMS_OIDC_CLIENT_SECRET_FILE"),
            oidc_claim=_text(environ, "KAMS_OIDC_CLAIM") or "email",
        )


def locale_of(environ: Mapping[str, str] = os.environ) -> str:
    """The locale in which messages are wanted (POSIX: LC_ALL before LC_MESSAGES before LANG); empty where unset."""
    return next((text for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (text := _text(environ, name))), "")


def columns_of(environ: Mapping[str, str] = os.environ) -> int:
    """How wide output shall be (POSIX: COLUMNS); 0 where it is unset or no number."""
    text = _text(environ, "COLUMNS") or ""
    return int(text) if text.isdigit() else 0


def _text(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or None


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    text = _text(environ, name)
    return Path(text).expanduser().absolute() if text else None


def _address(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    text = _text(environ, name)
    if text and not text.startswith(schemes):
        raise SettingsError(f"{name} must begin with one of {', '.join(schemes)}. Mend it, or unset it.")
    return text


def _duration(environ: Mapping[str, str], name: str) -> timedelta | None:
    text = _text(environ, name)
    if text is None:
        return None
    number, unit = text[:-1], {"m": "minutes", "h": "hours", "d": "days"}.get(text[-1])
    if unit is None or not (number.isascii() and number.isdigit() and 0 < int(number) <= 1000):
        raise SettingsError(f"{name} must be a time such as 30m, 12h or 7d. Mend it, or unset it.")
    return timedelta(**{unit: int(number)})


def _mailbox(environ: Mapping[str, str], name: str) -> str | None:
    from email.utils import parseaddr

    text = _text(environ, name)
    if text and ("@" not in parseaddr(text)[1] or any(c in text for c in "\r\n")):
        raise SettingsError(f"{name} must be an address such as kams@example.com. Mend it, or unset it.")
    return text


def _timer(environ: Mapping[str, str], name: str) -> str | None:
    text = _text(environ, name)
    if text:
        from cronsim import CronSim, CronSimError

        try:
            CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError:
            raise SettingsError(
                f"{name} must be five fields of cron such as '0 7 * * 1'. Mend it, or unset it."
            ) from None
    return text
