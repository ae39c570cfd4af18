"""The environment says where the servers are; nothing else reads it."""

from pathlib import Path

import pytest

from api.cli.settings import Settings, SettingsError


def test_without_variables_everything_is_embedded_below_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({}) == Settings(home=tmp_path / ".kams")


def test_blank_variables_count_as_unset(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = ["DATABASE_URL", "REDIS_URL", "HOME", "KEY", "PG_BIN", "VALKEY_BIN"]
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
        }
    )
    assert settings == Settings(
        home=Path("/srv/kams"),
        database_url="postgresql://db.example/kams",
        redis_url="rediss://cache.example:6380/2",
        key="kams_1_secret",
        pg_bin=Path("/usr/lib/postgresql/18/bin"),
        valkey_bin=Path("/usr/bin/valkey-server"),
    )


def test_a_relative_home_is_taken_from_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({"KAMS_HOME": "here"}).home == tmp_path / "here"


@pytest.mark.parametrize("name", ["KAMS_DATABASE_URL", "KAMS_REDIS_URL"])
def test_an_address_without_a_known_scheme_is_refused_by_the_variable_s_name(name):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: "db.example:5432"})


def test_secrets_do_not_show_in_a_log():
    settings = Settings.from_environment({"KAMS_DATABASE_URL": "postgresql://u:hidden@h/d", "KAMS_KEY": "hidden"})
    assert "hidden" not in repr(settings)
