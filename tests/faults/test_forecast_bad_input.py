"""Companies from which little or nothing can be learned: each gets an answer that says what it rests on, or why there
is none; by HTTP and in the terminal, before and after a model is fitted."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.aggregate import Recorded
from tests.api.office import Office, open_office
from tests.api.past_deals import FIRST, bring, deal, past_deals
from tests.api.test_forecast_questions import MID, Desk, _terminal
from tests.conftest import new_database

Deals = list[list[Recorded]]
People = tuple[list[UUID], list[UUID]]


def usual(people: People, **more: Any) -> Deals:
    return past_deals(*people, **more)


def made(people: People, count: int, *, closed: bool, won: Callable[[int], bool], amount: int | None = 1_000) -> Deals:
    accounts, owners = people
    days = [FIRST + timedelta(days=n % 400) for n in range(count)]
    ends = [day + timedelta(days=30) if closed and n % 10 else None for n, day in enumerate(days)]
    return [
        deal(n, day, end, won(n), accounts[n % 2], owners[n % 2], amount)
        for n, (day, end) in enumerate(zip(days, ends, strict=True))
    ]


CASES: dict[str, Callable[[People], Deals]] = {
    "no deals": lambda people: [],
    "no closed deals": lambda people: made(people, 30, closed=False, won=bool),
    "all won": lambda people: made(people, 100, closed=True, won=lambda n: True),
    "all lost": lambda people: made(people, 100, closed=True, won=lambda n: False),
    "one owner": lambda people: usual((people[0][:1], people[1][:1])),
    "zero amounts": lambda people: made(people, 100, closed=True, won=lambda n: n % 3 > 0, amount=0),
    "negative amounts": lambda people: made(people, 100, closed=True, won=lambda n: n % 3 > 0, amount=-500),
    "no amounts": lambda people: made(people, 100, closed=True, won=lambda n: n % 3 > 0, amount=None),
    "a currency without a rate": lambda people: [*usual(people), *_in_yen(people)],
    "only a currency without a rate": lambda people: usual(people, currency="JPY"),
    "a stage that the process has no more": lambda people: usual(people, stage="gone"),
    "a process that nobody defined": lambda people: usual(people, process="nobodys"),
    "ten deals": lambda people: usual(people, count=10),
    "one deal": lambda people: usual(people, count=1),
}
LITTLE = ("no deals", "no closed deals", "all won", "all lost", "ten deals", "one deal")


def _in_yen(people: People) -> Deals:
    accounts, owners = people
    return [
        deal(5000 + n, date(2026, 3, 1), None, False, accounts[0], owners[0], 9_000, currency="JPY") for n in range(3)
    ]


@contextmanager
def desk_with(url: str, addresses: Any, home: Path, case: str) -> Iterator[Desk]:
    with open_office(url) as office:
        found = CASES[case](_people(office))
        if found:
            bring(office.journal, found)
        office.caught_up()
        yield Desk(office, _terminal(url, addresses, home))


def _people(office: Office) -> People:
    return [office.ids["own"], office.ids["foreign"]], [office.members["manager"], office.members["colleague"]]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(
    postgres_url: str, fresh_names: Iterator[str], embedded_addresses: Any, tmp_path: Path, case: str
) -> Iterator[Desk]:
    for url in new_database(postgres_url, next(fresh_names)):
        with desk_with(url, embedded_addresses, tmp_path, case) as found:
            yield found


def numbers_in(answer: Any) -> list[float]:
    """All numbers of an answer, those in texts too."""
    if isinstance(answer, dict):
        return [number for each in answer.values() for number in numbers_in(each)]
    if isinstance(answer, list):
        return [number for each in answer for number in numbers_in(each)]
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return [float(answer)]
    return [math.nan] if answer in ("NaN", "nan", "Infinity", "-Infinity") else []


def must_make_sense(case: str, deals: Any, period: Any) -> None:
    for answer in (deals, period):
        assert answer["basis"]
        assert all(math.isfinite(number) for number in numbers_in(answer))
        assert (answer["model"] == "none") == (answer["model_version"] == "")
    for line in deals["deals"]:
        assert 0 <= line["p_win_within"] <= line["p_win"] <= 1
        assert line["reasons"]
    if period["p50"] is not None:
        assert float(period["p10"]) <= float(period["p50"]) <= float(period["p90"])
    if case in LITTLE:
        assert (deals["model"], period["p50"]) == ("none", None)


def test_each_gets_an_answer_that_says_what_it_rests_on(desk: Desk, case: str) -> None:
    period = {"period": "2026-Q2", "by": "territory", "as_of": MID}
    must_make_sense(case, desk.ask("/deals", as_of=MID), desk.ask(**period))
    desk.training.fit_wanted()
    deals, learned = desk.ask("/deals", as_of=MID), desk.ask(**period)
    must_make_sense(case, deals, learned)
    assert desk.kams("--deals", "--as-of", MID) == deals
    assert desk.kams("--period", "2026-Q2", "--by", "territory", "--as-of", MID) == learned
    for words in (("--deals",), ("--period", "2026-Q2", "--by", "owner"), ("--deals", "--csv")):
        done = desk.terminal("forecast", *words, "--as-of", MID, KAMS_KEY=desk.office.keys["auditor"])
        assert (done.code, "nan" in done.out.lower().replace("finance", "")) == (0, False), done.err + done.out
    _must_say_why(case, deals, learned)
    if "without a rate" in case:
        _must_say_beside_csv(desk, deals)


def _must_say_beside_csv(desk: Desk, deals: Any) -> None:
    """No sum and no line holds yen: said on standard error, and a blank amount is in no currency."""
    auditor = desk.office.keys["auditor"]
    listed = desk.terminal("forecast", "--deals", "--csv", "--as-of", MID, KAMS_KEY=auditor)
    count = deals["missing_rates"]["JPY"]
    assert f"{count} amounts in JPY have no exchange rate and are in no sum." in listed.err
    rows = list(csv.DictReader(listed.out.splitlines()))
    assert sum(not row["amount"] for row in rows) == count
    assert {(bool(row["amount"]), row["currency"]) for row in rows} <= {(True, "EUR"), (False, "")}
    summed = desk.terminal("forecast", "--period", "2026-Q2", "--csv", "--as-of", MID, KAMS_KEY=auditor)
    assert "amounts in JPY have no exchange rate and are in no sum." in summed.err
    assert "JPY" not in summed.out


def _must_say_why(case: str, deals: Any, period: Any) -> None:
    if case in LITTLE:
        assert "not enough history" in deals["basis"]
        closed = case not in ("no deals", "no closed deals")
        assert ("win rates of the stages" in deals["basis"]) == closed
        assert ("probabilities of the sales process" in deals["basis"]) != closed
    elif case != "a process that nobody defined":
        assert deals["model"] == "hazard"
    if "without a rate" in case:
        assert deals["missing_rates"]["JPY"] >= 3
        yen = [line for line in deals["deals"] if line["amount"] is None]
        assert len(yen) == deals["missing_rates"]["JPY"]
        assert period["missing_rates"]["JPY"] >= 3
    if case == "no closed deals":
        assert {line["p_win"] for line in deals["deals"] if line["stage"] == "proposal"} == {0.5}
    if case == "all won":
        assert min(line["p_win"] for line in deals["deals"]) > 0.9


def test_open_deals_whose_close_was_expected_long_ago_are_still_forecast(
    postgres_url: str, fresh_names: Iterator[str], embedded_addresses: Any, tmp_path: Path
) -> None:
    for url in new_database(postgres_url, next(fresh_names)):
        with desk_with(url, embedded_addresses, tmp_path, "one owner") as desk:
            deals = desk.kams("--deals", "--as-of", "2027-03-31")["deals"]
            assert deals
            assert all(line["p50_close"] is None or line["p50_close"] > "2027-03-31" for line in deals)
