"""Experiments: started with groups that are drawn or stated, results, leaving, concluded with an effect or stopped."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.aggregate import AlreadyOpened, LaterFactForbids
from domain.claims import Claim
from domain.errors import Refused
from domain.experiment.drawing import TooFewToDraw, drawn
from domain.experiment.effect import EffectTest, TooFewResults
from domain.experiment.experiment import Experiment
from domain.experiment.rules import (
    AccountInTwoGroups,
    ExperimentDecision,
    ExperimentMeasure,
    ExperimentOver,
    GroupsIncomplete,
    LeftTheTest,
    Measured,
    MeasureIsTaken,
    NotAResult,
    NothingTaken,
    NotInTheTest,
    NotYesOrNo,
    Result,
    ResultOutOfTime,
    ResultsDiffer,
    SizesOfStatedGroups,
    StillRuns,
    Taken,
    UntilBeforeStart,
)
from domain.opportunity.outcome import ReasonBlank
from domain.policies.company import default_company
from domain.policies.policy import policy_id
from domain.policies.segments import Segment, Segments, SegmentUnknown
from domain.wording import TextBlank
from tests.domain.experiments import EFFECT
from tests.domain.given import ROOT, after_snapshot, day, given, history, late, on, recorded, sealed, some_id, without

COMPANY = default_company()
A, B, C, D = sorted(some_id(name) for name in ("a", "b", "c", "d"))
STRANGER = some_id("stranger")
START, END = date(2025, 1, 2), date(2025, 1, 10)
AFTER = day(12)


def segments(*keys: str) -> Segments:
    found = Segments(id=policy_id("Segments"))
    Segments.Defined(edition=3, segments=tuple(Segment(key=key, name=key) for key in keys)).apply(found)
    return found


def started(**fields: Any) -> Experiment.Started:
    stated = {
        "title": "Longer warranty", "offer": "three years instead of two", "measure": ExperimentMeasure.BY_HAND,
        "starts_on": START, "until": END, "group": (A, B), "control": (C, D), **fields,
    }  # fmt: skip
    return Experiment.Started(**stated)


def result(account: UUID, value: int | str, **fields: Any) -> Experiment.ResultRecorded:
    return Experiment.ResultRecorded(**{"account": account, "value": Decimal(value), "on": date(2025, 1, 9), **fields})


RESULTS = (result(A, 5), result(B, 7), result(C, 1), result(D, 3))
MEASURED = (
    Measured(account=A, value=Decimal(5)),
    Measured(account=B, value=Decimal(7)),
    Measured(account=C, value=Decimal(1)),
    Measured(account=D, value=Decimal(3)),
)


def concluded(**fields: Any) -> Experiment.Concluded:
    stated = {
        "on": date(2025, 1, 13),
        "decision": ExperimentDecision.ADOPT,
        "effect": EFFECT,
        "results": MEASURED,
        **fields,
    }
    return Experiment.Concluded(**stated)


def start(**fields: Any) -> list[Any]:
    experiment = Experiment(id=ROOT)
    experiment.at(day(1))
    stated = {
        "title": "Longer warranty",
        "offer": "three years",
        "measure": ExperimentMeasure.BY_HAND,
        "until": END,
        **fields,
    }
    experiment.start(segments=stated.pop("segments", segments("small")), company=COMPANY, **stated)
    return recorded(experiment)


def test_groups_are_stated_by_hand() -> None:
    assert start(group=(B, A), control=(C, D), offer="three years instead of two", external_id="X-1") == [
        started(group=(B, A), external_id="X-1")
    ]
    assert started(external_id="X-1").claims(ROOT) == [Claim("experiment", "", "X-1")]
    assert started().claims(ROOT) == []


def test_groups_are_drawn_from_the_segment_and_everybody_can_draw_them_again() -> None:
    accounts = tuple(some_id(f"account {number}") for number in range(9))
    [event] = start(segment="small", candidates=accounts)
    assert (event.segment, event.segment_edition, event.seed) == ("small", 3, ROOT)
    assert (event.group, event.control) == drawn(ROOT, reversed(accounts), None, None)
    assert (len(event.group), len(event.control)) == (5, 4)
    assert sorted(event.group + event.control) == sorted(accounts)
    assert drawn(STRANGER, accounts, None, None) != (event.group, event.control)
    [smaller] = start(segment="small", candidates=accounts, group_size=2, control_size=3)
    assert (len(smaller.group), len(smaller.control)) == (2, 3)
    assert [len(side) for side in drawn(ROOT, accounts, None, 6)] == [3, 6]
    assert [len(side) for side in drawn(ROOT, accounts, 7, None)] == [7, 2]


def test_a_draw_is_the_same_on_every_machine() -> None:
    """SHA-256 of the seed's sixteen bytes and the account's: by hand from `sha256sum`."""
    accounts = [UUID(int=number) for number in range(1, 5)]
    group, control = drawn(UUID(int=0), accounts, None, None)
    assert ([each.int for each in group], [each.int for each in control]) == ([2, 3], [1, 4])


@pytest.mark.parametrize(
    ("stated", "refusal"),
    [
        ({"title": " ", "group": (A, B), "control": (C, D)}, TextBlank),
        ({"offer": "", "group": (A, B), "control": (C, D)}, TextBlank),
        ({"group": (A, B), "control": (C, D), "until": date(2025, 1, 1)}, UntilBeforeStart),
        ({"group": (A, B), "control": (C, A)}, AccountInTwoGroups),
        ({"group": (A, B), "control": (C,)}, GroupsIncomplete),
        ({}, GroupsIncomplete),
        ({"group": (A, B), "control": (C, D), "group_size": 2}, SizesOfStatedGroups),
        ({"segment": "large"}, SegmentUnknown),
        ({"segment": "small", "candidates": (A, B, C)}, TooFewToDraw),
        ({"segment": "small", "candidates": (A, B, C, D), "group_size": 1}, TooFewToDraw),
        ({"segment": "small", "candidates": (A, B, C, D), "group_size": 2, "control_size": 3}, TooFewToDraw),
    ],
)
def test_a_start_is_refused(stated: dict[str, Any], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        start(**stated)


def test_an_experiment_starts_once() -> None:
    experiment = given(Experiment, started())
    with pytest.raises(AlreadyOpened):
        experiment.start(
            title="x", offer="y", measure=ExperimentMeasure.VISITS, until=END, group=(A, B), control=(C, D),
            segments=segments(), company=COMPANY,
        )  # fmt: skip


def test_a_result_recorded_again_replaces_and_the_same_records_nothing() -> None:
    experiment = given(Experiment, started(), now=day(8))
    experiment.record_result(account=A, value=Decimal(5), evidence=sealed("order book"), company=COMPANY)
    experiment.record_result(account=A, value=Decimal(5), evidence=sealed("order book"), company=COMPANY)
    experiment.record_result(account=A, value=Decimal("6.5"), on=START, company=COMPANY)
    assert recorded(experiment) == [
        result(A, 5, evidence=sealed("order book")),
        result(A, "6.5", on=START),
    ]
    assert experiment.results == {A: Result(Decimal("6.5"), START)}


@pytest.mark.parametrize(
    ("began", "stated", "refusal"),
    [
        ({}, {"account": STRANGER}, NotInTheTest),
        ({}, {"value": Decimal("NaN")}, NotAResult),
        ({"yes_or_no": True}, {"value": Decimal(2)}, NotYesOrNo),
        ({"measure": ExperimentMeasure.VISITS}, {}, MeasureIsTaken),
        ({}, {"on": date(2025, 1, 1)}, ResultOutOfTime),
        ({}, {"on": date(2025, 1, 10)}, ResultOutOfTime),
    ],
)
def test_a_result_is_refused(began: dict[str, Any], stated: dict[str, Any], refusal: type[Refused]) -> None:
    experiment = given(Experiment, started(**began), now=day(8))
    with pytest.raises(refusal):
        experiment.record_result(**{"account": A, "value": Decimal(1), **stated}, company=COMPANY)


def test_an_account_leaves_once_and_its_result_counts_no_more() -> None:
    experiment = given(Experiment, started(), result(A, 5))
    experiment.leave(account=A, reason="insolvent")
    experiment.leave(account=A, reason="insolvent")
    assert recorded(experiment) == [Experiment.AccountLeft(account=A, reason="insolvent")]
    assert (experiment.results, list(experiment.left)) == ({}, [A])
    with pytest.raises(LeftTheTest):
        experiment.record_result(account=A, value=Decimal(1), company=COMPANY)
    with pytest.raises(ReasonBlank):
        experiment.leave(account=B, reason=" ")
    with pytest.raises(NotInTheTest):
        experiment.leave(account=STRANGER, reason="never was")


def test_a_conclusion_computes_the_effect_from_the_results() -> None:
    experiment = given(Experiment, started(), *RESULTS, now=AFTER)
    experiment.conclude(decision=ExperimentDecision.ADOPT, lessons=sealed("it pays"), company=COMPANY)
    assert recorded(experiment) == [concluded(lessons=sealed("it pays"))]
    assert (experiment.ended_on, experiment.group, experiment.results) == (date(2025, 1, 13), {}, {})


def test_who_left_is_not_in_the_effect() -> None:
    more = started(group=(A, B, STRANGER))
    left = Experiment.AccountLeft(account=STRANGER, reason="sold")
    experiment = given(Experiment, more, *RESULTS, result(STRANGER, 100), left, now=AFTER)
    experiment.conclude(decision=ExperimentDecision.ADOPT, company=COMPANY)
    assert recorded(experiment) == [concluded()]


def test_shares_of_yes_are_compared_where_these_are_asked_for() -> None:
    yes = (result(A, 1), result(B, 1), result(C, 0), result(D, 0))
    experiment = given(Experiment, started(yes_or_no=True), *yes, now=AFTER)
    experiment.conclude(decision=ExperimentDecision.REPEAT, company=COMPANY)
    [event] = recorded(experiment)
    assert (event.effect.test, event.effect.difference) == (EffectTest.NEWCOMBE, Decimal(1))


@pytest.mark.parametrize(
    ("facts", "now", "refusal"),
    [
        ((started(), *RESULTS), day(9), StillRuns),
        ((started(), *RESULTS[:3]), AFTER, TooFewResults),
        ((started(measure=ExperimentMeasure.VISITS),), AFTER, NothingTaken),
        ((started(), *RESULTS, on(AFTER, concluded())), day(13), ExperimentOver),
    ],
)
def test_a_conclusion_is_refused(facts: Any, now: Any, refusal: type[Refused]) -> None:
    experiment = given(Experiment, *facts, now=now)
    with pytest.raises(refusal):
        experiment.conclude(decision=ExperimentDecision.DROP, company=COMPANY)


def test_too_few_results_say_how_many_there_are() -> None:
    experiment = given(Experiment, started(), result(A, 1), now=AFTER)
    with pytest.raises(TooFewResults, match="the group has 1, the control group 0"):
        experiment.conclude(decision=ExperimentDecision.DROP, company=COMPANY)


def test_what_the_facts_say_is_kept_with_its_positions() -> None:
    taken = Taken(
        results=tuple(Measured(account=each.account, value=each.value, positions=(7, 9)) for each in MEASURED),
        currency="EUR",
        position=99,
    )
    experiment = given(Experiment, started(measure=ExperimentMeasure.PURCHASES), now=AFTER)
    experiment.conclude(decision=ExperimentDecision.ADOPT, taken=taken, company=COMPANY)
    assert recorded(experiment) == [concluded(results=taken.results, currency="EUR", position=99)]


def test_a_test_given_up_keeps_its_reason_and_its_effect_so_far() -> None:
    experiment = given(Experiment, started(), *RESULTS, now=day(6))
    experiment.stop(reason="the offer is gone", company=COMPANY)
    stopped = {"on": date(2025, 1, 7), "reason": "the offer is gone"}
    assert recorded(experiment) == [Experiment.Stopped(**stopped, effect=EFFECT, results=MEASURED)]
    for facts, results in (((started(), RESULTS[0]), MEASURED[:1]), ((started(measure=ExperimentMeasure.VISITS),), ())):
        few = given(Experiment, *facts, now=day(6))
        few.stop(reason="the offer is gone", company=COMPANY)
        assert recorded(few) == [Experiment.Stopped(**stopped, results=results)]
    with pytest.raises(ReasonBlank):
        given(Experiment, started()).stop(reason="", company=COMPANY)
    with pytest.raises(ExperimentOver):
        few.stop(reason="again", company=COMPANY)


def test_after_its_end_nothing_is_recorded() -> None:
    experiment = given(Experiment, started(), *RESULTS, on(AFTER, concluded()))
    with pytest.raises(ExperimentOver):
        experiment.record_result(account=A, value=Decimal(1), company=COMPANY)
    with pytest.raises(ExperimentOver):
        experiment.leave(account=A, reason="late")


def test_a_late_result_cannot_change_what_was_concluded() -> None:
    facts = history(started(), *RESULTS, on(AFTER, concluded()))
    with pytest.raises(LaterFactForbids) as refused:
        late(Experiment, facts, day(6), lambda it: it.record_result(account=A, value=Decimal(9), company=COMPANY))
    assert isinstance(refused.value.__cause__, ResultsDiffer)
    with pytest.raises(LaterFactForbids):
        without(Experiment, facts, 2)
    assert without(Experiment, facts, 6).results.keys() == {A, B, C, D}


def test_a_taken_end_names_all_that_took_part() -> None:
    facts = history(started(measure=ExperimentMeasure.VISITS), on(AFTER, concluded()))
    with pytest.raises(LaterFactForbids):
        late(Experiment, facts, day(6), lambda it: it.leave(account=A, reason="late"))


def test_a_snapshot_is_the_same_experiment() -> None:
    experiment = after_snapshot(given(Experiment, started(), *RESULTS, now=AFTER))
    experiment.at(AFTER)
    experiment.conclude(decision=ExperimentDecision.ADOPT, company=COMPANY)
    assert recorded(experiment) == [concluded()]
