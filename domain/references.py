"""What a command names must be there: members and accounts, territories and products where they are defined."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from domain.account.account import Account
from domain.account.merging import must_be_mergeable, survivor
from domain.account.store_figures import OrderLine, StockCount
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objectives import ObjectiveTerms
from domain.account_plan.plan_milestones import MilestoneTerms
from domain.aggregate import Aggregate
from domain.claims import Claim
from domain.errors import NotFound, Refused
from domain.experiment.experiment import Experiment
from domain.forecast_call.forecast_call import ForecastCall
from domain.issue.issue import Issue
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.member import Member
from domain.member.visit_plans import PlannedVisit
from domain.opportunity.opportunity import Opportunity
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.territories import Territories
from domain.strategy.strategy import KeyAccountStrategy
from domain.subscription.subscription import Subscription, WantedFilter

NAMED: dict[type[Aggregate], dict[str, type[Aggregate]]] = {
    Account: {
        "parent": Account,
        "into": Account,
        "manager": Member,
        "member": Member,
        "people": Member,
        "to": Member,
        "owner": Member,
        "opportunity": Opportunity,
        "assessor": Member,
        "opportunities": Opportunity,
        "giver": Member,
        "approved_by": Member,
        "partners": Account,
    },
    Opportunity: {"owner": Member, "by": Member, "member": Member},
    KeyAccountStrategy: {"by": Member, "owner": Member},
    AccountPlan: {"by": Member, "owner": Member, "milestones": Member},
    Experiment: {"account": Account, "group": Account, "control": Account},
    PartnerProgramme: {"account": Account, "member": Member, "customer": Account},
    Member: {"visits": Account, "confirmed_by": Member},
    Issue: {"opportunity": Opportunity, "by": Member, "to": Member},
    ForecastCall: {"member": Member, "by": Member},
    Subscription: {"owner": Member, "filter": Account},
}
"""Parameters of the commands of an aggregate, and what they name: one or several."""


class ReferenceUnknown(Refused):
    """`{parameter}` names the {kind} {value}, which is not there{known}: state one that is."""


def see_that_they_exist(
    journal: Journal, root: type[Aggregate], arguments: dict[str, Any], relies_on: dict[UUID, int]
) -> None:
    """Refuse a command that names what is not there now, whatever moment it is about. Raises ReferenceUnknown.

    `relies_on` takes the versions of what was not found, so that the refusal is judged anew where it came since.
    """
    if root is Issue:
        _deal_must_be_the_customers(journal, arguments, relies_on)
    for parameter, kind in NAMED.get(root, {}).items():
        for value in _values(arguments.get(parameter)):
            _must_exist(journal, parameter, kind, value, relies_on)
    if root is Account:
        territories = journal.known(Territories, policy_id("Territories"))
        _must_be_one_of("territory", territories, territories.territories, arguments, relies_on)
        for lines in {"stock", "order_lines"} & arguments.keys():
            prices = journal.known(PriceList, policy_id("PriceList"))
            _must_be_one_of(lines, prices, prices.products, arguments, relies_on)
    elif root is Opportunity:
        prices = journal.known(PriceList, policy_id("PriceList"))
        _must_be_one_of("products", prices, prices.products, arguments, relies_on)
    elif root is SalesTarget and (scope := arguments.get("scope")) in (TargetScope.TERRITORY, TargetScope.PRODUCT):
        _target_must_be_of_something(journal, scope, arguments["key"], relies_on)
    elif root is AccountPlan:
        _goals_must_exist(journal, arguments)
    elif root is Subscription and isinstance(wanted := arguments.get("filter"), WantedFilter):
        territories = journal.known(Territories, policy_id("Territories"))
        named = {"filter": wanted.territories}
        _must_be_one_of("filter", territories, territories.territories, named, relies_on)


def _target_must_be_of_something(journal: Journal, scope: TargetScope, key: str, relies_on: dict[UUID, int]) -> None:
    """Refuse a target of a territory or product that is not there, as soon as any is defined."""
    if scope is TargetScope.TERRITORY:
        territories = journal.known(Territories, policy_id("Territories"))
        _must_be_one_of("territory", territories, territories.territories, {"territory": key}, relies_on)
    else:
        prices = journal.known(PriceList, policy_id("PriceList"))
        _must_be_one_of("products", prices, prices.products, {"products": key}, relies_on)


def see_that_they_can_merge(
    journal: Journal, account: UUID, arguments: dict[str, Any], relies_on: dict[UUID, int]
) -> None:
    """Refuse a merge that accounts forbid as they stand now; each that was looked at is relied on."""

    def account_of(each: UUID) -> Account:
        found = journal.known(Account, each)
        relies_on.setdefault(each, found.version)
        return found

    people, open_items = arguments["people"] or {}, arguments["open_items"] or {}
    must_be_mergeable(account, arguments["into"], people, open_items, account_of)


def _values(stated: Any) -> Iterator[Any]:
    """The values of a parameter; none where it is not stated, or clears."""
    if isinstance(stated, list | tuple):
        for each in stated:
            yield from [each.product] if isinstance(each, StockCount | OrderLine) else _values(each)
    elif isinstance(stated, PlannedVisit):
        yield stated.account
    elif isinstance(stated, MilestoneTerms):
        yield from _values(stated.owner)
    elif isinstance(stated, ObjectiveTerms):
        yield from _values(stated.goal)
    elif isinstance(stated, WantedFilter):
        yield from stated.accounts
    elif isinstance(stated, UUID) or (isinstance(stated, str) and stated):
        yield stated


def _must_exist(
    journal: Journal, parameter: str, kind: type[Aggregate], value: UUID, relies_on: dict[UUID, int]
) -> None:
    try:
        found = journal.known(kind, value)
    except NotFound:  # it is the identifier of something else
        raise ReferenceUnknown(parameter=parameter, kind=kind.__name__.lower(), value=value, known="") from None
    if not found.opened:
        relies_on.setdefault(value, found.version)
        raise ReferenceUnknown(parameter=parameter, kind=kind.__name__.lower(), value=value, known="")


def _deal_must_be_the_customers(journal: Journal, arguments: dict[str, Any], relies_on: dict[UUID, int]) -> None:
    """An issue comes from an opportunity of its own customer. One of another account is told like one that is not
    there: nobody learns of it."""
    deal_id, customer = arguments.get("opportunity"), arguments.get("account")
    if not isinstance(deal_id, UUID) or not isinstance(customer, UUID):
        return

    def account_of(each: UUID) -> Account:
        found = journal.known(Account, each)
        relies_on.setdefault(each, found.version)
        return found

    with suppress(NotFound):  # it is the identifier of something else
        deal = journal.known(Opportunity, deal_id)
        relies_on.setdefault(deal_id, deal.version)
        if deal.account and survivor(deal.account, account_of) == survivor(customer, account_of):
            return
    kind = say("opportunity of this account")
    raise ReferenceUnknown(parameter="opportunity", kind=kind, value=deal_id, known="")


def _goals_must_exist(journal: Journal, arguments: dict[str, Any]) -> None:
    """A goal belongs to a strategy of the company, which claims it."""
    for parameter in ("goal", "objectives"):
        for goal in _values(arguments.get(parameter)):
            if journal.streams.holder(Claim("goal", "", str(goal))) is None:
                raise ReferenceUnknown(parameter=parameter, kind="goal", value=goal, known="")


def _must_be_one_of(
    parameter: str, policy: Aggregate, defined: dict[str, Any], arguments: dict[str, Any], relies_on: dict[UUID, int]
) -> None:
    """As soon as any is defined; each policy that a value is looked up in is relied on."""
    for value in _values(arguments.get(parameter)):
        relies_on.setdefault(policy.id, policy.version)
        if defined and value not in defined:
            kind = "territory" if parameter in ("territory", "filter") else "product"
            known = f" (there are: {', '.join(sorted(defined))})"
            raise ReferenceUnknown(parameter=parameter, kind=kind, value=value, known=known)
