"""One company runs deals of the four-funnel, the nine-phase and the plain process side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from tests.api.office import Office, open_office
from tests.conftest import new_database

FIRST = {"four-funnel": "potential", "nine-phase": "found", "plain": "prospecting"}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            for process in FIRST:
                account = opened.account(f"Customer of {process}", manager="manager")
                body = {"account": str(account), "title": process, "process": process, "close_on": "2026-06-30"}
                money = {"amount": {"amount": "1000.00", "currency": "EUR"}}
                told = opened.post("/opportunities", {**body, **money, "occurred_at": "2026-02-01"})
                opened.ids[process] = UUID(told.json()["id"])
            _move(opened)
            opened.caught_up()
            yield opened


def _move(office: Office) -> None:
    """The four-funnel deal is overridden through its gate, the others go on; the plain one is won."""
    moves: list[tuple[str, str, str, dict[str, Any]]] = [
        ("four-funnel", "advance", "2026-02-10", {"to": "confirmed", "override": "The board asked for it"}),
        ("nine-phase", "advance", "2026-02-11", {"to": "needs"}),
        ("nine-phase", "advance", "2026-02-20", {"to": "negotiation"}),
        ("nine-phase", "revert", "2026-02-25", {"to": "contest", "reason": "Another vendor came in"}),
        ("plain", "advance", "2026-02-12", {"to": "proposal"}),
        ("plain", "win", "2026-03-02", {}),
    ]
    for process, command, on, body in moves:
        path = f"/opportunities/{office.ids[process]}/{command}"
        answer = office.post(path, {**body, "occurred_at": on})
        assert answer.status_code == 200, answer.text


def refused(office: Office, process: str, command: str, **body: Any) -> tuple[str, str]:
    answer = office.post(f"/opportunities/{office.ids[process]}/{command}", body)
    assert answer.status_code == 409, answer.text
    return answer.json()["rule"], answer.json()["detail"]


def test_each_process_has_its_own_gates_stages_and_milestones(office: Office) -> None:
    assert refused(office, "four-funnel", "advance", to="ours")[0] == "GateUnmet"
    rule, words = refused(office, "nine-phase", "advance", to="winnable")
    assert (rule, "found, decided, resourced, needs, contest, relations" in words) == ("StageUnknown", True)
    rule, words = refused(office, "nine-phase", "milestones/reach", milestone="need-confirmed", evidence="Mail")
    assert (rule, "pursuit-decided, resources-agreed, needs-confirmed" in words) == ("MilestoneUnknown", True)
    rule, words = refused(office, "four-funnel", "milestones/reach", milestone="proposal-presented", evidence="Mail")
    assert (rule, "need-confirmed, solution-accepted" in words) == ("MilestoneUnknown", True)


def lines(office: Office, as_of: str) -> list[tuple[str, str, str]]:
    told = office.get("/funnel", as_of=as_of).json()
    found = [(line["process"], line["stage"], line["weighted"]) for line in told["stages"] if line["count"]]
    return [line for line in found if line[1] != "potential" or as_of == "2026-02-05"]


def test_the_funnel_weighs_each_by_its_own_process(office: Office) -> None:
    assert lines(office, "2026-02-28") == [
        ("four-funnel", "confirmed", "250.00"),
        ("nine-phase", "contest", "400.00"),
        ("plain", "proposal", "500.00"),
    ]
    assert [each[:2] for each in lines(office, "2026-02-05")] == list(FIRST.items())
    assert [each[0] for each in lines(office, "2026-03-31")] == ["four-funnel", "nine-phase"]


def test_conversion_is_that_of_each_process(office: Office) -> None:
    told = office.get("/funnel/conversion", as_of="2026-03-31").json()
    found = {
        (flow["process"], flow["stage"]): (flow["entered"], flow["went_on"], flow["still_there"])
        for flow in told["stages"]
        if flow["entered"] and flow["process"] != "four-funnel"
    }
    assert found == {
        ("nine-phase", "found"): (1, 1, 0),
        ("nine-phase", "needs"): (1, 1, 0),
        ("nine-phase", "negotiation"): (1, 0, 0),
        ("nine-phase", "contest"): (1, 0, 1),
        ("plain", "prospecting"): (1, 1, 0),
        ("plain", "proposal"): (1, 1, 0),
    }
    assert told["won"] == 1


def test_milestones_of_every_process_are_reached(office: Office) -> None:
    for process, milestone in (("four-funnel", "need-confirmed"), ("nine-phase", "decider-met")):
        path = f"/opportunities/{office.ids[process]}/milestones/reach"
        body = {"milestone": milestone, "evidence": "Mail", "occurred_at": "2026-03-05"}
        assert office.post(path, body).status_code == 200
        shown = office.get(f"/opportunities/{office.ids[process]}").json()["opportunity"]
        assert list(shown["milestones"]["reached"]) == [milestone]
