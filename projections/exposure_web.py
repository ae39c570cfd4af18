"""Who of ours and theirs hangs together at one customer, and what hangs on one person there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import msgspec

from domain.opportunity.buyers import BuyerRole, Support
from projections.exposure_answer import AccountThread, AtRisk, DealAtRisk, Knowledge, Thread
from projections.exposure_facts import Customer, OpenDeal, Stand, ties_of
from projections.threads import single_thread
from projections.view import View

FOR_US = (Support.MENTOR, Support.SUPPORTER)


class Web(msgspec.Struct):
    """A customer with who knows whom by which events."""

    customer: Customer
    known: dict[UUID, dict[UUID, list[int]]]
    line: AccountThread

    @property
    def members(self) -> set[UUID]:
        """Who of ours knows anybody there."""
        return {member for knowing in self.known.values() for member in knowing}

    def positions(self, people: Iterable[UUID]) -> list[int]:
        """The events by which anybody of ours knows these people."""
        return sorted({each for one in people for told in self.known.get(one, {}).values() for each in told})


def web_of(customer: Customer) -> Web:
    """Who knows whom at a customer."""
    known: dict[UUID, dict[UUID, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (member, person), position in customer.assessed.items():
        known[person][member].append(position)
    for touch in customer.touches:
        for person in touch.stakeholders:
            for member in touch.members:
                known[person][member].append(touch.position)
    plain = {person: dict(knowing) for person, knowing in known.items()}
    members = {member for knowing in plain.values() for member in knowing}
    alone = sorted(members) + sorted(plain) if len(members) == len(plain) == 1 else []
    line = AccountThread(
        customer.account,
        customer.external_id,
        customer.name,
        customer.manager,
        single_thread(ties_of(customer)),
        len(members),
        len(plain),
        alone,
        sorted({each for knowing in plain.values() for told in knowing.values() for each in told}),
    )
    return Web(customer, plain, line)


def involved(web: Web) -> set[UUID]:
    """Those of ours who know anybody there, manage the account, go there or have something to do for it."""
    customer = web.customer
    busy = {member for visit in customer.visits for member in visit.members} | {item.owner for item in customer.items}
    return {member for member in (customer.manager, *busy, *web.members) if member is not None}


def only_he_met(web: Web, member: UUID) -> Iterable[tuple[OpenDeal, list[AtRisk], list[UUID]]]:
    """The deals whose buyers, or where none is mapped the customer's people, nobody else of ours knows."""
    for deal in web.customer.deals:
        mapped = [stand.stakeholder for stand in web.customer.stands.get(deal.opportunity, [])]
        people = mapped or list(web.known)
        if {one for person in people for one in web.known.get(person, {})} == {member}:
            yield deal, [AtRisk.ONLY_ONE_WHO_MET_BUYERS if mapped else AtRisk.ONLY_ONE_WHO_MET_ANYBODY], people


def hangs_on(web: Web, person: UUID) -> Iterable[tuple[OpenDeal, list[AtRisk]]]:
    """The deals where this contact is the only one for us, the only approver, or the only person whom we know."""
    for deal in web.customer.deals:
        stands = web.customer.stands.get(deal.opportunity, [])
        only = {
            AtRisk.ONLY_SUPPORTER: _those(stand for stand in stands if stand.support in FOR_US),
            AtRisk.ONLY_APPROVER: _those(stand for stand in stands if stand.role is BuyerRole.APPROVER),
            AtRisk.ONLY_CONTACT: set(web.known),
        }
        if why := [reason for reason, people in only.items() if people == {person}]:
            yield deal, why


def _those(stands: Iterable[Stand]) -> set[UUID]:
    return {stand.stakeholder for stand in stands}


def at_risk(view: View, web: Web, deal: OpenDeal, why: list[AtRisk], people: list[UUID]) -> DealAtRisk:
    stands = web.customer.stands.get(deal.opportunity, [])
    behind = {deal.position, *web.positions(people), *(each.position for each in stands if each.stakeholder in people)}
    value = None if deal.value is None else view.money(deal.value)
    weighted = None if deal.weighted is None else view.money(deal.weighted)
    return DealAtRisk(deal.opportunity, web.line.account, why, value, weighted, sorted(behind))


def threads(web: Web, *, member: UUID | None = None, stakeholder: UUID | None = None) -> Iterable[Thread]:
    """The people whom one of ours alone knows: through this member, or this stakeholder."""
    for person in sorted(web.known):
        knowing = web.known[person]
        if len(knowing) == 1 and stakeholder in (None, person):
            ((one, positions),) = knowing.items()
            if member in (None, one):
                yield Thread(web.line.account, one, person, sorted(positions))


def knowledge(webs: list[Web], member: UUID) -> Knowledge:
    alone: list[Thread] = []
    for web in webs:
        by_person: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        for (one, person), position in web.customer.assessed.items():
            by_person[person][one] = position
        alone += [
            Thread(web.line.account, member, person, [assessors[member]])
            for person, assessors in sorted(by_person.items())
            if assessors.keys() == {member}
        ]
    touched = [web for web in webs if any(member in touch.members for touch in web.customer.touches)]
    touches = [touch for web in touched for touch in web.customer.touches if touch.members]
    by_him = [touch.position for touch in touches if touch.members == {member}]
    share = round(len(by_him) / len(touches), 3) if touches else None
    return Knowledge(alone, len(touches), len(by_him), share, sorted(by_him))
