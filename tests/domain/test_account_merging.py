"""Two accounts are one customer: one ends, the other goes on, and nothing is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.merging import (
    AccountHasMerged,
    MergedInCircle,
    MergedIntoChild,
    MergedIntoEnded,
    MergedIntoItself,
    MergedIntoParent,
    MergeReasonBlank,
    NotMerged,
    OpenItemUnknown,
    must_be_mergeable,
    open_items,
)
from domain.account.purchases import SurveyKind
from domain.account.stakeholders import Stakeholders, StakeholderUnknown
from domain.account.visits import VisitKind, VisitPurpose, Visits
from domain.aggregate import Event, LaterFactForbids
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.opportunity.buyers import BuyerRole, Support
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from domain.references import ReferenceUnknown
from tests.domain.dealings import need, promise, proposal
from tests.domain.given import after_snapshot, contents, day, given, history, late, recorded, sealed, some_id, without

ACME, BETA, GAMMA, WANG, LI, VISIT = (some_id(name) for name in ("acme", "beta", "gamma", "wang", "li", "visit"))
REGISTERED = Account.Registered(name="Acme")
MERGED = Account.AccountsMerged(into=BETA, reason="the same company")
SEPARATED = Account.AccountsSeparated(from_=BETA, reason="they are two")
ADDED = Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王伟"))
PLANNED = Visits.VisitPlanned(
    visit_id=VISIT,
    start=day(20),
    end=None,
    what=VisitKind.DEMO,
    why="they asked",
    where="",
    purpose=VisitPurpose.ADVANTAGE,
    expected_action="names the approver",
    people=(),
    stakeholders=(),
    opportunities=(),
)
TO_DO = ActionItems.ActionItemOpened(item_id=GAMMA, text=sealed("send drawings"), owner=LI)


def test_a_merge_says_which_account_goes_on_who_is_the_same_and_why() -> None:
    account = given(Account, REGISTERED, ADDED, PLANNED)
    account.merge(into=BETA, reason="the same company", people={WANG: LI}, open_items={VISIT: GAMMA})
    merged = Account.AccountsMerged(into=BETA, reason="the same company", people={WANG: LI}, open_items={VISIT: GAMMA})
    assert recorded(account) == [merged]
    assert account.merged == merged
    assert contents(after_snapshot(account)) == contents(account)


def test_the_same_merge_again_records_nothing() -> None:
    account = given(Account, REGISTERED, MERGED)
    account.merge(into=BETA, reason="once more")
    assert recorded(account) == []


def test_a_merge_needs_another_account_that_is_not_its_parent_and_a_reason() -> None:
    account = given(Account, Account.Registered(name="Acme", parent=GAMMA))
    with pytest.raises(MergedIntoItself):
        account.merge(into=account.id, reason="the same company")
    with pytest.raises(MergedIntoParent):
        account.merge(into=GAMMA, reason="the same company")
    with pytest.raises(MergeReasonBlank):
        account.merge(into=BETA, reason=" ")


def test_only_people_and_open_items_of_the_account_are_mapped() -> None:
    account = given(Account, REGISTERED, ADDED, PLANNED)
    with pytest.raises(StakeholderUnknown, match=str(WANG)):
        account.merge(into=BETA, reason="the same company", people={LI: WANG})
    with pytest.raises(OpenItemUnknown, match=str(VISIT)):
        account.merge(into=BETA, reason="the same company", open_items={GAMMA: VISIT})


@pytest.mark.parametrize("open_item", [need(need_id=GAMMA), promise(commitment_id=GAMMA), proposal(activity_id=GAMMA)])
def test_open_needs_commitments_and_joint_activities_are_mapped(open_item: Event) -> None:
    account = given(Account, REGISTERED, open_item)
    account.merge(into=BETA, reason="the same company", open_items={GAMMA: VISIT})
    assert recorded(account) == [
        Account.AccountsMerged(into=BETA, reason="the same company", open_items={GAMMA: VISIT})
    ]


@pytest.mark.parametrize(
    "command",
    [
        lambda account: account.change_profile(name="Acme Ltd"),
        lambda account: account.assign_manager(manager=GAMMA),
        lambda account: account.merge(into=GAMMA, reason="rather this one"),
        lambda account: account.stakeholders.add(stakeholder_id=LI, name=sealed("李雷")),
        lambda account: account.visits.log(visit_id=VISIT),
        lambda account: account.satisfaction.survey(survey_id=LI, kind=SurveyKind.NPS, score=9),
    ],
)
def test_an_ended_account_refuses_commands_and_names_the_other(command: Callable[[Account], None]) -> None:
    account = given(Account, REGISTERED, ADDED, MERGED)
    with pytest.raises(AccountHasMerged, match=str(BETA)):
        command(account)
    assert recorded(account) == []


@pytest.mark.parametrize(
    ("opened", "ends"),
    [
        (PLANNED, lambda account: account.visits.log(visit_id=VISIT)),
        (PLANNED, lambda account: account.visits.cancel(visit_id=VISIT)),
        (need(need_id=GAMMA), lambda account: account.needs.meet(need_id=GAMMA)),
        (need(need_id=GAMMA), lambda account: account.needs.drop(need_id=GAMMA, reason="gone")),
        (promise(commitment_id=GAMMA), lambda account: account.commitments.keep(commitment_id=GAMMA)),
        (promise(commitment_id=GAMMA), lambda account: account.commitments.break_off(commitment_id=GAMMA, reason="x")),
        (TO_DO, lambda account: account.action_items.done(item_id=GAMMA)),
        (TO_DO, lambda account: account.action_items.drop(item_id=GAMMA, reason="done elsewhere")),
        (
            proposal(activity_id=GAMMA),
            lambda account: account.joint_activities.conclude(activity_id=GAMMA, result=sealed("given up")),
        ),
    ],
)
def test_what_was_open_at_an_ended_account_is_brought_to_its_end_there(
    opened: Event, ends: Callable[[Account], None]
) -> None:
    account = given(Account, REGISTERED, opened, MERGED)
    ends(account)
    assert len(recorded(account)) == 1
    assert open_items(account) == []


def test_what_happened_before_the_merge_is_recorded_late_all_the_same() -> None:
    facts = history(REGISTERED, ADDED, MERGED)
    (event,) = late(Account, facts, day(2, 12), lambda account: account.visits.log(visit_id=VISIT))
    assert isinstance(event, Visits.VisitLogged)
    with pytest.raises(AccountHasMerged):
        late(Account, facts, day(3, 12), lambda account: account.visits.log(visit_id=VISIT))


def test_a_merge_is_not_dated_before_what_the_account_still_did() -> None:
    with pytest.raises(LaterFactForbids):
        late(Account, history(REGISTERED, ADDED), day(1, 12), lambda a: a.merge(into=BETA, reason="the same company"))


def test_a_separation_undoes_a_merge() -> None:
    account = given(Account, REGISTERED, MERGED)
    account.separate(reason="they are two")
    assert recorded(account) == [SEPARATED]
    account.change_profile(name="Acme Ltd")
    assert recorded(account) == [Account.ProfileChanged(name="Acme Ltd")]


def test_a_separation_needs_a_merge_and_a_reason() -> None:
    with pytest.raises(NotMerged):
        given(Account, REGISTERED).separate(reason="they are two")
    with pytest.raises(MergeReasonBlank):
        given(Account, REGISTERED, MERGED).separate(reason="")
    with pytest.raises(NotMerged):
        SEPARATED.check(given(Account, REGISTERED))


def test_facts_of_an_ended_account_are_withdrawn_and_so_is_the_merge() -> None:
    facts = history(REGISTERED, ADDED, MERGED)
    assert without(Account, facts, 2).merged == MERGED
    assert without(Account, facts, 3).merged is None


# What other accounts forbid


def accounts(**parents: UUID | None) -> Callable[[UUID], Account]:
    known = {
        some_id(name): given(Account, Account.Registered(name=name, parent=above)) for name, above in parents.items()
    }
    return known.__getitem__


def test_a_merge_with_one_above_or_below_is_refused_over_however_many_levels() -> None:
    of = accounts(acme=BETA, beta=GAMMA, gamma=None)
    with pytest.raises(MergedIntoParent, match=str(GAMMA)):
        must_be_mergeable(ACME, GAMMA, {}, {}, of)
    with pytest.raises(MergedIntoChild, match=str(ACME)):
        must_be_mergeable(GAMMA, ACME, {}, {}, of)
    with pytest.raises(MergedIntoItself):
        must_be_mergeable(ACME, ACME, {}, {}, of)


def test_a_parent_that_was_merged_stands_above_as_the_one_that_it_leads_to() -> None:
    of = accounts(acme=BETA, beta=None, gamma=None)
    of(BETA).merged = Account.AccountsMerged(into=GAMMA, reason="the same company")
    with pytest.raises(MergedIntoParent):
        must_be_mergeable(ACME, GAMMA, {}, {}, of)


def test_a_merge_into_an_ended_account_names_where_that_leads() -> None:
    of = accounts(acme=None, beta=None, gamma=None)
    of(BETA).merged = Account.AccountsMerged(into=GAMMA, reason="the same company")
    with pytest.raises(MergedIntoEnded, match=f"leads to {GAMMA}"):
        must_be_mergeable(ACME, BETA, {}, {}, of)
    with pytest.raises(MergedInCircle):
        must_be_mergeable(GAMMA, BETA, {}, {}, of)


def test_people_and_items_are_mapped_to_those_of_the_other() -> None:
    of = accounts(acme=None, beta=None)
    of(BETA).stakeholders.people[LI] = given(Account, REGISTERED, ADDED).stakeholders.people[WANG]
    of(BETA).visits.planned[VISIT] = PLANNED
    must_be_mergeable(ACME, BETA, {WANG: LI}, {GAMMA: VISIT}, of)
    with pytest.raises(StakeholderUnknown, match=str(LI)):
        must_be_mergeable(ACME, BETA, {WANG: GAMMA}, {}, of)
    with pytest.raises(OpenItemUnknown):
        must_be_mergeable(ACME, BETA, {}, {VISIT: GAMMA}, of)


# At the journal


@pytest.fixture
def commands(migrated_url: str) -> Iterator[Commands]:
    journal = Journal(migrated_url)
    yield Commands(journal)
    journal.close()


def give(commands: Commands, root: Any, key: UUID, command: str, /, at: int = 5, **body: Any) -> UUID:
    made = command_type(root, command).body(**body)
    return commands.give(root, key, command, made, Context(at=day(at))).aggregate


@pytest.fixture
def both(commands: Commands) -> Commands:
    give(commands, Account, ACME, "register", at=1, name="Acme")
    give(commands, Account, BETA, "register", at=1, name="Acme Ltd")
    return commands


def test_merges_are_judged_by_the_other_accounts_as_they_stand_now(both: Commands) -> None:
    with pytest.raises(ReferenceUnknown):
        give(both, Account, ACME, "merge", into=GAMMA, reason="the same company")
    give(both, Account, ACME, "merge", into=BETA, reason="the same company")
    with pytest.raises(MergedInCircle):
        give(both, Account, BETA, "merge", into=ACME, reason="the same company")
    give(both, Account, GAMMA, "register", name="Acme GmbH")
    with pytest.raises(MergedIntoEnded, match=str(BETA)):
        give(both, Account, GAMMA, "merge", at=6, into=ACME, reason="the same company")


def test_nothing_is_opened_at_an_ended_account_but_what_came_up_before(both: Commands) -> None:
    give(both, Account, ACME, "merge", into=BETA, reason="the same company")
    with pytest.raises(AccountHasMerged, match=str(BETA)):
        give(both, Opportunity, some_id("deal"), "open", at=6, account=ACME, title="Line")
    give(both, Opportunity, some_id("deal"), "open", at=4, account=ACME, title="Line")
    assert both.journal.known(Opportunity, some_id("deal")).account == ACME
    assert both.journal.known(SalesProcess, policy_id("SalesProcess", "four-funnel")).version == 0
    give(both, Opportunity, some_id("deal"), "lose", at=7)
    assert both.journal.known(Account, ACME).latest == day(4) + timedelta(days=1)


def test_a_deal_of_an_ended_account_goes_on_with_the_people_of_both(both: Commands) -> None:
    deal, mei = some_id("deal"), some_id("mei")
    give(both, Account, ACME, "stakeholders.add", at=2, stakeholder_id=WANG, name="王伟")
    give(both, Account, BETA, "stakeholders.add", at=2, stakeholder_id=LI, name="李雷")
    give(both, Opportunity, deal, "open", at=3, account=ACME, title="Line")
    stand = {"role": BuyerRole.USER, "support": Support.NEUTRAL}
    with pytest.raises(StakeholderUnknown):
        give(both, Opportunity, deal, "buyers.map", at=4, stakeholder=LI, **stand)
    give(both, Account, ACME, "merge", into=BETA, reason="the same company")
    for who in (WANG, LI):
        give(both, Opportunity, deal, "buyers.map", at=6, stakeholder=who, **stand)
    with pytest.raises(StakeholderUnknown):
        give(both, Opportunity, deal, "buyers.map", at=6, stakeholder=mei, **stand)
    with pytest.raises(StakeholderUnknown):
        give(both, Opportunity, deal, "buyers.map", at=4, stakeholder=LI, **{**stand, "role": BuyerRole.APPROVER})
    assert both.journal.known(Opportunity, deal).buyers.mapped.keys() == {WANG, LI}


def test_of_two_merges_against_each_other_at_once_one_is_taken(both: Commands) -> None:
    def merged(one: UUID, into: UUID) -> str:
        try:
            give(both, Account, one, "merge", into=into, reason="the same company")
        except (MergedInCircle, AccountHasMerged) as refusal:
            return refusal.rule
        return "taken"

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(merged, (ACME, BETA), (BETA, ACME)))
    assert sorted(found) in (["MergedInCircle", "taken"], ["AccountHasMerged", "taken"])
    ended = [one for one in (ACME, BETA) if both.journal.streams.state(Account, one).merged]
    assert len(ended) == 1


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_what_changes_while_a_merge_is_judged_is_noticed(
    both: Commands, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """The other account ends between two looks at it: the version of the first look is the one that is relied on."""
    known, left = both.journal.known, [looks]

    def looking(root: type, aggregate_id: UUID) -> object:
        found = known(root, aggregate_id)
        if aggregate_id == ACME and left:
            left[0] -= 1
            if left[0] == 0:
                left.clear()
                give(both, Account, ACME, "merge", into=BETA, reason="the same company")
        return found

    monkeypatch.setattr(both.journal, "known", looking)
    with pytest.raises(MergedInCircle):
        give(both, Account, BETA, "merge", into=ACME, reason="the same company")
    assert both.journal.streams.state(Account, BETA).merged is None
