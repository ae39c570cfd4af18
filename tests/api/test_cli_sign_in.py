"""Addresses that sign in, from the command line; and what the doctor says of signing in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from api.cli.company_sign_in import client_of
from api.cli.doctor_sign_in import check_sign_in
from api.cli.embedded import Addresses
from api.cli.serving import timeouts_of
from api.cli.session import system
from api.cli.settings import Settings, SettingsError
from api.cli.signing_in import own_address
from api.signing_in.sessions import Timeouts
from api.signing_in.tokens import LONGEST, Purpose, SignInTokens
from tests.api.command_line import Answer, CommandLine, company_system, done
from tests.conftest import new_database
from tests.console.issuer import CLIENT, SECRET, Issuer, issuing


@pytest.fixture(scope="module")
def kams(
    postgres_url: str,
    fresh_names: Iterator[str],
    embedded_addresses: Addresses,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, embedded_addresses.redis_url or "", tmp_path_factory.mktemp("sign-in") / "home")
        for member, role in (("M-1", "manager"), ("M-2", "admin")):
            done(made("members", "invite", member, "--external-id", member))
            done(made("members", "grant", member, role))
        yield made


def key_of(kams: CommandLine, member: str, *scopes: str) -> str:
    options = [word for scope in scopes for word in ("--scope", scope)]
    return done(kams("keys", "issue", member, *options)).out.strip()


def member_behind(kams: CommandLine, url: str, purpose: Purpose = "sign_in") -> str:
    """Whom an address lets in, by his external id; it is used with that."""
    (token,) = parse_qs(urlsplit(url).query)["token"]
    with ConnectionPool(kams.environment["KAMS_DATABASE_URL"], min_size=1) as pool:
        member = SignInTokens(pool).take(token, datetime.now(UTC), purpose)
        with pool.connection() as connection:
            sql = "select value from claims where kind = 'member' and aggregate_id = %s"
            (name,) = connection.execute(sql, (member,)).fetchone() or ("",)
    return str(name)


def test_an_address_for_oneself_stands_alone_on_standard_output(kams: CommandLine) -> None:
    answer = done(kams("sign-in"))
    assert answer.out.startswith("http://127.0.0.1:8000/console/sign-in?token=kamsi_")
    assert len(answer.out.splitlines()) == 1
    assert member_behind(kams, answer.out.strip()) == "admin"


def test_an_admin_gets_one_for_another(kams: CommandLine) -> None:
    answer = done(kams("sign-in", "--member", "M-1", "--url", "https://kams.example/", "--json"))
    assert answer.json["url"].startswith("https://kams.example/console/sign-in?token=")
    assert member_behind(kams, answer.json["url"]) == "M-1"


def test_others_get_one_for_themselves_alone(kams: CommandLine) -> None:
    key = key_of(kams, "M-1", "read", "write")
    assert member_behind(kams, done(kams("sign-in", KAMS_KEY=key)).out.strip()) == "M-1"
    for words in (("sign-in", "--member", "M-2"), ("members", "password", "M-2")):
        refused = kams(*words, KAMS_KEY=key)
        assert (refused.code, refused.out) == (1, "")


def test_no_key_lets_in_to_more_than_it_may_itself(kams: CommandLine) -> None:
    key = key_of(kams, "M-2", "read", "write", "stream")
    for words in (("sign-in",), ("members", "password")):
        refused: Answer = kams(*words, KAMS_KEY=key)
        assert (refused.code, "a key with the scope admin" in refused.err) == (1, True)
    with_database = Settings(
        home=Path(kams.environment["KAMS_HOME"]), database_url=kams.environment["KAMS_DATABASE_URL"], key=key
    )
    with system(with_database) as made:
        assert own_address(made, "http://x") is None
    with system(replace(with_database, key=None)) as made:
        assert (own_address(made, "http://x", "/console/?as_of=2026-10-31", LONGEST) or "").endswith(
            "&next=/console/%3Fas_of%3D2026-10-31"
        )


def test_an_address_on_which_a_password_is_set_lasts_a_day(kams: CommandLine) -> None:
    url = done(kams("members", "password", "M-1")).out.strip()
    assert url.startswith("http://127.0.0.1:8000/console/set-password?token=")
    with psycopg.connect(kams.environment["KAMS_DATABASE_URL"]) as connection:
        kept = connection.execute("select expires_at - now() from sign_in_tokens where purpose = 'password'").fetchone()
    assert kept is not None
    assert timedelta(hours=23) < kept[0] <= timedelta(hours=24)
    assert member_behind(kams, url, "password") == "M-1"


def test_who_has_left_gets_none(kams: CommandLine) -> None:
    done(kams("members", "invite", "Gone", "--external-id", "M-3"))
    done(kams("members", "leave", "M-3"))
    assert kams("sign-in", "--member", "M-3").code == 1


def with_issuer(tmp_path: Path, issuer: str | None, mode: int = 0o600) -> Settings:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    secret.chmod(mode)
    return Settings(home=tmp_path, oidc_issuer=issuer, oidc_client_id=CLIENT, oidc_secret_file=secret)


def test_the_doctor_looks_at_the_companys_sign_in(tmp_path: Path) -> None:
    assert check_sign_in(Settings(home=tmp_path)).ok
    with issuing(Issuer()) as issuer:
        found = check_sign_in(with_issuer(tmp_path, issuer.url))
        assert (found.ok, found.found) == (True, f"{issuer.url} answers; members are named by its email")
    gone = check_sign_in(with_issuer(tmp_path, issuer.url))
    assert (gone.ok, "does not answer as it should" in gone.found) == (True, True)
    assert gone.remedy
    assert not check_sign_in(with_issuer(tmp_path, "http://login.example")).ok


def test_settings_of_the_companys_sign_in_are_all_there_and_their_secret_is_ones_own(tmp_path: Path) -> None:
    whole = with_issuer(tmp_path, "https://login.example")
    client = client_of(whole)
    assert client is not None
    assert (client.secret, client.claim, SECRET in repr(client)) == (SECRET, "email", False)
    for broken in (
        replace(whole, oidc_client_id=None),
        replace(whole, oidc_secret_file=None),
        replace(whole, oidc_secret_file=tmp_path / "no such file"),
        replace(whole, oidc_issuer="http://login.example"),
    ):
        with pytest.raises(SettingsError):
            client_of(broken)
    with pytest.raises(SettingsError, match="KAMS_PUBLIC_URL"):
        client_of(whole, behind_proxy=True)
    assert client_of(replace(whole, public_url="https://kams.example"), behind_proxy=True) == client
    with pytest.raises(SettingsError, match="chmod 600"):
        client_of(with_issuer(tmp_path, "https://login.example", 0o640))


def test_how_long_sessions_last_is_set(tmp_path: Path) -> None:
    settings = Settings.from_environment({"KAMS_HOME": str(tmp_path), "KAMS_SESSION_IDLE": "30m"})
    assert timeouts_of(settings) == Timeouts(idle=timedelta(minutes=30), whole=timedelta(days=7))
