"""Which answers, known when, went with winning: as a question to a real PostgreSQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import Refused
from domain.opportunity.opportunity import Opportunity
from domain.policies.gates import Answer
from domain.policies.process_definition import StageUnknown
from domain.policies.sales_process import ProcessUnknown
from projections.closed import PeriodBackwards
from projections.deals import Filters
from projections.proportions import Difference
from projections.qualification_insight import Asked, InsightAnswer, Known, QuestionInsight, When, insight
from tests.domain.given import day, eur, some_id
from tests.domain.test_opportunity import advanced, opened
from tests.domain.test_opportunity_qualification import answered
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_policies import COMPANY, defined

WON, LOST = Opportunity.Won(signed=eur(10)), Opportunity.Lost()


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell((COMPANY, defined(), day(0)))
    return office


def deal(name: str, *answers: tuple[int, Any], ends: Any = WON, closed: int = 20, **fields: Any) -> list[Told]:
    """A deal from day 1 to day 20, unless another end is stated, with answers on their days."""
    stream = some_id(name)
    events = [(stream, opened(**fields), day(1)), *((stream, event, day(at)) for at, event in answers)]
    return [*events, *([(stream, ends, day(closed))] if ends else [])]


def asked(office: Office, known_at: int | None = None, at: int = 50, which: Any = None, **what: Any) -> InsightAnswer:
    with office.view(day(at), known_at) as view:
        return insight(view, which, Asked(**what))


def line(answer: InsightAnswer, question: str = "2", of: str = "us") -> QuestionInsight:
    (found,) = (each for each in answer.questions if (each.question, each.of) == (question, of))
    return found


def counts(answer: InsightAnswer, question: str = "2", of: str = "us") -> tuple[tuple[int, int], ...]:
    """Won of closed: yes, no, unknown."""
    found = line(answer, question, of)
    return tuple((share.part, share.whole) for share in (found.yes, found.no, found.unknown))


def test_the_difference_is_newcombes_and_carries_the_answers_behind_it(office: Office) -> None:
    yes, no = (2, answered()), (2, answered(answer=Answer.NO))
    told = [deal(f"yes {n}", yes, ends=WON if n < 9 else LOST) for n in range(10)]
    told += [deal(f"no {n}", no, ends=WON if n < 3 else LOST) for n in range(8)]
    told += [deal("silent", ends=LOST), deal("unknown", (3, answered(answer=Answer.UNKNOWN)), ends=LOST)]
    office.tell(*(fact for each in told for fact in each))
    answer = asked(office)
    assert (answer.deals, answer.won, answer.hindsight, answer.left_out) == (20, 12, 0, 0)
    assert counts(answer) == ((9, 10), (3, 8), (0, 2))
    found = line(answer)
    assert (found.not_yes.part, found.not_yes.whole, found.not_yes.rate) == (3, 10, Decimal("0.3000"))
    assert found.difference == Difference(Decimal("0.6000"), Decimal("0.1705"), Decimal("0.8090"))
    assert (found.silent, found.no.rate) == ("", None)
    assert len(found.positions) == 19
    assert office.journal.facts[found.positions[0] - 1].event == answered()
    assert (found.against, line(answer, "13").against) == (False, True)


def test_below_the_floor_it_is_silent_and_says_what_is_missing(office: Office) -> None:
    office.tell(*deal("a", (2, answered())), *deal("b", ends=LOST))
    found = line(asked(office))
    assert (found.difference, found.yes.rate) == (None, None)
    assert found.silent == "1 answered yes, 1 not: 10 of each are needed"
    assert line(asked(office, floor=1)).difference == Difference(
        Decimal("1.0000"), Decimal("-0.1221"), Decimal("1.0000")
    )


def test_an_answer_counts_as_it_stood_at_half_of_the_deals_life(office: Office) -> None:
    office.tell(*deal("a", (2, answered()), (11, answered(answer=Answer.NO)), closed=21))
    assert asked(office).known_when == "at half of the deal's life"
    assert counts(asked(office)) == ((0, 0), (1, 1), (0, 0))
    office.tell(*deal("b", (2, answered()), (12, answered(answer=Answer.NO)), closed=21))
    assert counts(asked(office)) == ((1, 1), (1, 1), (0, 0))


def test_an_answer_counts_as_it_stood_days_before_the_end_and_in_a_shorter_life_at_its_opening(office: Office) -> None:
    office.tell(*deal("a", (10, answered()), (11, answered(answer=Answer.NO)), closed=20))
    assert counts(asked(office, when=When.DAYS_BEFORE, days=10)) == ((1, 1), (0, 0), (0, 0))
    assert counts(asked(office, when=When.DAYS_BEFORE, days=9)) == ((0, 0), (1, 1), (0, 0))
    assert counts(asked(office, when=When.DAYS_BEFORE, days=30)) == ((0, 0), (0, 0), (1, 1))
    assert asked(office, when=When.DAYS_BEFORE, days=9).known_when == "9 days before the deal's end"


def test_an_answer_counts_as_it_stood_when_the_deal_entered_a_stage_and_who_never_did_is_left_out(
    office: Office,
) -> None:
    entered = deal("a", (2, answered()), (5, advanced("ours", "potential")), (6, answered(answer=Answer.NO)))
    office.tell(*entered, *deal("b", (2, answered())))
    answer = asked(office, when=When.STAGE, stage="ours")
    assert counts(answer) == ((1, 1), (0, 0), (0, 0))
    assert (answer.deals, answer.left_out) == (1, 1)
    assert answer.known_when == "when the deal first entered the stage ours"


def test_what_was_answered_when_the_deal_closed_or_later_does_not_count(office: Office) -> None:
    stream = some_id("a")
    office.tell(*deal("a", closed=20), (stream, answered(), day(20)), (stream, answered(), day(25)))
    answer = asked(office, when=When.DAYS_BEFORE, days=0)
    assert counts(answer) == ((0, 0), (0, 0), (1, 1))
    assert answer.hindsight == 0
    assert line(answer).over_time[-1] == Known(Decimal(1))


def test_what_was_recorded_after_the_end_was_is_hindsight_though_it_is_dated_before(office: Office) -> None:
    office.tell(*deal("a", (2, answered(answer=Answer.NO))))
    late = office.tell((some_id("a"), answered(), day(3)))
    answer = asked(office)
    assert (counts(answer), answer.hindsight) == (((0, 0), (1, 1), (0, 0)), 1)
    assert line(answer).positions == [3]
    assert asked(office, known_at=late - 1).hindsight == 0


def test_an_owner_changed_after_the_end_and_recorded_before_it_does_not_move_the_end(office: Office) -> None:
    stream, owner = some_id("a"), Opportunity.OwnerChanged(previous=None, owner=some_id("mei"))
    office.tell(*deal("a", ends=None), (stream, owner, day(30)), (stream, answered(), day(2)), (stream, WON, day(20)))
    assert (asked(office).hindsight, counts(asked(office))) == (0, ((1, 1), (0, 0), (0, 0)))


def test_competitors_answers_are_a_line_of_their_own_where_one_of_them_says_yes(office: Office) -> None:
    rival = (2, answered(competitor="Acme")), (3, answered(competitor="Zenith", answer=Answer.NO))
    office.tell(*deal("a", *rival, ends=LOST), *deal("b", (2, answered())))
    office.tell(*deal("c", (2, answered(competitor="acme", answer=Answer.UNKNOWN)), ends=LOST))
    answer = asked(office)
    assert counts(answer, of="competitors") == ((0, 1), (0, 0), (0, 1))
    assert counts(answer) == ((1, 1), (0, 0), (0, 2))
    assert line(answer, of="competitors").over_time[1] == Known(Decimal("0.5"), yes=1, no=1, unknown=1)
    assert [each.question for each in answer.questions if each.of == "competitors"] == ["2"]


def test_answers_over_time_are_counted_at_quarters_of_the_deals_lives(office: Office) -> None:
    office.tell(*deal("a", (6, answered(answer=Answer.UNKNOWN)), (12, answered()), closed=21))
    office.tell(*deal("b", (17, answered(answer=Answer.NO)), closed=21))
    assert line(asked(office)).over_time == [
        Known(Decimal("0.25"), unknown=1),
        Known(Decimal("0.5"), unknown=1),
        Known(Decimal("0.75"), yes=1),
        Known(Decimal(1), yes=1, no=1),
    ]


def test_only_deals_won_or_lost_in_the_period_count_as_of_the_moment_and_what_was_known(office: Office) -> None:
    first = office.tell(*deal("a", (2, answered()), closed=20))
    office.tell(*deal("b", (2, answered()), ends=LOST, closed=18), *deal("c", ends=Opportunity.Disqualified()))
    office.tell(*deal("d", ends=None))
    assert [asked(office, at=at).deals for at in (17, 19, 50)] == [0, 1, 2]
    assert asked(office, known_at=first).deals == 1
    january = {"since": date(2025, 1, 20), "until": date(2025, 1, 31)}
    assert (asked(office, **january).deals, asked(office, **january).won) == (1, 1)
    assert (asked(office).since, asked(office).until) == (date(2025, 1, 1), date(2025, 2, 20))
    assert asked(office, which=Filters(product="pump")).deals == 0


def test_processes_stand_apart_and_one_alone_may_be_asked_for(office: Office) -> None:
    office.tell(*deal("a", (2, answered())), *deal("b", (2, answered()), process="plain", stage="prospecting"))
    lines = asked(office).questions
    assert [(each.process, each.yes.whole) for each in lines if each.question == "2"] == [
        ("four-funnel", 1),
        ("plain", 1),
    ]
    assert {each.process for each in asked(office, process="plain").questions} == {"plain"}


@pytest.mark.parametrize(
    ("what", "refusal", "names"),
    [
        ({"process": "nobody's"}, ProcessUnknown, "nobody's"),
        ({"when": When.STAGE, "stage": "proposal", "process": "four-funnel"}, StageUnknown, "potential, confirmed"),
        ({"when": When.STAGE, "stage": "nowhere"}, StageUnknown, "nine-phase, plain has no stage nowhere"),
        ({"since": date(2025, 2, 1), "until": date(2025, 1, 1)}, PeriodBackwards, "2025-01-01"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_says_what_can(
    office: Office, what: Any, refusal: type[Refused], names: str
) -> None:
    with pytest.raises(refusal, match=names):
        asked(office, **what)
