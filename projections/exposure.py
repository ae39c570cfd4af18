"""Exposure (风险敞口): what is lost if this manager or this contact leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from uuid import UUID

from domain.errors import NotFound
from projections.exposure_answer import (
    DealAtRisk,
    Exposure,
    ExposureAnswer,
    Knowledge,
    OpenItem,
    OpenVisit,
    Side,
    Thread,
)
from projections.exposure_facts import customers
from projections.exposure_web import Web, at_risk, hangs_on, involved, knowledge, only_he_met, threads, web_of
from projections.view import View


def exposure(
    view: View, *, manager: UUID | None = None, contact: UUID | None = None, account: UUID | None = None
) -> ExposureAnswer:
    """What each manager and each contact carries alone, as of the view's clocks; or one of them, or at one account.

    Somebody of ours knows somebody of theirs who was assessed by him (with coverage), or met or contacted by him in
    the last 365 days. Raises NotFound for an account that is not there or not to be seen.
    """
    found, lacking = customers(view, view.leads_to(account) if account else None)
    if account is not None and not found:
        raise NotFound(kind="account", key=account)
    webs = [web_of(each) for each in found]
    contact = view.person(contact) if contact else None
    asked = manager is not None or contact is not None
    by_member, by_person = _by(webs, involved), _by(webs, lambda web: web.customer.people)
    members = [manager] if manager else [] if asked else list(by_member)
    people = [contact] if contact else [] if asked else list(by_person)
    exposures = [_of_manager(view, by_member.get(one, []), one) for one in members]
    exposures += [_of_contact(view, by_person.get(one, []), one) for one in people]
    shown = [each for each in exposures if asked or each.opportunities or each.single_threads or each.carries_alone]
    concerned = {one for each in exposures for one in each.accounts} if asked else {web.line.account for web in webs}
    lines = [web.line for web in webs if web.line.account in concerned]
    return ExposureAnswer(
        **view.head(),
        exposures=sorted(shown, key=lambda it: (-it.value, -len(it.single_threads), it.side, it.person)),
        accounts=sorted(lines, key=lambda it: (-(it.single_thread or 0), it.name, it.account)),
        missing_rates=lacking.rates,
        missing_prices=lacking.prices,
    )


def _by(webs: list[Web], who: Callable[[Web], Iterable[UUID]]) -> dict[UUID, list[Web]]:
    found: dict[UUID, list[Web]] = defaultdict(list)
    for web in webs:
        for one in who(web):
            found[one].append(web)
    return dict(found)


def _of_manager(view: View, mine: list[Web], member: UUID) -> Exposure:
    deals = [at_risk(view, web, deal, why, people) for web in mine for deal, why, people in only_he_met(web, member)]
    return _exposure(
        view,
        Side.MANAGER,
        member,
        mine,
        deals,
        [thread for web in mine for thread in threads(web, member=member)],
        knowledge(mine, member),
        [OpenVisit(v.visit, w.line.account, v.start, [v.position])
         for w in mine for v in w.customer.visits if member in v.members],
        [OpenItem(i.item, w.line.account, i.due_on, [i.position])
         for w in mine for i in w.customer.items if i.owner == member],
    )  # fmt: skip


def _of_contact(view: View, theirs: list[Web], person: UUID) -> Exposure:
    deals = [at_risk(view, web, deal, why, [person]) for web in theirs for deal, why in hangs_on(web, person)]
    return _exposure(
        view,
        Side.CONTACT,
        person,
        theirs,
        deals,
        [thread for web in theirs for thread in threads(web, stakeholder=person)],
        None,
        [OpenVisit(v.visit, w.line.account, v.start, [v.position])
         for w in theirs for v in w.customer.visits if person in v.stakeholders],
        [],
    )  # fmt: skip


def _exposure(
    view: View,
    side: Side,
    person: UUID,
    webs: list[Web],
    deals: list[DealAtRisk],
    single: list[Thread],
    known: Knowledge | None,
    visits: list[OpenVisit],
    items: list[OpenItem],
) -> Exposure:
    return Exposure(
        side=side,
        person=person,
        accounts=sorted(web.line.account for web in webs),
        value=view.money(sum((deal.value for deal in deals if deal.value is not None), Decimal(0))),
        weighted=view.money(sum((deal.weighted for deal in deals if deal.weighted is not None), Decimal(0))),
        opportunities=sorted(deals, key=lambda deal: (-(deal.value or 0), deal.opportunity)),
        single_threads=single,
        carries_alone=sorted(web.line.account for web in webs if person in web.line.carried_by),
        knowledge=known,
        visits=visits,
        action_items=items,
    )
