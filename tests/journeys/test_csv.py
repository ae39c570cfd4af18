"""What every reading command prints as CSV can be read by a machine: the sample company, one command after another."""

import copy
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli.forecasting.gap import BESIDE, FIGURES
from api.cli.main import app
from projections.forecast_backtest import BacktestAnswer, BacktestAsked, backtest
from projections.view import View
from tests.journeys.conftest import run

Count = Callable[[Any], int]
THOUSANDS = re.compile(r"^'?[+-]?\d{1,3}(,\d{3})+")
IN_WORDS = re.compile(r"^'?[+-]?\d[\d.]*( ?%| days| of \d+)$")


def listed(name: str) -> Count:
    return lambda answer: len(answer[name])


def nested(name: str, inner: str) -> Count:
    return lambda answer: sum(len(each[inner]) for each in answer[name])


def of_a_competitor(answer: Any) -> int:
    (line,) = answer["competitors"]
    return 1 + sum(len(line[name]) for name in ("strategies", "products", "territories", "open_deals"))


def changes(name: str) -> Count:
    """A row for each change of a fact, or one for a fact that changed nothing."""
    return lambda answer: sum(len(fact["changes"]) or 1 for fact in answer[name])


def contributions(answer: Any) -> int:
    """A row for each event of each share, or one for a share without any."""
    return sum(len(share["events"]) or 1 for share in answer["shares"]) + len(answer["lines"])


COMMANDS: dict[str, Count] = {
    "funnel": listed("stages"),
    "funnel --by owner": nested("groups", "stages"),
    "funnel --bridge --from 2026-06-01": listed("items"),
    "funnel --conversion": listed("stages"),
    "forecast": lambda answer: 1 + len(answer.get("groups") or []),
    "forecast --deals": listed("deals"),
    "forecast backtest --from 2026-07-01 --to 2026-07-14": lambda answer: len(answer["methods"]) + len(answer["wins"]),
    "forecast bridge --from 2026-10-01 --to 2026-10-20": listed("items"),
    "forecast calls": listed("calls"),
    "forecast gap": lambda answer: len(FIGURES + BESIDE),
    "forecast kept": lambda answer: sum(len(each["groups"]) or 1 for each in answer["forecasts"]),
    "forecast methods": listed("leaderboard"),
    "forecast score": lambda answer: len(answer["methods"]) + len(answer["wins"]),
    "experiment EXP-1": listed("accounts"),
    "experiments": listed("experiments"),
    "segments": nested("segments", "accounts"),
    "health": listed("accounts"),
    "health --heat": listed("accounts"),
    "health --trend": listed("accounts"),
    "account A-02": listed("opportunities"),
    "balance": listed("accounts"),
    "buying": listed("accounts"),
    "competition": listed("competitors"),
    "competition --competitor 泰岳传动": of_a_competitor,
    "contest O-LH-2": listed("criteria"),
    "cost": listed("opportunities"),
    "cost --by owner": listed("groups"),
    "scorecard": nested("scorecards", "measures"),
    "skills": listed("levels"),
    "targets": lambda answer: sum(len(each["quarters"]) for each in answer["lines"]),
    "deliveries": lambda answer: sum(len(each["promises"]) or 1 for each in answer["deliveries"]),
    "exposure": listed("exposures"),
    "findings": listed("findings"),
    "map O-LH-2": lambda answer: sum(len(each["stands"]) or 1 for each in answer["nodes"]),
    "plans --all": listed("plans"),
    "portfolio": listed("customers"),
    "portfolio --why A-02": listed("history"),
    "qualification O-LH-2": nested("blocks", "questions"),
    "insight": listed("questions"),
    "quotes": listed("quotes"),
    "issues": listed("issues"),
    "service": listed("lines"),
    "strategy": listed("control_points"),
    "strategies": listed("strategies"),
    "goals": lambda answer: sum(1 + len(each["objectives"]) for each in answer["goals"]),
    "todo": listed("items"),
    "accounts duplicates": listed("candidates"),
    "visits list": listed("visits"),
    "visits plan": listed("visits"),
    "visits discipline": listed("lines"),
    "visits stores": nested("outlets", "stock"),
    "audit access M-07": listed("accounts"),
    "audit diff --account A-02 --from 2026-06-30 --to 2026-09-30 --limit 2000": changes("facts"),
    "audit log --kind refused": listed("lines"),
    "audit replay A-02 --limit 2000": changes("steps"),
    "audit trail A-02 --kind Account.KeyStatusReviewed": listed("lines"),
    "explain balance A-02": contributions,
    "explain buying A-02": contributions,
    "explain conversion confirmed": contributions,
    "explain cost": contributions,
    "explain events 54112": listed("events"),
    "explain forecast --period 2026-Q3 --cell closed": contributions,
    "explain funnel --stage confirmed": contributions,
    "explain health A-02": lambda answer: sum(len(each["events"] + each["lines"]) for each in answer["components"]),
    "explain models": lambda answer: len(answer["figures"]) + len(answer["models"]),
    "explain portfolio A-02": contributions,
    "explain row account A-02": nested("fields", "changes"),
    "explain visits": contributions,
    "members list": listed("members"),
    "keys list": listed("keys"),
    "streams groups": lambda answer: sum(len(each["groups"]) for each in answer["streams"]),
    "streams list": listed("subscriptions"),
    "streams status": listed("subscriptions"),
    "streams deliveries": listed("deliveries"),
    "streams dead-letters": listed("dead_letters"),
    "streams redeliveries": listed("redeliveries"),
    "programmes": listed("programmes"),
    "whatif health --policies-of 2025-01-01 --as-of 2026-10-20": nested("points", "accounts"),
    "whatif portfolio --edition selection-model=1": nested("points", "customers"),
    "whatif gates --edition sales-process=0": listed("lines"),
    "policy list": lambda answer: len(answer["policies"]),
}


NOT_IN_THE_SAMPLE = {"plan", "programme"}
"""What the sample company has none of, which tests of its own ask for."""


def with_csv(command: Any, path: str = "") -> Iterator[str]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from with_csv(inner, f"{path} {name}".strip())
    if any("--csv" in option.opts for option in command.params):
        yield path.strip()


def test_no_command_with_csv_is_forgotten() -> None:
    there = set(with_csv(typer.main.get_command(app)))
    assert "funnel" in there
    forgotten = {name for name in there if not any(f"{asked} ".startswith(f"{name} ") for asked in COMMANDS)}
    assert forgotten == NOT_IN_THE_SAMPLE


@pytest.fixture(autouse=True)
def replayed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backtest takes long: what it says is shown as CSV, then the same as JSON."""
    found: dict[str, BacktestAnswer] = {}

    def once(view: View, asked: BacktestAsked, **more: Any) -> BacktestAnswer:
        key = repr((asked, view.clock.known_at))
        if key not in found:
            found[key] = backtest(view, asked, **more)
        return copy.deepcopy(found[key])

    monkeypatch.setattr("projections.forecast_backtest.backtest", once)


@pytest.mark.parametrize("command", COMMANDS)
def test_csv_is_for_machines(sample_home: Path, command: str) -> None:
    header, *rows = csv.reader(io.StringIO(run(sample_home, *command.split(), "--csv").stdout))
    assert [name for name in header if not name.strip()] == []
    assert sorted(header) == sorted(set(header))
    assert {len(row) for row in rows} <= {len(header)}
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.endswith(("…", "..."))] == []
    assert [cell for cell in cells if THOUSANDS.match(cell) or IN_WORDS.match(cell)] == []
    answer = json.loads(run(sample_home, *command.split(), "--json").stdout)
    assert len(rows) == COMMANDS[command](answer)


def test_the_open_deals_of_a_competitor_have_their_external_ids(sample_home: Path) -> None:
    asked = run(sample_home, "competition", "--competitor", "泰岳传动", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(asked)))
    assert {row["kind"] for row in rows} == {"competitor", "strategy", "product", "territory", "open deal"}
    deals = [row for row in rows if row["kind"] == "open deal"]
    assert len(deals) == int(rows[0]["open"])
    assert [row["name"] for row in deals if not row["name"].startswith("O-")] == []
