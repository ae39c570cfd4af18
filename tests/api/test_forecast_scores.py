"""What was shown is kept and scored, over HTTP and on the command line; methods side by side, one in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli import forecasting, member_commands, policy_commands
from api.cli.session import make_tables
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture
def kams(postgres_url: str, fresh_names: Iterator[str], valkey_url: str, tmp_path: Path) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        make_tables(url)
        made = company_system(url, valkey_url, tmp_path / "home")
        forecasting.add(made.app)
        policy_commands.add(made.app)
        member_commands.add(made.app)
        yield made


def test_what_was_shown_is_kept_page_by_page_for_whom_it_was_shown(office: Office) -> None:
    for period in ("2026-Q1", "2026-Q2"):
        assert office.get("/forecast", "auditor", period=period, by="territory").status_code == 200
    assert office.get("/forecast", "auditor", period="2026-Q1", by="territory").status_code == 200
    assert office.get("/forecast/deals", "auditor").status_code == 200
    first = office.get("/forecast/kept", "auditor", limit=2).json()
    assert [one["period"] for one in first["forecasts"]] == ["deals", "2026-Q2"]
    rest = office.get("/forecast/kept", "auditor", limit=2, cursor=first["next"]).json()
    assert ([one["period"] for one in rest["forecasts"]], rest["next"]) == (["2026-Q1"], None)
    (quarter,) = rest["forecasts"]
    assert (quarter["reason"], quarter["model"], quarter["by"]) == ("shown", "none", "territory")
    assert {group["key"]: group["pipeline"] for group in quarter["groups"]}[""] == "2000.00"
    assert first["forecasts"][0]["deals"] == 2
    by_then = office.get("/forecast/kept", "auditor", as_of=quarter["kept_at"]).json()
    assert [one["period"] for one in by_then["forecasts"]] == ["2026-Q1"]
    assert office.get("/forecast/kept", "auditor", known_at=quarter["position"] - 1).json()["forecasts"] == []
    assert office.get("/forecast/kept", "colleague").json()["forecasts"] == []
    assert office.get("/forecast/kept", "nobody").json()["forecasts"] == []


def test_scores_and_methods_are_asked_for_over_http(office: Office) -> None:
    scores = office.get("/forecast/scores", "auditor", by="territory", **{"from": "2026-01-01"}).json()
    assert (scores["by"], scores["in_use"]) == ("territory", "hazard")
    methods = office.get("/forecast/methods", "auditor").json()
    assert (methods["in_use"], methods["proposed"]) == ("hazard", None)
    assert office.get("/forecast/scores", "auditor", by="stage").status_code == 422
    assert office.get("/forecast/scores", "auditor", period="soon").json()["rule"] == "PeriodUnknown"
    assert office.get("/forecast/kept", "auditor", cursor="x").status_code == 422


def test_the_method_in_use_is_changed_by_a_person_alone(kams: CommandLine) -> None:
    assert kams("policy", "show", "forecast", "--json").json == {
        "method": "hazard", "snapshot_weekday": 1, "enough_closed": 30,
    }  # fmt: skip
    used = kams("forecast", "methods", "--use", "last_year")
    assert (used.code, used.out) == (0, "")
    assert "same period last year" in used.err
    assert kams("policy", "show", "forecast", "--json").json["method"] == "last_year"
    wrong = kams("forecast", "methods", "--use", "crystal_ball")
    assert wrong.code == 2
    assert "hazard" in wrong.err


def test_the_answer_names_the_method_in_use(kams: CommandLine) -> None:
    assert kams("forecast", "methods", "--use", "stage_weighted").code == 0
    answer = kams("forecast", "--period", "2026-Q1", "--json").json
    said = [answer[name] for name in ("model", "model_version", "p10", "p50")]
    assert said == ["stage_weighted", "", None, "0.0"]
    assert answer["basis"].startswith("by the method in use, stage-weighted")
    assert kams("forecast", "--deals", "--json").json["model"] == "stage_weighted"
    told = kams("forecast", "--period", "2026-Q1").out
    assert "by the method in use: 0" in told
    assert "P10" not in told
    assert "no model" not in told


def test_what_was_kept_is_listed_with_the_newest_first_and_cut_with_a_note(kams: CommandLine) -> None:
    nothing = kams("forecast", "kept")
    assert (nothing.code, nothing.out, nothing.err.strip()) == (0, "", "No forecast was kept.")
    anna = kams("members", "invite", "Anna", "--json").json["id"]
    assert kams("forecast", "--period", "2026-Q1", "--by", "territory").code == 0
    assert kams("forecast", "--period", "2026-Q2", "--owner", "Anna").code == 0
    assert kams("forecast", "--deals").code == 0
    answer = kams("forecast", "kept", "--json").json
    assert [each["period"] for each in answer["forecasts"]] == ["deals", "2026-Q2", "2026-Q1"]
    assert answer["more"] is False
    assert answer["forecasts"][1]["filters"] == {"owner": anna}
    cut = kams("forecast", "kept", "--limit", "2")
    assert (cut.code, cut.err.strip()) == (0, "There are older ones: state --limit.")
    assert "2026-Q2" in cut.out
    assert "Anna" in cut.out
    assert "2026-Q1" not in cut.out
    lines = kams("forecast", "kept", "--csv").out.splitlines()
    assert lines[0].startswith("id,kept_at,reason,forecast_at,position,period,first_day,last_day,model,")
    assert [line.split(",")[5] for line in lines[1:]] == ["deals", "2026-Q2", "2026-Q1"]
    by_then = kams("forecast", "kept", "--as-of", answer["forecasts"][1]["kept_at"], "--json").json
    assert [each["period"] for each in by_then["forecasts"]] == ["2026-Q2", "2026-Q1"]
    assert kams("forecast", "kept", "--known-at", "1", "--json").json["forecasts"] == []
    assert kams("forecast", "kept", "--limit", "0").code == 2


def test_a_system_without_history_says_so(kams: CommandLine) -> None:
    score = kams("forecast", "score")
    assert (score.code, score.out) == (0, "")
    assert "No kept forecast can be scored yet" in score.err
    assert kams("forecast", "score", "--json").json["methods"] == []
    replayed: Any = kams("forecast", "backtest", "--from", "2026-01-01", "--to", "2026-03-01", "--json").json
    assert (replayed["issues"], replayed["without_model"], replayed["proposed"]) == (9, 9, None)
    assert kams("forecast", "methods", "--json").json["proposed"] is None
    folds = kams("forecast", "backtest", "--folds", "10", "--repeats", "3")
    assert (folds.code, folds.err.strip()) == (
        0, "Not enough history: 0 closed deals, 0 of them distinct.",
    )  # fmt: skip
    assert kams("forecast", "backtest", "--folds", "10", "--json").json["folds"]["auc"] is None
    assert kams("forecast", "backtest", "--folds", "10", "--csv").out.startswith("rows,distinct,folds,repeats")
    assert kams("forecast", "backtest", "--csv").out.startswith("what,method,layer,kind,issued,by,n")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("score", "--by", "stage"), 2, "owner"),
        (("score", "--from", "soon"), 2, "--from"),
        (("backtest", "--every", "0"), 2, "month-ends"),
        (("backtest", "--horizon", "year"), 2, "quarter"),
        (("backtest", "--by", "stage"), 2, "territory"),
        (("backtest", "--from", "2026-02-02", "--to", "2026-02-01"), 1, "no issue date"),
        (("backtest", "--from", "1990-01-01", "--every", "1"), 1, "too many"),
    ],
)
def test_what_cannot_be_asked_is_refused(kams: CommandLine, words: tuple[str, ...], code: int, told: str) -> None:
    answer = kams("forecast", *words)
    assert answer.code == code, answer
    assert told in answer.err
