"""Aggregates that are of one account: who may see that one sees them, and what is told of it tells them, too."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate, Event, Recorded, Withdrawal
from domain.experiment.experiment import Experiment
from domain.finding import Finding
from domain.issue.issue import Issue
from domain.opportunity.opportunity import Opportunity
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.strategy.strategy import KeyAccountStrategy

Owned = Opportunity | Issue | AccountPlan | Finding
OWNED: tuple[type[Aggregate], ...] = (Opportunity, Issue, AccountPlan, Finding)
"""Their first event names the account, and so does their state."""
COMPANYWIDE: tuple[type[Aggregate], ...] = (KeyAccountStrategy, PartnerProgramme, Experiment)
"""The company's own: seen by everybody who reads; in them what is about one account is seen like that account."""
COMPANY_KINDS = frozenset(root.__name__ for root in COMPANYWIDE)


def account_named(event: Event, stream: UUID) -> UUID | None:
    """The account that a stream is or belongs to, by the event that opened it."""
    if isinstance(event, Account.Registered):
        return stream
    if event.topic.partition(".")[0] in {root.__name__ for root in OWNED}:
        named: UUID | None = getattr(event, "account", None)
        return named
    return None


def account_in(event: Event) -> UUID | None:
    """The account that an event of one of the company's own streams is about; None where it is the company's. That of a
    withdrawal is the account of what it takes back."""
    if event.topic.partition(".")[0] not in COMPANY_KINDS:
        return None
    named = getattr(event, "account", None)
    return named if isinstance(named, UUID) else None


def about(facts: Iterable[Recorded], accounts: Collection[UUID]) -> list[Recorded]:
    """Of facts of the company's own streams, in the order of recording, those about some accounts, and what takes one
    of these back."""
    found: dict[int, Recorded] = {}
    for fact in facts:
        taken_back = isinstance(fact.event, Withdrawal) and fact.event.position in found
        if taken_back or account_in(fact.event) in accounts:
            found[fact.position] = fact
    return list(found.values())


def title_of(event: Event) -> str:
    """What a stream is called, by the event that opened it; empty where nobody gave it a name."""
    if isinstance(event, AccountPlan.Drafted):
        return str(event.fiscal_year)
    named = getattr(event, "category", None) or getattr(event, "title", None) or getattr(event, "name", None)
    return named if isinstance(named, str) else ""
