"""Each component of relationship health by worked examples."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account.person import Coverage, Level
from domain.account.purchases import SurveyKind
from domain.opportunity.buyers import BuyerRole, Support
from projections.health_components import (
    Ahead,
    Component,
    Mapped,
    Relation,
    Survey,
    Touch,
    contact,
)
from projections.health_components import (
    coverage as coverage_with,
)
from projections.health_components import (
    satisfaction as satisfaction_with,
)
from projections.health_components import (
    sentiment as sentiment_with,
)
from tests.domain.given import day, some_id

NOW = day(1000)
DEAL, OTHER_DEAL, WANG, LI, ZHAO = (some_id(name) for name in ("deal", "other deal", "wang", "li", "zhao"))


def ago(days: float) -> Any:
    return NOW - timedelta(days=days)


def coverage(open_ones: Any, buyers: Any, relations: Any) -> Component | None:
    return coverage_with(open_ones, buyers, relations, 0.4)


def sentiment(buyers: Any, now: Any) -> Component | None:
    return sentiment_with(buyers, 365, now)


def satisfaction(surveys: Any, now: Any) -> Component | None:
    return satisfaction_with(surveys, 365, now)


def score(component: Component | None, days: float = 0) -> float:
    assert component is not None
    found = component.course.at(Ahead(days, 0))
    assert found is not None
    return round(found, 2)


def mapped(who: UUID, role: BuyerRole, support: Support = Support.NEUTRAL, **more: Any) -> Mapped:
    said = {"opportunity": DEAL, "key_player": False, "at": ago(10), "position": 7, **more}
    return Mapped(stakeholder=who, role=role, support=support, **said)


def near(who: UUID, level: Level, desired: Level | None = None, coverage: Coverage | None = None) -> Relation:
    return Relation(who, level, desired, coverage, 9)


def test_contact_halves_with_every_half_life() -> None:
    fresh = contact(Touch(ago(45), 12), 45, NOW)
    assert (score(fresh), score(fresh, 45), score(fresh, 90)) == (50, 25, 12.5)


def test_contact_says_how_long_ago_and_by_which_event() -> None:
    found = contact(Touch(ago(47.9), 12), 45, NOW)
    assert found is not None
    assert found.reason == "last visit 47 days ago, half-life 45 days"
    assert found.positions == (12,)


def test_without_facts_a_component_says_nothing() -> None:
    assert contact(None, 45, NOW) is None
    assert coverage({DEAL}, [], []) is None
    assert sentiment([], NOW) is None
    assert satisfaction([], NOW) is None


def test_an_approver_mapped_and_never_met_fills_a_fifth_of_an_opportunity() -> None:
    found = coverage({DEAL}, [mapped(WANG, BuyerRole.APPROVER)], [])
    assert score(found) == 20
    assert found is not None
    assert found.reason == "1 of 2 seats of approvers and decision makers mapped on 1 open opportunity"


def test_both_seats_filled_in_depth_by_people_as_near_as_desired_are_full_coverage() -> None:
    people = [near(who, Level.TRUSTED_ADVISER, coverage=Coverage.IN_DEPTH) for who in (WANG, LI)]
    found = coverage({DEAL}, [mapped(WANG, BuyerRole.APPROVER), mapped(LI, BuyerRole.DECISION_MAKER)], people)
    assert score(found) == 100


def test_an_open_opportunity_where_nobody_is_mapped_counts_once_the_map_is_begun() -> None:
    one = [mapped(WANG, BuyerRole.APPROVER)]
    assert score(coverage({DEAL}, one, [])) == 2 * score(coverage({DEAL, OTHER_DEAL}, one, []))


def test_an_evaluator_fills_no_seat_and_a_closed_opportunity_has_none() -> None:
    assert score(coverage({DEAL}, [mapped(WANG, BuyerRole.EVALUATOR)], [])) == 0
    assert coverage({OTHER_DEAL}, [mapped(WANG, BuyerRole.APPROVER)], []) is None


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        (near(WANG, Level.VENDOR), 25),
        (near(WANG, Level.VENDOR, Level.CREDIBLE_SOURCE), 50),
        (near(WANG, Level.TRUSTED_ADVISER, Level.CREDIBLE_SOURCE), 100),
        (near(WANG, Level.CREDIBLE_SOURCE, Level.CREDIBLE_SOURCE, Coverage.NONE), 50),
        (near(WANG, Level.TRUSTED_ADVISER, coverage=Coverage.SEVERAL_MEETINGS), 83.33),
    ],
)
def test_closeness_is_the_level_against_the_desired_one_and_the_coverage(relation: Relation, expected: float) -> None:
    assert score(coverage(set(), [], [relation])) == expected


def test_the_nearest_of_ours_counts_for_a_person() -> None:
    assert score(coverage(set(), [], [near(WANG, Level.VENDOR), near(WANG, Level.TRUSTED_ADVISER)])) == 100


def test_who_decides_counts_twice_in_sentiment() -> None:
    found = sentiment(
        [mapped(WANG, BuyerRole.APPROVER, Support.ENEMY), mapped(LI, BuyerRole.USER, Support.MENTOR)], NOW
    )
    assert score(found) == 33.33
    assert found is not None
    assert found.reason == "of 2 people 1 for us, 1 against; newest view 10 days old"


def test_the_newest_statement_about_a_person_counts() -> None:
    before = mapped(WANG, BuyerRole.USER, Support.ENEMY, opportunity=OTHER_DEAL, at=ago(20), position=3)
    after = mapped(WANG, BuyerRole.USER, Support.NEUTRAL, at=ago(10), position=8)
    found = sentiment([after, before], NOW)
    assert score(found) == 50
    assert found is not None
    assert found.positions == (8,)


def test_good_sentiment_fades_towards_neutral_and_bad_does_not_heal() -> None:
    good = sentiment([mapped(WANG, BuyerRole.USER, Support.MENTOR, at=NOW)], NOW)
    bad = sentiment([mapped(WANG, BuyerRole.USER, Support.ENEMY, at=NOW)], NOW)
    assert (score(good), score(good, 365), score(good, 730)) == (100, 75, 62.5)
    assert (score(bad), score(bad, 365)) == (0, 0)


def test_surveys_of_both_scales_are_told_from_0_to_100() -> None:
    assert score(satisfaction([Survey(NOW, SurveyKind.NPS, 9, 1)], NOW)) == 90
    assert score(satisfaction([Survey(NOW, SurveyKind.CSAT, 4, 1)], NOW)) == 75
    assert score(satisfaction([Survey(NOW, SurveyKind.CSAT, 1, 1)], NOW)) == 0


def test_an_older_answer_weighs_less_and_all_fades_from_the_newest_on() -> None:
    found = satisfaction([Survey(NOW, SurveyKind.NPS, 9, 4), Survey(ago(365), SurveyKind.NPS, 6, 2)], NOW)
    assert score(found) == 80
    assert score(found, 365) == 65
    assert found is not None
    assert found.reason == "2 answers with a mean of 80 of 100, the newest NPS 9, 0 days ago"
    assert found.positions == (2, 4)


@given(
    st.lists(st.tuples(st.floats(0, 2000), st.integers(0, 10)), min_size=1, max_size=5),
    st.floats(0, 900),
    st.floats(0, 900),
)
def test_waiting_never_makes_anything_better(answers: list[tuple[float, int]], days: float, more: float) -> None:
    found = satisfaction([Survey(ago(age), SurveyKind.NPS, given, 1) for age, given in answers], NOW)
    assert score(found, days + more) <= score(found, days)


@given(st.lists(st.tuples(st.floats(0, 900), st.integers(0, 10)), min_size=1, max_size=5), st.integers(0, 900))
def test_what_is_foreseen_is_what_will_be_said(answers: list[tuple[float, int]], days: int) -> None:
    surveys = [Survey(ago(age), SurveyKind.NPS, given, 1) for age, given in answers]
    then = satisfaction(surveys, NOW + timedelta(days=days))
    assert score(satisfaction(surveys, NOW), days) == pytest.approx(score(then), abs=0.011)
