"""An account that ended, as its opportunities see it: with its own people, and those of the account that goes on."""

from __future__ import annotations

from domain.account.account import Account
from domain.account.merging import AccountOf, survivor
from domain.account.stakeholders import Stakeholders


def joined(ended: Account, account_of: AccountOf) -> Account:
    """A state to look at, no more: what was opened at the ended account goes on with whoever is there now.

    `account_of` answers with the state of an account.
    """
    heir = account_of(survivor(ended.id, lambda each: ended if each == ended.id else account_of(each)))
    return Account(
        id=ended.id,
        version=ended.version,
        latest=ended.latest,
        opened=ended.opened,
        profile=ended.profile,
        manager=ended.manager,
        merged=ended.merged,
        stakeholders=Stakeholders(people={**ended.stakeholders.people, **heir.stakeholders.people}),
    )
