"""Which advances another gate would have stopped: by the answers that were known when each was recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.account.account import Account
from domain.aggregate import Event
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.qualification import Qualification
from domain.policies.gates import Answer, GateFinding
from domain.policies.process_definition import Gate
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import FOUR_FUNNEL
from domain.visibility import Visibility
from projections.suppositions import Supposition
from projections.whatif.gates import GatesWhatIf, GateTurn, gates_under
from projections.whatif.side_by_side import Compared
from projections.whatif.supposing import supposed_document
from tests.domain.given import eur, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told

ACME, DEAL, ANNA = some_id("acme"), some_id("deal"), some_id("anna")
UNMET = GateFinding("confirmed", "real", Decimal("0.2"), Decimal("0.8"), ("2", "3", "4", "5"), False)


def on(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)


def of_deal(event: Event, month: int, day: int = 1) -> Told:
    return DEAL, event, on(month, day)


def answer(question: str, said: Answer = Answer.YES) -> Qualification.QualificationAnswered:
    return Qualification.QualificationAnswered(question=question, answer=said, process_edition=0)


def advanced(to: str = "confirmed", *gates: GateFinding, override: str = "") -> Opportunity.StageAdvanced:
    return Opportunity.StageAdvanced(
        from_="potential", to=to, process_edition=0, after=("potential",), gates=gates, override=override
    )


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    told = Office(journal, engine_of)
    told.tell(
        (ACME, Account.Registered(name="Acme", external_id="A", currency="EUR"), on(1)),
        of_deal(
            Opportunity.Opened(
                account=ACME, title="Line", process="four-funnel", process_edition=0, stage="potential",
                amount=eur(900), owner=ANNA,
            ),
            1,
        ),
    )  # fmt: skip
    return told


def gated(share: str, *mandatory: str) -> dict[str, Any]:
    """The four funnels with another first gate; none at all where no share is stated."""
    gate = Gate("real", Decimal(share), mandatory) if share else None
    stages = [
        msgspec.structs.replace(each, gate=gate) if each.key == "confirmed" else each for each in FOUR_FUNNEL.stages
    ]
    document: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(FOUR_FUNNEL, stages=tuple(stages)))
    return document


def judged(
    office: Office,
    document: dict[str, Any],
    *,
    known_at: int | None = None,
    visibility: Visibility | None = None,
    first: date | None = None,
) -> GatesWhatIf:
    with office.view(on(12), known_at, visibility) as view:
        supposed: list[Supposition] = [supposed_document(view, SalesProcess, "four-funnel", document)]
        return gates_under(Compared(view, supposed), first)


def test_an_advance_whose_answers_do_not_meet_the_other_gate_would_be_stopped(office: Office) -> None:
    office.tell(*(of_deal(answer(key), 2) for key in "1234"), of_deal(advanced(), 3))
    office.tell(of_deal(Opportunity.Won(signed=Money.of("800", "EUR")), 6))
    found = judged(office, gated("0.8", "5"))
    (line,) = found.lines
    assert (line.turn, line.outcome, line.value) == (GateTurn.STOPPED, "won", Decimal("800.00"))
    assert [(each.question, each.answer, each.mandatory) for each in line.missing] == [("5", None, True)]
    assert [(fate.outcome, fate.count, fate.value) for fate in found.became] == [("won", 1, Decimal("800.00"))]
    assert (found.advances, found.stopped, found.freed, found.still) == (1, 1, 0, 0)
    assert judged(office, gated("0.8", "2", "4")).lines == []


def test_an_answer_that_was_not_known_then_does_not_count(office: Office) -> None:
    office.tell(*(of_deal(answer(key), 2) for key in "1234"), of_deal(advanced(), 3))
    office.tell(of_deal(answer("5"), 2))
    (line,) = judged(office, gated("1.0")).lines
    assert [each.question for each in line.missing] == ["5"]


def test_an_answer_that_was_taken_back_later_counts_as_known_then(office: Office) -> None:
    position = office.tell(*(of_deal(answer(key), 2) for key in "12345"))
    office.tell(of_deal(advanced(), 3))
    assert judged(office, gated("1.0")).lines == []
    office.tell(of_deal(Opportunity.FactWithdrawn(position=position, reason="typo"), 4))
    assert judged(office, gated("1.0")).lines == []


def test_an_answer_that_was_taken_back_before_does_not_count(office: Office) -> None:
    position = office.tell(*(of_deal(answer(key), 2) for key in "12345"))
    office.tell(of_deal(Opportunity.FactWithdrawn(position=position, reason="typo"), 2, 5), of_deal(advanced(), 3))
    (line,) = judged(office, gated("1.0")).lines
    assert [each.question for each in line.missing] == ["5"]


def test_an_override_that_would_not_be_needed_is_freed_and_one_for_other_answers_still_stands(office: Office) -> None:
    office.tell(of_deal(answer("1"), 2), of_deal(advanced("confirmed", UNMET, override="they insist"), 3))
    (freed,) = judged(office, gated("")).lines
    assert (freed.turn, freed.override, freed.missing_was) == (GateTurn.FREED, "they insist", ["2", "3", "4", "5"])
    assert judged(office, gated("0.8", "2", "4")).lines == []
    (still,) = judged(office, gated("0.8", "6")).lines
    assert still.turn is GateTurn.STILL
    assert [each.question for each in still.missing] == ["2", "3", "4", "5", "6"]


def test_what_was_not_yet_recorded_or_is_not_to_be_seen_is_not_judged(office: Office) -> None:
    before = office.tell(of_deal(answer("1"), 2))
    office.tell(of_deal(advanced(), 3))
    assert judged(office, gated("0.8")).stopped == 1
    assert judged(office, gated("0.8"), known_at=before).advances == 0
    assert judged(office, gated("0.8"), first=date(2026, 4, 1)).advances == 0
    assert judged(office, gated("0.8"), visibility=Visibility(member=ANNA, managers=frozenset({ANNA}))).advances == 0


def test_a_stage_that_the_process_does_not_have_cannot_be_judged(office: Office) -> None:
    office.tell(of_deal(advanced("elsewhere"), 3))
    found = judged(office, gated("0.8"))
    assert (found.advances, found.not_judged, found.lines) == (1, 1, [])
