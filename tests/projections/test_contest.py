"""The contest for one opportunity, as a question to a real PostgreSQL."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.errors import NotFound
from domain.opportunity.competition import Strategy
from domain.opportunity.criteria import SetBy
from domain.opportunity.decision_process import DecisionStep
from domain.opportunity.opportunity import Opportunity
from domain.sealed import Sealed
from projections.contest import ContestAnswer, CriterionLine, ProcessLine, RivalLine, contest
from tests.domain.given import day, sealed, some_id
from tests.domain.test_opportunity import opened
from tests.domain.test_opportunity_buyers import LI
from tests.domain.test_opportunity_competition import assessed, chosen, identified
from tests.domain.test_opportunity_criteria import PRICE, SERVICE, criterion, reranked, standing
from tests.domain.test_opportunity_decision_process import BOARD, stated
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_policies import COMPANY, defined

DEAL = some_id("deal")


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell((COMPANY, defined(), day(0)), (DEAL, opened(), day(1)))
    return office


def asked(office: Office, at: int = 50, known_at: int | None = None, deal: Any = DEAL) -> ContestAnswer:
    def read(text: Sealed, field: str) -> str:
        return f"{field}: {text.ciphertext.decode()}"

    with office.view(day(at), known_at) as view:
        return contest(view, deal, read)


def test_criteria_stand_by_rank_with_how_everybody_stands(office: Office) -> None:
    office.tell(
        (DEAL, identified("Acme"), day(2)),
        (DEAL, criterion(priority=3, set_by=SetBy.COMPETITOR, whose=LI), day(3)),
        (DEAL, criterion(criterion_id=SERVICE, text=sealed("service"), priority=2, formal=False), day(3)),
        (DEAL, standing(-1), day(4)),
        (DEAL, standing(2, "ＡＣＭＥ"), day(4)),
        (DEAL, reranked(1, previous=3), day(6)),
    )
    price = CriterionLine(
        PRICE, "text: price", "business", "competitor", LI, 1, 3, True, ours=-1, theirs={"Acme": 2}, position=8
    )
    service = CriterionLine(SERVICE, "text: service", "business", None, None, 2, None, False, None, {}, 5)
    assert asked(office).criteria == [price, service]
    assert [(line.criterion, line.priority, line.ours) for line in asked(office, at=5).criteria] == [
        (SERVICE, 2, None),
        (PRICE, 3, -1),
    ]
    assert asked(office, known_at=7).criteria[1].priority == 3


def test_competitors_have_the_strategy_against_them_else_the_one_against_all(office: Office) -> None:
    office.tell(
        (DEAL, identified("Acme", strengths=sealed("price"), preferred_by=(LI,)), day(2)),
        (DEAL, identified("Zenith"), day(3)),
        (DEAL, chosen(Strategy.DEFEND), day(4)),
        (DEAL, chosen(Strategy.FLANKING, against="acme", reasoning=sealed("their criteria")), day(5)),
        (DEAL, assessed("Acme", weaknesses=sealed("late")), day(6)),
    )
    acme = RivalLine(
        "Acme", day(2), "strengths: price", "weaknesses: late", [LI], "flanking", "reasoning: their criteria", 7
    )
    answer = asked(office)
    assert answer.competitors == [acme, RivalLine("Zenith", day(3), None, None, [], "defend", None, 4)]
    assert (answer.strategy, asked(office, at=3).strategy) == ("defend", "")
    assert [rival.strategy for rival in asked(office, at=3).competitors] == ["", ""]


def test_the_decision_process_is_that_of_the_moment(office: Office) -> None:
    steps = (DecisionStep("test"), BOARD)
    office.tell((DEAL, stated(budget_approved=False), day(3)))
    compelled = {"compelling_event": sealed("it breaks"), "compelling_on": date(2025, 6, 1)}
    office.tell((DEAL, stated(steps=steps, budget_approved=True, **compelled), day(5)))
    assert asked(office, at=2).decision_process is None
    assert asked(office, at=4).decision_process == ProcessLine([], False, None, None, 3)
    assert asked(office).decision_process == ProcessLine(
        list(steps), True, "compelling_event: it breaks", date(2025, 6, 1), 4
    )


def test_a_lost_deal_says_who_won(office: Office) -> None:
    office.tell((DEAL, Opportunity.Lost(winner=" Acme"), day(3)))
    answer = asked(office)
    assert (answer.outcome, answer.winner) == ("lost", "Acme")
    assert (asked(office, at=2).outcome, asked(office, at=2).winner) == ("", "")


def test_texts_stay_sealed_for_who_may_not_read_them_and_what_is_not_there_is_not_found(office: Office) -> None:
    office.tell((DEAL, criterion(), day(2)), (DEAL, identified(strengths=sealed("price")), day(2)))
    with office.view(day(9)) as view:
        answer = contest(view, DEAL)
    assert (answer.criteria[0].text, answer.competitors[0].strengths) == (None, None)
    with pytest.raises(NotFound):
        asked(office, deal=some_id("nobody"))
