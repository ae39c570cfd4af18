"""The company's own sign-in (OIDC), as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli.settings import Settings, SettingsError
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.signing_in.oidc import Client


def client_of(settings: Settings, *, behind_proxy: bool = False) -> Client | None:
    """Who we are there; None where no issuer is set. Raises SettingsError where the settings are not all there, or
    others could read the secret."""
    from api.signing_in.oidc import Client, is_safe

    if settings.oidc_issuer is None:
        return None
    if not is_safe(settings.oidc_issuer):
        raise SettingsError(say("KAMS_OIDC_ISSUER must begin with https://. Mend it, or unset it."))
    if settings.oidc_client_id is None or settings.oidc_secret_file is None:
        raise SettingsError(say("KAMS_OIDC_ISSUER needs KAMS_OIDC_CLIENT_ID and KAMS_OIDC_CLIENT_SECRET_FILE."))
    if behind_proxy and settings.public_url is None:
        raise SettingsError(say("KAMS_OIDC_ISSUER needs KAMS_PUBLIC_URL behind a proxy: browsers are sent back there."))
    return Client(settings.oidc_issuer, settings.oidc_client_id, _secret(settings), settings.oidc_claim)


def _secret(settings: Settings) -> str:
    path = settings.oidc_secret_file
    assert path is not None
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(say("Others may read {path}: run chmod 600 on it.", path=path))
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        text = say("KAMS_OIDC_CLIENT_SECRET_FILE: {path} cannot be read: {reason}.", path=path, reason=error.strerror)
        raise SettingsError(text) from None
