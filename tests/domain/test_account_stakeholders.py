"""The people of an account: who is there, whom they report to, how they think, how near we are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.account.account import Account
from domain.account.person import Attitude, Coverage, Level, Orientation, PoliticalStatus, Relationship
from domain.account.stakeholders import (
    NothingStated,
    ReportsInCircle,
    StakeholderHasLeft,
    StakeholderPresent,
    Stakeholders,
    StakeholderUnknown,
)
from domain.aggregate import Event, LaterFactForbids
from domain.claims import Claim
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

WANG, LI, CHEN = some_id("Wang"), some_id("Li"), some_id("Chen")
ANNA = some_id("Anna")
REGISTERED = Account.Registered(name="Huarui Steel")


def added(who=WANG, name: str = "王", **more: object) -> Stakeholders.StakeholderAdded:
    return Stakeholders.StakeholderAdded(stakeholder_id=who, name=sealed(name), **more)


def left(who=WANG) -> Stakeholders.StakeholderLeft:
    return Stakeholders.StakeholderLeft(stakeholder_id=who)


def assessed(who=WANG, level: Level = Level.VENDOR, **more: object) -> Stakeholders.RelationshipAssessed:
    return Stakeholders.RelationshipAssessed(stakeholder=who, member=ANNA, level=level, **more)


def account(*facts: Event) -> Account:
    return given(Account, REGISTERED, *facts)


def test_a_person_is_added_with_all_that_is_known():
    huarui = account(added(LI, "李"))
    huarui.stakeholders.add(
        stakeholder_id=WANG,
        name=sealed("王"),
        title="CTO",
        department="technology",
        reports_to=LI,
        email=sealed("w@huarui.example"),
        phone=sealed("+86 1"),
        language="zh",
        external_id="P-1",
    )
    assert recorded(huarui) == [
        added(
            title="CTO",
            department="technology",
            reports_to=LI,
            email=sealed("w@huarui.example"),
            phone=sealed("+86 1"),
            language="zh",
            external_id="P-1",
        )
    ]


def test_the_same_person_again_records_nothing():
    huarui = account(added(title="CTO"))
    huarui.stakeholders.add(stakeholder_id=WANG, name=sealed("王"), title="CTO")
    assert recorded(huarui) == []


def test_a_person_who_is_there_is_not_added_differently():
    with pytest.raises(StakeholderPresent, match=str(WANG)):
        account(added()).stakeholders.add(stakeholder_id=WANG, name=sealed("汪"))


def test_a_person_who_had_left_can_come_back_and_keeps_what_is_known():
    profiled = Stakeholders.StakeholderProfiled(stakeholder_id=WANG, attitude=Attitude.VISIONARY)
    huarui = account(added(title="CTO"), profiled, left())
    huarui.stakeholders.add(stakeholder_id=WANG, name=sealed("王"), title="CEO")
    assert recorded(huarui) == [added(title="CEO")]
    person = huarui.stakeholders.must_be_present(WANG)
    assert (person.title, person.attitude) == ("CEO", Attitude.VISIONARY)


def test_the_external_id_belongs_to_one_person():
    assert added(external_id="P-1").claims(ROOT) == [Claim("stakeholder", "", "P-1")]
    assert added().claims(ROOT) == []


def test_a_superior_must_be_known():
    with pytest.raises(StakeholderUnknown, match=f"no stakeholder {LI}.*are: none yet"):
        account().stakeholders.add(stakeholder_id=WANG, name=sealed("王"), reports_to=LI)
    with pytest.raises(StakeholderUnknown, match=f"no stakeholder {LI}.*are: {WANG}"):
        account(added()).stakeholders.change(stakeholder_id=WANG, reports_to=LI)


def test_nobody_reports_to_himself_through_others():
    huarui = account(added(LI), added(WANG, reports_to=LI), added(CHEN, reports_to=WANG))
    with pytest.raises(ReportsInCircle):
        huarui.stakeholders.change(stakeholder_id=LI, reports_to=CHEN)
    with pytest.raises(ReportsInCircle):
        huarui.stakeholders.change(stakeholder_id=LI, reports_to=LI)
    huarui.stakeholders.change(stakeholder_id=CHEN, reports_to=LI)
    assert recorded(huarui) == [Stakeholders.StakeholderChanged(stakeholder_id=CHEN, reports_to=LI)]


def test_a_change_records_only_what_changed():
    huarui = account(added(LI), added(title="CTO", reports_to=LI, email=sealed("w@huarui.example")))
    huarui.stakeholders.change(
        stakeholder_id=WANG, name=sealed("王"), title="CEO", reports_to=None, email=None, language="zh"
    )
    assert recorded(huarui) == [
        Stakeholders.StakeholderChanged(stakeholder_id=WANG, title="CEO", reports_to=None, email=None, language="zh")
    ]
    huarui.stakeholders.change(stakeholder_id=WANG, title="CEO")
    assert recorded(huarui) == []


def test_a_change_that_states_nothing_is_refused():
    with pytest.raises(NothingStated, match="name, title, department"):
        account(added()).stakeholders.change(stakeholder_id=WANG)
    with pytest.raises(NothingStated, match="attitude, political, orientation"):
        account(added()).stakeholders.profile(stakeholder_id=WANG)


def test_a_person_leaves_once():
    huarui = account(added())
    huarui.stakeholders.leave(stakeholder_id=WANG, reason="retired")
    huarui.stakeholders.leave(stakeholder_id=WANG)
    assert recorded(huarui) == [Stakeholders.StakeholderLeft(stakeholder_id=WANG, reason="retired")]


def test_a_person_is_profiled_in_what_is_new():
    huarui = account(added())
    huarui.stakeholders.profile(stakeholder_id=WANG, attitude=Attitude.PRAGMATIST)
    huarui.stakeholders.profile(
        stakeholder_id=WANG,
        attitude=Attitude.PRAGMATIST,
        political=PoliticalStatus.INNER_CIRCLE,
        orientation=Orientation.TECHNICAL,
    )
    huarui.stakeholders.profile(stakeholder_id=WANG, orientation=Orientation.TECHNICAL)
    assert recorded(huarui) == [
        Stakeholders.StakeholderProfiled(stakeholder_id=WANG, attitude=Attitude.PRAGMATIST),
        Stakeholders.StakeholderProfiled(
            stakeholder_id=WANG, political=PoliticalStatus.INNER_CIRCLE, orientation=Orientation.TECHNICAL
        ),
    ]


def test_a_relationship_keeps_what_an_assessment_does_not_state():
    huarui = account(added())
    huarui.stakeholders.assess(
        stakeholder=WANG, member=ANNA, level=Level.VENDOR, desired=Level.TRUSTED_ADVISER, coverage=Coverage.BRIEF
    )
    huarui.stakeholders.assess(stakeholder=WANG, member=ANNA, level=Level.CREDIBLE_SOURCE)
    huarui.stakeholders.assess(stakeholder=WANG, member=ANNA, level=Level.CREDIBLE_SOURCE, coverage=Coverage.BRIEF)
    assert recorded(huarui) == [
        assessed(level=Level.VENDOR, desired=Level.TRUSTED_ADVISER, coverage=Coverage.BRIEF),
        assessed(level=Level.CREDIBLE_SOURCE),
    ]
    assert huarui.stakeholders.people[WANG].relationships == {
        ANNA: Relationship(Level.CREDIBLE_SOURCE, Level.TRUSTED_ADVISER, Coverage.BRIEF)
    }


COMMANDS: list[Callable[[Stakeholders], None]] = [
    lambda people: people.change(stakeholder_id=WANG, title="CEO"),
    lambda people: people.profile(stakeholder_id=WANG, attitude=Attitude.LAGGARD),
    lambda people: people.assess(stakeholder=WANG, member=ANNA, level=Level.VENDOR),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_only_who_is_there_is_changed_profiled_or_assessed(command: Callable[[Stakeholders], None]):
    with pytest.raises(StakeholderUnknown):
        command(account(added(LI)).stakeholders)
    with pytest.raises(StakeholderHasLeft, match=f"Present are: {LI}"):
        command(account(added(LI), added(), left()).stakeholders)


def test_only_who_is_known_can_leave():
    with pytest.raises(StakeholderUnknown):
        account().stakeholders.leave(stakeholder_id=WANG)


LATER: list[Event] = [
    Stakeholders.StakeholderChanged(stakeholder_id=WANG, title="CEO"),
    Stakeholders.StakeholderProfiled(stakeholder_id=WANG, attitude=Attitude.LAGGARD),
    left(),
    assessed(),
]


@pytest.mark.parametrize("later", LATER)
def test_a_leaving_recorded_late_is_refused_where_the_person_was_still_active(later: Event):
    facts = history(on(day(1), REGISTERED), on(day(2), added()), on(day(9), later))
    with pytest.raises(LaterFactForbids, match=later.topic):
        late(Account, facts, day(5), lambda a: a.stakeholders.leave(stakeholder_id=WANG))


def test_a_superior_recorded_late_makes_no_circle_later():
    changed = Stakeholders.StakeholderChanged(stakeholder_id=LI, reports_to=WANG)
    facts = history(on(day(1), REGISTERED), on(day(1), added(LI)), on(day(1), added()), on(day(9), changed))
    with pytest.raises(LaterFactForbids, match="report to himself"):
        late(Account, facts, day(5), lambda a: a.stakeholders.change(stakeholder_id=WANG, reports_to=LI))


def test_a_person_on_whom_others_rest_is_not_withdrawn():
    facts = history(REGISTERED, added(LI), added(reports_to=LI))
    with pytest.raises(LaterFactForbids, match=str(LI)):
        without(Account, facts, 2)
    assert list(without(Account, facts, 3).stakeholders.people) == [LI]


def test_a_withdrawn_leaving_leaves_the_person_there():
    facts = history(REGISTERED, added(), left())
    assert without(Account, facts, 3).stakeholders.must_be_present(WANG).present


def test_stakeholders_come_back_from_a_snapshot():
    profiled = Stakeholders.StakeholderProfiled(stakeholder_id=WANG, attitude=Attitude.VISIONARY)
    huarui = account(added(LI), added(reports_to=LI, email=sealed("w")), profiled, assessed(), left(LI))
    again = after_snapshot(huarui)
    assert contents(again) == contents(huarui)
    again.at(day(20)).stakeholders.change(stakeholder_id=WANG, title="CEO")
    assert recorded(again) == [Stakeholders.StakeholderChanged(stakeholder_id=WANG, title="CEO")]
