"""Two accounts are one customer (合并): one ends, the other goes on; a fact about names, not a move.

Both keep their rows and history, and reading groups them; AccountsSeparated undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.aggregate import Event
from domain.errors import Refused

if TYPE_CHECKING:
    from domain.account.account import Account

AccountOf = Callable[[UUID], "Account"]


class AccountHasMerged(Refused):
    """The account {account} ended: it was merged into {into}. Give the command to that account, or separate them
    first."""


class MergedIntoItself(Refused):
    """The account {account} cannot be merged into itself: name the other account that goes on."""


class MergedIntoParent(Refused):
    """The account {account} belongs to {into}, which stands above it: a parent and its child are two customers. Name
    an account outside this line, or clear the parent first."""


class MergedIntoChild(Refused):
    """The account {into} belongs to {account}, which stands above it: a parent and its child are two customers. Name
    an account outside this line, or clear the parent first."""


class MergedIntoEnded(Refused):
    """The account {into} ended itself: it was merged and leads to {leads_to}. Merge into that one."""


class MergedInCircle(Refused):
    """The account {into} leads to {account} itself: name an account that goes on."""


class MergeReasonBlank(Refused):
    """Accounts are not merged or separated without a reason: state it."""


class NotMerged(Refused):
    """The account {account} is merged into none: there is nothing to separate."""


class OpenItemUnknown(Refused):
    """The account {account} has no open item {item}. Its planned visits and its open action items, needs, commitments
    and joint activities are: {known}."""


class Merge(Event):
    """What `Account.AccountsMerged` holds. The account of the stream ends, `into` goes on.

    `people` maps stakeholders of the one that ends to the same persons there, `open_items` its planned visits and what
    else is open to the same ones there; whoever is not in them is nobody's double.
    """

    into: UUID
    reason: str
    people: dict[UUID, UUID] = msgspec.field(default_factory=dict)
    open_items: dict[UUID, UUID] = msgspec.field(default_factory=dict)

    def check(self, account: Account) -> None:
        """Another account, neither its parent; a reason; people and items that it has."""
        if self.into == account.id:
            raise MergedIntoItself(account=account.id)
        if self.into == account.profile.parent:
            raise MergedIntoParent(account=account.id, into=self.into)
        if not self.reason.strip():
            raise MergeReasonBlank()
        for stakeholder in self.people:
            account.stakeholders.must_be_known(stakeholder)
        for item in self.open_items:
            must_be_open(account, item)

    def apply(self, account: Account) -> None:
        """It has ended."""
        account.merged = self


class Separation(Event):
    """What `Account.AccountsSeparated` holds: the account goes on by itself, apart from `from_`."""

    from_: UUID = msgspec.field(name="from")
    reason: str

    def check(self, account: Account) -> None:
        """Merged into that one, and the reason is stated."""
        if account.merged is None or account.merged.into != self.from_:
            raise NotMerged(account=account.id)
        if not self.reason.strip():
            raise MergeReasonBlank()

    def apply(self, account: Account) -> None:
        """It goes on."""
        account.merged = None


def must_be_open(account: Account, item: UUID) -> None:
    """Refuse an item that is neither a planned visit nor otherwise open on the account."""
    known = open_items(account)
    if item not in known:
        raise OpenItemUnknown(account=account.id, item=item, known=listed(known))


def open_items(account: Account) -> list[UUID]:
    """The planned visits and open action items, needs, commitments and joint activities of an account."""
    return [
        *account.visits.planned,
        *account.action_items.open,
        *account.needs.open,
        *account.commitments.open,
        *account.joint_activities.open,
    ]


def must_be_mergeable(
    ended: UUID, into: UUID, people: Mapping[UUID, UUID], items: Mapping[UUID, UUID], account_of: AccountOf
) -> None:
    """Refuse a merge that other accounts forbid: into an ended one, into one above or below over however many levels,
    or with people and items that the other does not have. The door asks this.

    `account_of` answers with the newest state of an account.
    """
    if into == ended:
        raise MergedIntoItself(account=ended)
    leads_to = survivor(into, account_of)
    if leads_to == ended:
        raise MergedInCircle(account=ended, into=into)
    if leads_to != into:
        raise MergedIntoEnded(into=into, leads_to=leads_to)
    if into in above(ended, account_of):
        raise MergedIntoParent(account=ended, into=into)
    if ended in above(into, account_of):
        raise MergedIntoChild(account=ended, into=into)
    other = account_of(into)
    for stakeholder in people.values():
        other.stakeholders.must_be_known(stakeholder)
    for item in items.values():
        must_be_open(other, item)


def survivor(account: UUID, account_of: AccountOf) -> UUID:
    """The account that an account leads to over all its merges; itself where it goes on."""
    seen = {account}
    while (merged := account_of(account).merged) is not None and merged.into not in seen:
        account = merged.into
        seen.add(account)
    return account


def above(account: UUID, account_of: AccountOf) -> set[UUID]:
    """All that stands above an account: parents, what those were merged into, and so on."""
    found: set[UUID] = set()
    waiting = [account_of(account).profile.parent]
    while waiting:
        each = waiting.pop()
        if each is None or each in found:
            continue
        found.add(each)
        state = account_of(each)
        waiting += [state.profile.parent, state.merged.into if state.merged else None]
    return found
