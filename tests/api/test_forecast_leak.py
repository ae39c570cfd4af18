"""On the command line: what is recorded or imported later changes nothing in a forecast as of before."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.cli import forecasting, intake, member_commands
from tests.api.command_line import CommandLine, company_system

FIRST, THEN, EXPORT = date(2024, 1, 1), date(2024, 10, 31), date(2025, 3, 31)
STAGES = ("prospecting", "qualification", "proposal", "negotiation")
HEAD = "external_id,account,title,amount,currency,owner,process,stage,opened_on,closed_on,signed_amount\n"
PEOPLE = "name,external_id,roles\nAnna Berg,M-1,manager\nBo Lind,M-2,manager\n"
ACCOUNTS = "name,external_id,currency\nAlpha,A-1,EUR\nBeta,A-2,EUR\n"


def deals(until: date, seed: int = 5) -> list[str]:
    """The rows of deals as an export of a day has them; a later export has more, and knows more ends."""
    chance, rows = random.Random(seed), []
    for number in range(320):
        opened = FIRST + timedelta(days=number * 450 // 320)
        closed = opened + timedelta(days=chance.choice([20, 45, 45, 90, 160]) + chance.randint(0, 9))
        account, owner, won = chance.choice(["A-1", "A-2"]), chance.choice(["M-1", "M-2"]), chance.random() < 0.45
        amount = chance.randrange(1_000, 9_000)
        ended = closed <= until
        stage = ("won" if won else "lost") if ended else "prospecting"
        end = f"{closed},{amount if won else ''}" if ended else ","
        if opened <= until:
            rows.append(f"O-{number},{account},Line {number},{amount},EUR,{owner},plain,{stage},{opened},{end}\n")
    return rows


@pytest.fixture
def command_line(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    from domain.journal.migrate import migrate

    migrate(database_url)
    made = company_system(database_url, valkey_url, tmp_path / "home")
    for module in (intake, forecasting, member_commands):
        module.add(made.app)
    return made


def brought(command_line: CommandLine, folder: Path, until: date) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "members.csv").write_text(PEOPLE)
    (folder / "accounts.csv").write_text(ACCOUNTS)
    (folder / "opportunities.csv").write_text(HEAD + "".join(deals(until)))
    answer = command_line("import", str(folder), "--on", str(until))
    assert answer.code == 0, answer.err


def chances(command_line: CommandLine) -> list[dict[str, Any]]:
    """What is said of every open deal; up to which position it was known is another matter."""
    answer = command_line("forecast", "--deals", "--as-of", str(THEN), "--json")
    assert answer.code == 0, answer.err
    return [{name: value for name, value in deal.items() if name != "position"} for deal in answer.json["deals"]]


def quantiles(command_line: CommandLine) -> list[tuple[str, ...]]:
    """What was learned of the quarter, by owner and in all. The figures beside it are as known now."""
    words = ("--period", "2024-Q4", "--by", "owner", "--as-of", str(THEN), "--json")
    answer = command_line("forecast", *words)
    assert answer.code == 0, answer.err
    found = [answer.json, *answer.json["groups"]]
    return [(each.get("key", ""), each["p10"], each["p50"], each["p90"]) for each in found]


def told_beside(command_line: CommandLine, deal: str) -> list[tuple[str, ...]]:
    """The quantiles of the quarter as a what-if, the gap, and the gap of the what-if state them."""
    words = ("--period", "2024-Q4", "--as-of", str(THEN), "--json")
    change = ("--what-if", f"lost={deal}")
    asked = (("forecast", *words, *change), ("forecast", "gap", *words), ("forecast", "gap", *words, *change))
    supposed, gap, gap_after = [command_line(*each).json for each in asked]
    found = (supposed["before"], gap, supposed["after"], gap_after)
    return [("", each["p10"], each["p50"], each["p90"]) for each in found]


def test_what_comes_later_changes_nothing_in_a_forecast_as_of_before(command_line: CommandLine, tmp_path: Path) -> None:
    brought(command_line, tmp_path / "first", THEN)
    before = chances(command_line), quantiles(command_line)
    assert len(before[0]) > 20
    assert {deal["model"] for deal in before[0]} == {"hazard"}
    oldest = sorted(before[0], key=lambda deal: int(deal["opportunity"][2:]))
    beside = told_beside(command_line, oldest[-1]["id"])
    assert beside[:2] == [before[1][0]] * 2, "a what-if begins at the forecast, and so does the gap"
    assert beside[2] == beside[3] != beside[0]
    brought(command_line, tmp_path / "second", EXPORT)
    late = ("--set", "occurred_at=2024-10-20T09:00:00Z")
    for deal, words in (
        (oldest[0], ("revise_amount", "--set", 'amount={"amount":"1","currency":"EUR"}', *late)),
        (oldest[1], ("advance", "--set", "to=negotiation", "--set", "override=they are in a hurry", *late)),
    ):
        given = command_line("command", "opportunity", deal["id"], *words)
        assert given.code == 0, given.err
    assert (chances(command_line), quantiles(command_line)) == before
    assert told_beside(command_line, oldest[-1]["id"]) == beside
