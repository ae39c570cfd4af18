"""The environment says where the servers are; nothing else reads it."""

from datetime import timedelta
from pathlib import Path

import pytest

from api.cli.settings import Settings, SettingsError


def test_without_variables_everything_is_embedded_below_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({}) == Settings(home=tmp_path / ".kams")


def test_the_key_that_seals_lies_in_the_home_unless_stated(tmp_path):
    assert Settings(home=tmp_path).seal_key == tmp_path / "seal.key"


def test_blank_variables_count_as_unset(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = ["DATABASE_URL", "REDIS_URL", "HOME", "KEY", "PG_BIN", "VALKEY_BIN", "SEAL_KEY", "ANCHORS", "SMTP_URL"]
    assert Settings.from_environment({f"KAMS_{name}": "  " for name in names}) == Settings.from_environment({})


def test_each_variable_is_read():
    settings = Settings.from_environment(
        {
            "KAMS_DATABASE_URL": "postgresql://db.example/kams",
            "KAMS_REDIS_URL": "rediss://cache.example:6380/2",
            "KAMS_HOME": "/srv/kams",
            "KAMS_KEY": "kams_1_secret",
            "KAMS_PG_BIN": "/usr/lib/postgresql/18/bin",
            "KAMS_VALKEY_BIN": "/usr/bin/valkey-server",
            "KAMS_SEAL_KEY": "/etc/kams/seal.key",
            "KAMS_ANCHORS": "stdout:, file:/mnt/worm,,https://hook.example/x",
            "KAMS_ANCHORS_PRIVATE": "1",
            "KAMS_WEBHOOKS_PRIVATE": "1",
            "KAMS_SMTP_URL": "smtp://user:hidden@mail.example",
            "KAMS_SESSION_IDLE": "30m",
            "KAMS_SESSION_WHOLE": "1d",
            "KAMS_PROXIES": "10.0.0.0/8",
            "KAMS_OIDC_ISSUER": "https://login.example/realm",
            "KAMS_OIDC_CLIENT_ID": "kams",
            "KAMS_OIDC_CLIENT_SECRET_FILE": "/etc/kams/oidc.secret",
            "KAMS_OIDC_CLAIM": "employee",
        }
    )
    assert settings == Settings(
        home=Path("/srv/kams"),
        database_url="postgresql://db.example/kams",
        redis_url="rediss://cache.example:6380/2",
        key="kams_1_secret",
        pg_bin=Path("/usr/lib/postgresql/18/bin"),
        valkey_bin=Path("/usr/bin/valkey-server"),
        seal_key_file=Path("/etc/kams/seal.key"),
        anchors=("stdout:", "file:/mnt/worm", "https://hook.example/x"),
        anchors_private=True,
        webhooks_private=True,
        smtp_url="smtp://user:hidden@mail.example",
        session_idle=timedelta(minutes=30),
        session_whole=timedelta(days=1),
        proxies="10.0.0.0/8",
        oidc_issuer="https://login.example/realm",
        oidc_client_id="kams",
        oidc_secret_file=Path("/etc/kams/oidc.secret"),
        oidc_claim="employee",
    )
    assert settings.seal_key == Path("/etc/kams/seal.key")
    assert "hidden" not in repr(settings)


def test_a_relative_home_is_taken_from_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({"KAMS_HOME": "here"}).home == tmp_path / "here"


@pytest.mark.parametrize("name", ["KAMS_DATABASE_URL", "KAMS_REDIS_URL", "KAMS_SMTP_URL"])
def test_an_address_without_a_known_scheme_is_refused_by_the_variable_s_name(name):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: "db.example:5432"})


def test_secrets_do_not_show_in_a_log():
    settings = Settings.from_environment({"KAMS_DATABASE_URL": "postgresql://u:hidden@h/d", "KAMS_KEY": "hidden"})
    assert "hidden" not in repr(settings)


def test_who_sends_mail_and_when_the_digest_goes_out() -> None:
    stated = {"KAMS_MAIL_FROM": "KAMS <kams@ours.example>", "KAMS_PUBLIC_URL": "https://kams.ours.example"}
    settings = Settings.from_environment({**stated, "KAMS_DIGEST_AT": "30 16 * * 5"})
    assert (settings.mail_from, settings.public_url) == tuple(stated.values())
    assert settings.digest_at == "30 16 * * 5"
    assert Settings.from_environment({}).digest_at == "0 7 * * 1"


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("KAMS_MAIL_FROM", "nobody", "an address such as kams@example.com"),
        ("KAMS_MAIL_FROM", "a@b\r\nBcc: c@d", "an address such as kams@example.com"),
        ("KAMS_PUBLIC_URL", "kams.ours.example", "https://"),
        ("KAMS_DIGEST_AT", "monday", "five fields of cron"),
        ("KAMS_DIGEST_AT", "0 25 * * 1", "five fields of cron"),
    ],
)
def test_a_setting_of_the_digest_that_is_none_is_named(name: str, value: str, accepted: str) -> None:
    with pytest.raises(SettingsError, match=accepted) as refused:
        Settings.from_environment({name: value})
    assert name in str(refused.value)


@pytest.mark.parametrize("stated", ["12", "h", "-1h", "1.5h", "12 h", "1y", "0m", "9999d", "１h"])
def test_how_long_sessions_last_is_a_number_and_its_unit(stated):
    with pytest.raises(SettingsError, match="KAMS_SESSION_IDLE"):
        Settings.from_environment({"KAMS_SESSION_IDLE": stated})
