"""Qualification side by side, as a question to a real PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.errors import NotFound
from domain.opportunity.opportunity import Opportunity
from domain.policies.gates import Answer
from domain.sealed import Sealed
from domain.visibility import Visibility
from projections.qualification import Given, QualificationAnswer, qualification
from tests.domain.given import day, sealed, some_id
from tests.domain.test_opportunity import advanced, opened
from tests.domain.test_opportunity_competition import identified
from tests.domain.test_opportunity_qualification import answered
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_policies import COMPANY, defined

DEAL = some_id("deal")


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell((COMPANY, defined(), day(0)), (DEAL, opened(), day(1)))
    return office


def asked(office: Office, at: int, known_at: int | None = None, deal: UUID = DEAL) -> QualificationAnswer:
    def read(text: Sealed) -> str:
        return text.ciphertext.decode()

    with office.view(day(at), known_at) as view:
        return qualification(view, deal, read)


def lines(answer: QualificationAnswer) -> dict[str, tuple[Given | None, list[Given]]]:
    return {line.question: (line.ours, line.theirs) for block in answer.blocks for line in block.questions}


def test_questions_stand_in_blocks_with_our_answer_and_each_competitors(office: Office) -> None:
    office.tell(
        (DEAL, answered(evidence=sealed("minutes")), day(2)),
        (DEAL, identified("Acme"), day(3)),
        (DEAL, answered(question="7", competitor="ＡＣＭＥ"), day(4)),
        (DEAL, answered(question="13", answer=Answer.NO), day(5)),
    )
    answer = asked(office, 9)
    assert [(block.block, block.score, block.theirs) for block in answer.blocks] == [
        ("real", Decimal("0.2000"), {"Acme": Decimal("0.0000")}),
        ("ours", Decimal("0.0000"), {"Acme": Decimal("0.2000")}),
        ("winnable", Decimal("0.2000"), {"Acme": Decimal("0.0000")}),
        ("worth", Decimal("0.0000"), {"Acme": Decimal("0.0000")}),
    ]
    assert [len(block.questions) for block in answer.blocks] == [5, 5, 5, 5]
    found = lines(answer)
    assert found["2"] == (Given("", Answer.YES, True, day(2), day(2), "minutes", 3), [])
    assert found["7"] == (None, [Given("Acme", Answer.YES, True, day(4), day(4), None, 5)])
    assert found["13"][0] == Given("", Answer.NO, True, day(5), day(5), None, 6)
    assert answer.competitors == ["Acme"]
    assert (answer.process, answer.edition, answer.stage, answer.outcome) == ("four-funnel", 0, "potential", "")


def test_what_is_missing_for_the_next_gate_is_named_and_mandatory_questions_first_of_all(office: Office) -> None:
    office.tell(*((DEAL, answered(question=key), day(2)) for key in "135"))
    gate = asked(office, 9).next_gate
    assert gate
    assert (gate.stage, gate.score, gate.share, gate.met) == ("confirmed", Decimal("0.6000"), Decimal("0.8"), False)
    assert (gate.missing, gate.mandatory) == (["2", "4"], ["2", "4"])
    office.tell((DEAL, advanced("confirmed", "potential"), day(5)))
    answer = asked(office, 9)
    assert [(gate.stage, gate.passed) for gate in answer.gates] == [
        ("confirmed", True),
        ("ours", False),
        ("winnable", False),
    ]
    assert answer.next_gate == answer.gates[1]


def test_behind_the_last_gate_nothing_is_missing_and_a_stage_gone_lies_before_all(office: Office) -> None:
    office.tell((DEAL, advanced("negotiation", "potential"), day(2)))
    assert asked(office, 9).next_gate is None
    office.tell((DEAL, advanced("abolished", "negotiation"), day(3)))
    gate = asked(office, 9).next_gate
    assert gate
    assert gate.stage == "confirmed"


def test_the_side_by_side_is_that_of_the_moment_and_of_what_was_known(office: Office) -> None:
    known = office.tell((DEAL, answered(), day(5)))
    office.tell((DEAL, answered(answer=Answer.NO), day(3)))
    assert asked(office, 2).blocks[0].score == Decimal("0.0000")
    then = lines(asked(office, 4))["2"][0]
    assert then
    assert (then.answer, then.since, then.position) == (Answer.NO, day(3), 4)
    assert lines(asked(office, 4, known))["2"] == (None, [])
    now = lines(asked(office, 9))["2"][0]
    assert now
    assert (now.answer, now.since, now.position) == (Answer.YES, day(5), 3)


def test_an_answer_to_a_question_that_the_process_does_not_ask_is_shown_apart(office: Office) -> None:
    office.tell((DEAL, answered(question="legacy"), day(2)))
    assert asked(office, 9).elsewhere == {"legacy": [Given("", Answer.YES, False, day(2), day(2), None, 3)]}


def test_evidence_stays_sealed_for_who_may_not_read_it(office: Office) -> None:
    office.tell((DEAL, answered(evidence=sealed("minutes")), day(2)))
    with office.view(day(9)) as view:
        found = lines(qualification(view, DEAL))["2"][0]
    assert found
    assert found.evidence is None


def test_a_deal_that_is_not_there_then_or_not_to_be_seen_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        asked(office, 9, deal=some_id("nobody"))
    with pytest.raises(NotFound):
        asked(office, 0)
    mei = some_id("mei")
    account = opened().account
    office.tell((account, Account.Registered(name="Steel works"), day(0)))
    seen = Visibility(member=mei, managers=frozenset({mei}), scope="own accounts")
    with office.view(day(9), visibility=seen) as view, pytest.raises(NotFound):
        qualification(view, DEAL)
    office.tell((account, Account.ManagerAssigned(manager=mei), day(2)))
    with office.view(day(9), visibility=seen) as view:
        assert qualification(view, DEAL).account == account


def test_a_lost_deal_is_shown_with_its_outcome(office: Office) -> None:
    office.tell((DEAL, Opportunity.Lost(), day(3)))
    assert asked(office, 9).outcome == "lost"
