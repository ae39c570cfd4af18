"""Before → after of single events, in the state and in what the state does not keep."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.dealings import Side
from domain.account.handover import HandOver
from domain.account.purchases import Purchases
from domain.account.stakeholders import Stakeholders
from domain.account.value import WAITING_KEPT, Value, ValueKind
from domain.account.visits import VisitKind, VisitPurpose, Visits
from domain.aggregate import ROOTS, Aggregate, Recorded, Withdrawal, in_business_order
from domain.changes import Change, changes, difference, plain
from domain.course import Course, recorded_changes
from domain.journal.states import decoded, encoded
from domain.member import KeyScope, Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.visit_template import VisitTemplate
from tests.domain.given import day, eur, history, on, sealed, some_id
from tests.projections.business import Business
from tests.projections.histories_checked import Checked

ANNA, BERT = some_id("Anna"), some_id("Bert")
VISIT, ITEM, PERSON = some_id("visit"), some_id("item"), some_id("person")


def last_changes(*facts) -> list[Change]:
    """What the last of some facts of an account or opportunity changes."""
    *before, last = history(*facts)
    state = None
    for fact in before:
        state = fact.mutate(state)
    return changes(state, last)


def registered(name: str = "Nova") -> Account.Registered:
    return Account.Registered(name=name)


def planned(**stated) -> Visits.VisitPlanned:
    return Visits.VisitPlanned(
        **{
            "visit_id": VISIT, "start": day(9), "end": None, "what": VisitKind.DEMO, "why": "to show", "where": "",
            "purpose": VisitPurpose.RAPPORT, "expected_action": "they order", "people": (ANNA,), "stakeholders": (),
            "opportunities": (), "chances": {}, **stated,
        }
    )  # fmt: skip


def logged(**stated) -> Visits.VisitLogged:
    nothing = {
        "minutes": 30, "people": (), "stakeholders": (), "opportunities": (), "what": None, "why": "", "where": "",
        "purpose": None, "steps": (), "template_version": None, "objective_met": None, "action_agreed": None,
        "outcome": sealed("fine"), "next_step": None, "next_step_on": None,
    }  # fmt: skip
    return Visits.VisitLogged(**{"visit_id": VISIT, **nothing, **stated})


def test_a_field_changes_from_what_it_was_to_what_it_is():
    assert last_changes(registered(), Account.ProfileChanged(name="Nova AG", industry="pumps")) == [
        Change(("profile", "name"), "Nova", "Nova AG"),
        Change(("profile", "industry"), "", "pumps"),
    ]


def test_an_opening_fact_changes_nothing_into_something():
    assert last_changes(registered()) == [Change(("profile", "name"), "", "Nova")]


def test_a_child_that_comes_is_one_change_with_the_whole_child():
    plan = planned()
    assert last_changes(registered(), plan) == [Change(("visits", "planned", str(VISIT)), None, plan)]


def test_a_child_that_changes_is_named_by_its_identifier_and_its_field():
    moved = Visits.VisitRescheduled(visit_id=VISIT, start=day(10), end=None)
    assert last_changes(registered(), planned(), moved) == [
        Change(("visits", "planned", str(VISIT), "start"), day(9), day(10))
    ]


def test_a_child_that_is_changed_in_place_is_compared_with_what_it_was():
    left = Stakeholders.StakeholderLeft(stakeholder_id=PERSON)
    added = Stakeholders.StakeholderAdded(stakeholder_id=PERSON, name=sealed("Wang"))
    assert last_changes(registered(), added, left) == [
        Change(("stakeholders", "people", str(PERSON), "present"), True, False)
    ]


def test_a_child_of_a_child_is_compared_with_what_it_was():
    added = Stakeholders.StakeholderAdded(stakeholder_id=PERSON, name=sealed("Wang"))
    first = Stakeholders.RelationshipAssessed(stakeholder=PERSON, member=ANNA, level="vendor")
    second = Stakeholders.RelationshipAssessed(stakeholder=PERSON, member=ANNA, level="trusted_adviser")
    where = ("stakeholders", "people", str(PERSON), "relationships", str(ANNA), "level")
    assert last_changes(registered(), added, first, second) == [Change(where, "vendor", "trusted_adviser")]


def test_what_is_sealed_stays_sealed():
    added = Stakeholders.StakeholderAdded(stakeholder_id=PERSON, name=sealed("Wang"))
    named = Stakeholders.StakeholderChanged(stakeholder_id=PERSON, name=sealed("Wang Li"))
    assert last_changes(registered(), added, named) == [
        Change(("stakeholders", "people", str(PERSON), "name"), sealed("Wang"), sealed("Wang Li"))
    ]


def test_a_child_that_goes_is_one_change_and_beside_it_stands_what_its_end_states():
    plan = planned()
    assert last_changes(registered(), plan, logged()) == [
        Change(("visits", "planned", str(VISIT)), plan, None),
        Change(("visits", "VisitLogged", "minutes"), None, 30),
        Change(("visits", "VisitLogged", "outcome"), None, sealed("fine")),
    ]


def test_a_fact_that_the_state_does_not_keep_is_a_change_from_nothing():
    bought = Purchases.PurchaseRecorded(document_no="R-1", product_line="pumps", quantity=Decimal(0), revenue=eur(100))
    found = last_changes(registered(), bought)
    assert Change(("purchases", "PurchaseRecorded", "document_no"), None, "R-1") in found
    assert Change(("purchases", "PurchaseRecorded", "quantity"), None, Decimal(0)) in found
    assert Change(("purchases", "PurchaseRecorded", "revenue"), None, eur(100)) in found


def test_an_event_of_the_root_that_reaches_into_parts_shows_what_it_changes_there():
    item = ActionItems.ActionItemOpened(item_id=ITEM, text=sealed("call"), owner=ANNA)
    over = Account.AccountHandedOver(
        from_=ANNA, to=BERT, reason="moves", effective_on=None, briefing=(), visits=(VISIT,), action_items=(ITEM,),
        issues=(),
    )  # fmt: skip
    assert isinstance(over, HandOver)
    assert last_changes(registered(), Account.ManagerAssigned(manager=ANNA), planned(), item, over) == [
        Change(("manager",), ANNA, BERT),
        Change(("visits", "planned", str(VISIT), "people"), (ANNA,), (BERT,)),
        Change(("action_items", "open", str(ITEM), "owner"), ANNA, BERT),
    ]


def test_a_dictionary_that_is_replaced_is_compared_by_its_keys():
    shipped = VisitTemplate(id=some_id("templates"))
    before = dict(shipped.templates)
    gone, *kept = before.values()
    fact = history(VisitTemplate.Defined(edition=1, templates=tuple(kept)))[0]
    assert changes(shipped, fact) == [
        Change(("edition",), 0, 1),
        Change(("templates", gone.kind.value), gone, None),
    ]


def test_a_withdrawal_changes_nothing_by_itself():
    assert last_changes(registered(), Account.ManagerAssigned(manager=ANNA), Account.FactWithdrawn(position=2, reason="typo")) == []  # fmt: skip # noqa: E501


def test_a_part_of_the_state_that_is_touched_when_nobody_asks_is_still_right():
    state = None
    for fact in history(registered(), planned()):
        state = fact.mutate(state)
    changes(state, history(planned(why="again"))[0])
    state.visits.planned.update({ITEM: planned()})
    assert state.visits.planned.setdefault(VISIT, planned()).why == "again"
    state.visits.planned.clear()
    assert changes(state, history(planned())[0]) == [Change(("visits", "planned", str(VISIT)), None, planned())]


def test_a_child_among_five_thousand_costs_only_itself():
    state = Account(id=PERSON)
    for number in range(5_000):
        state.visits.planned[some_id(f"visit {number}")] = planned()
    changes(state, history(planned())[0])
    watched = state.visits.planned
    moved = history(Visits.VisitRescheduled(visit_id=VISIT, start=day(10), end=None))[0]
    found = changes(state, moved)
    assert found == [Change(("visits", "planned", str(VISIT), "start"), day(9), day(10))]
    assert state.visits.planned is watched
    assert len(state.__dict__["log"].touched) == 1


def test_plain_values_have_no_structs_but_what_is_sealed():
    assert plain(eur(5)) == {"amount": Decimal("5.00"), "currency": "EUR"}
    plan = plain(planned(chances={PERSON: Decimal("0.5")}))
    assert plan["people"] == [ANNA]
    assert plan["chances"] == {PERSON: Decimal("0.5")}
    assert plain(logged())["outcome"] == sealed("fine")


# --- by what was known when it was recorded


def opened(amount: Money) -> Opportunity.Opened:
    return Opportunity.Opened(
        account=some_id("account"), title="Line", process="four-funnel", process_edition=1, stage="potential",
        amount=amount,
    )  # fmt: skip


def revised(amount: Money) -> Opportunity.AmountRevised:
    return Opportunity.AmountRevised(previous=None, amount=amount)


def test_a_late_fact_changes_the_state_of_its_own_moment():
    told = history(
        on(day(1), opened(eur(100))), on(day(9), revised(eur(200))), on(day(4), revised(eur(150))),
        on(day(10), revised(eur(300))),
    )  # fmt: skip
    assert recorded_changes(told, [2, 3, 4]) == {
        2: [Change(("amount",), eur(100), eur(200))],
        3: [Change(("amount",), eur(100), eur(150))],
        4: [Change(("amount",), eur(200), eur(300))],
    }


def test_a_withdrawal_changes_the_newest_state_back():
    told = history(
        on(day(1), opened(eur(100))), on(day(2), revised(eur(200))),
        on(day(3), Opportunity.FactWithdrawn(position=2, reason="typo")), on(day(4), revised(eur(300))),
    )  # fmt: skip
    assert recorded_changes(told, [3, 4]) == {
        3: [Change(("amount",), eur(200), eur(100))],
        4: [Change(("amount",), eur(100), eur(300))],
    }


def test_a_withdrawal_takes_back_what_a_fact_had_stated_that_the_state_does_not_keep():
    told = history(registered(), logged(ad_hoc=True), Account.FactWithdrawn(position=2, reason="other customer"))
    assert recorded_changes(told, [3]) == {
        3: [
            Change(("visits", "VisitLogged", "visit_id"), VISIT, None),
            Change(("visits", "VisitLogged", "minutes"), 30, None),
            Change(("visits", "VisitLogged", "outcome"), sealed("fine"), None),
            Change(("visits", "VisitLogged", "ad_hoc"), True, None),
        ]
    }


def test_a_withdrawal_of_what_is_not_there_changes_nothing():
    told = history(registered(), Account.FactWithdrawn(position=77, reason="?"))
    assert recorded_changes(told, [2]) == {2: []}


@pytest.mark.parametrize("seed", range(12))
def test_on_random_histories_every_change_is_the_difference_of_the_states(seed):
    """The watched comparison finds what comparing the whole states before and after finds."""
    found = Checked(seed, Business(facts=500, merges=True))
    compared = 0
    for stream, told in found.streams.items():
        state: Aggregate | None = None
        for fact in in_business_order(told):
            before = decoded(_root(fact), encoded(state)) if state else _root(fact)(id=stream)
            state = state or _root(fact)(id=stream)
            got = [each for each in changes(state, fact) if type(fact.event).__name__ not in each.path]
            assert by_path(got) == by_path(difference(before, state))
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("seed", range(6))
def test_on_random_histories_the_course_has_the_state_after_any_fact_forward_backward_and_by_jump(seed):
    found = Checked(seed, Business(facts=700, late=0.4, withdrawn=0.15, deals=2))
    told = max(found.streams.values(), key=len)
    withdrawn = {fact.event.position for fact in told if isinstance(fact.event, Withdrawal)}
    naive = _states(told, withdrawn)
    course = Course(told[0].originator_id, told, withdrawn)
    assert len(course) == len(told)
    order = [
        *range(len(told) + 1),
        *reversed(range(len(told) + 1)),
        *found.chronicle.random.choices(range(len(told)), k=50),
    ]
    for count in order:
        assert encoded(course.state(count)) == naive[count]
    forward = [course.changes(count) for count in range(1, len(told) + 1)]
    assert [course.changes(count) for count in range(len(told), 0, -1)] == forward[::-1]


@pytest.mark.parametrize("seed", range(6))
def test_on_random_histories_what_a_fact_changed_when_it_was_recorded_is_the_difference_of_naive_folds(seed):
    found = Checked(seed, Business(facts=400, late=0.4, withdrawn=0.15, deals=4))
    for told in found.streams.values():
        got = recorded_changes(told, [fact.position for fact in told])
        for number, fact in enumerate(told):
            if isinstance(fact.event, Withdrawal):
                before, after = _folded(told[:number]), _folded(told[: number + 1])
            else:
                earlier = [
                    each
                    for each in told[:number]
                    if (each.occurred_at, each.position) < (fact.occurred_at, fact.position)
                ]
                before = _folded(_standing(earlier, told[:number])) or _root(fact)(id=fact.originator_id)
                after = _folded([*_standing(earlier, told[:number]), fact])
            names = {type(each.event).__name__ for each in told}
            kept = [each for each in got[fact.position] if names.isdisjoint(each.path)]
            assert by_path(kept) == by_path(difference(before, after))


def by_path(found: list[Change]) -> list[tuple]:
    return sorted(((each.path, plain(each.before), plain(each.after)) for each in found), key=lambda each: each[0])


def _standing(facts: list[Recorded], known: list[Recorded]) -> list[Recorded]:
    gone = {each.event.position for each in known if isinstance(each.event, Withdrawal)}
    return [each for each in facts if each.position not in gone]


def _folded(told: list[Recorded]) -> Aggregate | None:
    state: Aggregate | None = None
    for fact in in_business_order(told):
        state = fact.mutate(state)
    return state


def _states(told: list[Recorded], withdrawn: set[int]) -> list[bytes]:
    """The states after so many facts, each folded from the beginning in one go."""
    state, version = _root(told[0])(id=told[0].originator_id), 0
    found = [encoded(state)]
    for fact in sorted(told, key=lambda each: (each.occurred_at, each.position)):
        if fact.position not in withdrawn:
            state.fold(fact)
            version = state.version = max(version, fact.originator_version)
        found.append(encoded(state))
    return found


def _root(fact: Recorded) -> type[Aggregate]:
    return ROOTS[fact.event.topic.partition(".")[0]]


def test_all_keys_of_a_member_who_leaves_are_gone():
    issued = Member.KeyIssued(key_id="k1", hash=b"1", scopes=(KeyScope.READ,), issued=day(2))
    *before, left = history(Member.Invited(name=sealed("Anna")), issued, Member.Left(reason="moves"))
    state = None
    for fact in before:
        state = fact.mutate(state)
    found = changes(state, left)
    assert [(each.path, each.after) for each in found] == [(("left",), True), (("keys", "k1"), None)]


def test_of_a_dictionary_that_forgets_its_oldest_the_oldest_is_a_change():
    state = Account(id=PERSON)
    state.value.waiting = {some_id(f"value {number}"): Side.US for number in range(WAITING_KEPT)}
    given = Value.ValueGiven(value_id=ITEM, kind=ValueKind.TRAINING, given_by=Side.US, what=sealed("a course"))
    found = changes(state, history(given)[0])
    assert [(each.path[-1], each.before, each.after) for each in found] == [
        (str(ITEM), None, Side.US),
        (str(some_id("value 0")), Side.US, None),
    ]


def test_a_late_fact_spoils_only_the_marks_after_it():
    facts = history(registered(), *(Account.ProfileChanged(headcount=number) for number in range(1, 301)))
    course = Course(facts[0].originator_id, facts)
    course.state(301)
    late = history(*[registered()] * 301, on(day(150, 10), Account.ProfileChanged(industry="pumps")))[-1]
    assert course.add(late) == 151
    assert (course.state(302).profile.headcount, course.state(302).profile.industry) == (300, "pumps")
    assert (course.state(150).profile.headcount, course.state(150).profile.industry) == (149, "")
