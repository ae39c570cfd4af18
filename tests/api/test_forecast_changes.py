"""What moved a forecast, its gap to target, what-if, and the layers beside it, over HTTP and on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.cli import forecasting
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def database(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[str]:
    yield from new_database(postgres_url, next(fresh_names))


@pytest.fixture(scope="module")
def office(database: str) -> Iterator[Office]:
    with open_office(database) as opened:
        manager, deal = opened.members["manager"], opened.ids["own deal"]
        opened.give(Member, manager, "assign_territory", territory="north")
        opened.give(Opportunity, deal, "change_owner", owner=str(manager))
        opened.caught_up()
        target = {"amount": "5000", "currency": "EUR"}
        period = opened.get("/forecast").json()["period"]
        opened.give(
            SalesTarget, policy_id("SalesTarget"), "set_target",
            scope="owner", key=str(manager), period=period, amount=target,
        )  # fmt: skip
        opened.caught_up()
        yield opened


@pytest.fixture
def kams(database: str, office: Office, valkey_url: str, tmp_path: Path) -> CommandLine:
    (tmp_path / "home").mkdir()
    made = CommandLine(
        {"KAMS_HOME": str(tmp_path / "home"), "KAMS_DATABASE_URL": database, "KAMS_REDIS_URL": valkey_url,
         "KAMS_KEY": office.keys["admin"]}
    )  # fmt: skip
    forecasting.add(made.app)
    return made


def kept(office: Office) -> tuple[Any, ...]:
    """How far the journal and what is kept of forecasts have come."""
    with office.journal.pool.connection() as connection:
        return connection.execute(
            "select (select max(position) from events), (select count(*) from forecasts)"
        ).fetchall()[0]


def test_won_raises_closed_by_its_amount_and_nothing_is_written(office: Office) -> None:
    office.get("/forecast")
    before = kept(office)
    answer = office.get("/forecast", what_if=f"won={office.ids['own deal']}").json()
    assert kept(office) == before
    assert (answer["before"]["closed"], answer["after"]["closed"], answer["difference"]["closed"]) == (
        "0.00", "1000.00", "1000.00"
    )  # fmt: skip
    assert (answer["what_if"][0]["kind"], answer["model"]) == ("won", "none")
    assert office.get("/forecast").json()["closed"] == "0.00"


def test_a_move_into_the_period_and_an_amount_move_the_open_figures(office: Office) -> None:
    deal, period = office.ids["own deal"], office.get("/forecast").json()["period"]
    later = f"{int(period[:4]) + 1}-02"
    for change, pipeline in {
        f"move={deal}:{later}": "1000.00",
        f"move={deal}:{later},amount={deal}:2500.50": "2500.50",
        f"move={deal}:{later},lost={deal}": "0.00",
    }.items():
        answer = office.get("/forecast", period=f"{int(period[:4]) + 1}-Q1", what_if=change).json()
        assert answer["before"]["pipeline"] == "0.00"
        assert answer["after"]["pipeline"] == pipeline, change
        assert Decimal(answer["difference"]["weighted"]) == Decimal(pipeline) / 10, "10 % at the first stage"


@pytest.mark.parametrize(
    ("change", "status", "rule"),
    [
        ("won=not-there", 404, "NotFound"),
        ("won={foreign}", 404, "NotFound"),
        ("won={own},lost={own}", 422, "EndStated"),
        ("lost={own},move={own}:2099-12", 422, "EndStated"),
        ("move={own}:2026-13", 422, "NotADayAhead"),
        ("move={own}:2020-01", 422, "NotADayAhead"),
        ("move={own}", 422, "NotAWhatIf"),
        ("amount={own}:-1", 422, "NotASupposedAmount"),
        ("amount={own}:NaN", 422, "NotASupposedAmount"),
        ("perhaps={own}", 422, "NotAWhatIf"),
    ],
)
def test_what_cannot_be_supposed_is_refused_by_name(office: Office, change: str, status: int, rule: str) -> None:
    text = change.format(own=office.ids["own deal"], foreign=office.ids["foreign deal"])
    for path in ("/forecast", "/forecast/gap"):
        refused = office.get(path, what_if=text)
        assert (refused.status_code, refused.json()["rule"]) == (status, rule), refused.text


def test_two_ends_of_one_deal_are_both_named(office: Office, kams: CommandLine) -> None:
    deal = str(office.ids["own deal"])
    refused = kams("forecast", "--what-if", f"won={deal}", "--what-if", f"lost={deal}")
    assert refused.code == 1
    said = f"lost={deal} comes after won={deal}, which already ends the opportunity {deal}: a deal has one end"
    assert said in " ".join(refused.err.split())
    moved_first = kams("forecast", "--what-if", f"move={deal}:2099-12", "--what-if", f"won={deal}", "--json")
    assert moved_first.json["difference"]["closed"] == "1000.00"


def test_several_suppositions_are_one_text_separated_by_commas(office: Office) -> None:
    document = office.get("/openapi.json").json()
    for path in ("/forecast", "/forecast/gap"):
        (described,) = [
            each for each in document["paths"][path]["get"]["parameters"] if each["name"] == "what_if"
        ]  # fmt: skip
        assert described["description"].startswith("Suppositions, separated by commas")
    refused = office.get("/forecast", what_if=["won=O-1", "lost=O-2"])
    (fault,) = refused.json()["faults"]
    assert (refused.status_code, fault["field"], fault["reason"]) == (
        422, "what_if", "stated more than once: state several in one, separated by commas"
    )  # fmt: skip
    (plain,) = office.get("/forecast", period=["2026", "2027"]).json()["faults"]
    assert plain["reason"] == "stated more than once"


def test_the_gap_to_target_is_told_in_figures_and_in_words(office: Office) -> None:
    manager = str(office.members["manager"])
    answer = office.get("/forecast/gap", owner=manager).json()
    assert (answer["target"], answer["closed"], answer["gap"], answer["coverage"]) == (
        "5000.00", "0.00", "5000.00", "0.00"
    )  # fmt: skip
    assert answer["pace"]["won"] == 0
    assert (answer["pipeline"], answer["to_open"]) == (None, None)
    assert answer["words"][:2] == [
        "0.00 of 5,000.00 is closed, 5,000.00 is missing.",
        "Nothing was won yet by which a conversion could be known.",
    ]
    with_it = office.get("/forecast/gap", owner=manager, what_if=f"won={office.ids['own deal']}").json()
    assert (with_it["closed"], with_it["gap"], with_it["pace"]["won"]) == ("1000.00", "4000.00", 1)
    assert with_it["pipeline"] == "4000.00", "all of what closed was won"
    assert "no target" in office.get("/forecast/gap", territory="north").json()["words"][0]


def test_a_bridge_explains_what_became_known_in_between_to_the_cent(office: Office) -> None:
    head = office.journal.streams.head()
    amount = {"amount": "3000", "currency": "EUR"}
    office.give(Opportunity, office.ids["foreign deal"], "revise_amount", amount=amount)
    office.caught_up()
    next_year = f"{int(office.get('/forecast').json()['period'][:4]) + 1}"
    answer = office.get("/forecast/bridge", "admin", known_since=str(head), period=next_year).json()
    steps = {name: Decimal(amount) for name, amount in answer["steps"].items()}
    assert Decimal(answer["start"]) + sum(steps.values()) == Decimal(answer["end"])
    (item,) = answer["items"]
    assert (item["kind"], item["opportunity"], item["positions"]) == (
        "increased", str(office.ids["foreign deal"]), [head + 1]
    )  # fmt: skip
    own = office.get("/forecast/bridge", known_since=str(head), period=next_year).json()
    assert own["items"] == [], "the manager does not see that deal"
    assert Decimal(own["start"]) < Decimal(answer["start"])


def test_layers_stand_in_the_groups_of_the_forecast(office: Office) -> None:
    period = office.get("/forecast").json()["period"]
    called = {"period": period, "commit": {"amount": "800", "currency": "EUR"}}
    assert office.post("/forecast/submit", called).status_code == 200
    colleague = {"period": period, "commit": {"amount": "5", "currency": "EUR"}}
    assert office.post("/forecast/submit", colleague, "nobody").status_code == 403
    office.caught_up()
    groups = {each["key"]: each for each in office.get("/forecast", by="owner").json()["groups"]}
    found = groups[str(office.members["manager"])]
    assert found["name"] == "manager 王"
    assert (found["layers"]["submitted"]["amount"], found["weighted"]) == ("800.00", "0.00")
    assert not any("layers" in group for key, group in groups.items() if key != str(office.members["manager"]))


def test_bridge_gap_and_what_if_in_the_terminal(office: Office, kams: CommandLine) -> None:
    deal, head = str(office.ids["own deal"]), office.journal.streams.head()
    shown = kams("forecast", "--what-if", f"won={deal}")
    assert (shown.code, "1,000.00" in shown.out, "Supposed, not recorded" in shown.out) == (0, True, True)
    lines = kams("forecast", "--what-if", f"won={deal}", "--csv").out.splitlines()
    assert lines[1] == "closed,0.00,1000.00,1000.00,EUR"
    assert kams("forecast", "--what-if", f"won={deal}", "--by", "owner").code == 2
    refused = kams("forecast", "--what-if", "won=O-17")
    assert (refused.code, "no opportunity O-17" in refused.err) == (1, True)
    assert office.journal.streams.head() == head
    gap = kams("forecast", "gap", "--what-if", f"amount={deal}:7")
    assert (gap.code, "Supposed, not recorded" in gap.out) == (0, True), gap.err
    assert kams("forecast", "gap", "--json").json["target"] == "5000.00"
    lines = kams("forecast", "gap", "--csv").out.splitlines()
    assert lines[:3] == ["figure,amount,currency", "target,5000.00,EUR", "closed,0.00,EUR"]
    assert lines[-4:] == ["coverage,0.00,", "deals,,", "half_by,,", "most_by,,"]
    bridge = kams("forecast", "bridge", "--known-from", "20", "--period", "2099")
    assert (bridge.code, "Expected revenue of 2099" in bridge.out) == (0, True), bridge.err
    assert kams("forecast", "bridge", "--known-from", "20", "--csv").out.startswith("opportunity,external_id,kind")
    assert kams("forecast", "bridge").code == 2
    assert "Called and adjusted" in kams("forecast", "--by", "owner").out
