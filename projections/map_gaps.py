"""Gaps in a decision map: whom we do not know, do not reach, or should fear. Pure functions of facts and a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from itertools import product
from uuid import UUID

import msgspec

from domain.account.person import Coverage, Level, PoliticalStatus
from domain.language.catalogue import say, term
from domain.opportunity.buyers import BuyerRole, Support
from projections.map_facts import MapFacts, Stand
from projections.trails import Trail

SEATS = (BuyerRole.APPROVER, BuyerRole.DECISION_MAKER)
AGAINST = {Support.NON_SUPPORTER: "a non-supporter", Support.ENEMY: "an enemy"}
RISING = tuple(Level)


class Deal(msgspec.Struct):
    """An opportunity of the map; `outcome` is empty while it is open; the title is put in at the door."""

    id: UUID
    account: UUID
    stage: str
    outcome: str
    positions: list[int]
    title: str = ""
    external_id: str = ""


class Gap(msgspec.Struct, frozen=True):
    """What is missing: the rule, about whom (and whose influence), on which opportunity, why, and what shows it."""

    rule: str
    stakeholder: UUID | None
    opportunity: UUID | None
    reason: str
    positions: list[int]
    to: UUID | None = None


def gaps(facts: MapFacts, deals: list[Deal], cadence_days: int, now: datetime) -> list[Gap]:
    """All gaps: of each open opportunity, then of the customer. An opportunity that has ended has none."""
    found: list[Gap] = []
    for deal in deals:
        if not deal.outcome:
            stands = facts.stands_on(deal.id)
            found += _empty_seats(deal, stands)
            found += _left(facts, deal)
            found += _without_coverage(facts, stands)
            found += _not_met(facts, stands, cadence_days, now)
            found += _opponents_near_the_approver(facts, stands)
    return [*found, *_inner_circle(facts), *_levels(facts)]


Stands = list[tuple[Stand, Trail[Stand]]]


def _empty_seats(deal: Deal, stands: Stands) -> Iterator[Gap]:
    """No approver, or no decision maker, among those who are there: everybody who is mapped shows it."""
    positions = sorted({*deal.positions, *(each for _, trail in stands for each in trail.begun("role"))})
    for role in SEATS:
        if all(stand.role is not role for stand, _ in stands):
            yield Gap(f"no_{role.value}", None, deal.id, say("nobody is mapped as {role}", role=_word(role)), positions)


def _left(facts: MapFacts, deal: Deal) -> Iterator[Gap]:
    for (opportunity, who), trail in facts.stands.items():
        person = facts.people.get(who)
        if opportunity == deal.id and trail.now and person and not (person.now and person.now.present):
            positions = [*trail.begun("role"), *person.begun("present")]
            yield Gap(
                "mapped_person_left", who, deal.id, say("the {role} has left", role=_word(trail.now.role)), positions
            )


def _without_coverage(facts: MapFacts, stands: Stands) -> Iterator[Gap]:
    """Approver or decision maker with whom none of ours has contact: no relationship, or coverage none in all."""
    for stand, trail in stands:
        near = facts.nearness_of(stand.stakeholder)
        if stand.role in SEATS and all(each.coverage is Coverage.NONE for each, _ in near):
            positions = [*trail.begun("role"), *(at for _, each in near for at in each.begun("coverage"))]
            reason = say("none of ours covers the {role}", role=_word(stand.role))
            yield Gap("seat_without_coverage", stand.stakeholder, stand.opportunity, reason, sorted(positions))


def _not_met(facts: MapFacts, stands: Stands, cadence_days: int, now: datetime) -> Iterator[Gap]:
    """Approver, or key player, whom nobody has visited within the cadence of the relationship type."""
    for stand, trail in stands:
        is_approver = stand.role is BuyerRole.APPROVER
        if not (is_approver or stand.key_player):
            continue
        met = facts.met.get(stand.stakeholder)
        days = (now - met.at).days if met else None
        if days is None or days > cadence_days:
            who = say("approver") if is_approver else say("key player")
            last = (
                say("the {who} was never met", who=who)
                if days is None
                else say("the {who} was not met for {days} [day|days]", who=who, days=days)
            )
            positions = [*trail.begun("role" if is_approver else "key_player"), *([met.position] if met else [])]
            rule = "approver_not_met" if is_approver else "key_player_not_met"
            reason = say("{last}; the cadence is {cadence_days} [day|days]", last=last, cadence_days=cadence_days)
            yield Gap(rule, stand.stakeholder, stand.opportunity, reason, sorted(positions))


def _opponents_near_the_approver(facts: MapFacts, stands: Stands) -> Iterator[Gap]:
    """Who is against us and has influence on the one who approves, of whatever kind."""
    approvers = [(stand, trail) for stand, trail in stands if stand.role is BuyerRole.APPROVER]
    against = [(stand, trail) for stand, trail in stands if stand.support in AGAINST]
    for (stand, trail), (approver, approving) in product(against, approvers):
        for influence, edge in facts.influences_between(stand.stakeholder, approver.stakeholder):
            who = say(AGAINST[stand.support])
            reason = say(
                "{who} {influence} the approver, strength {strength}",
                who=who,
                influence=_word(influence.influence),
                strength=influence.strength,
            )
            positions = sorted({*trail.begun("support"), *approving.begun("role"), *edge.begun("strength")})
            rule, to = "opponent_influences_approver", approver.stakeholder
            yield Gap(rule, stand.stakeholder, stand.opportunity, reason, positions, to)


def _inner_circle(facts: MapFacts) -> Iterator[Gap]:
    """A person of the inner circle to whom none of ours has a relationship."""
    for who in facts.there:
        trail = facts.people[who]
        if trail.now and trail.now.political is PoliticalStatus.INNER_CIRCLE and not facts.nearness_of(who):
            reason = say("of the inner circle, and none of ours has a relationship")
            yield Gap("inner_circle_without_relationship", who, None, reason, trail.begun("political"))


def _levels(facts: MapFacts) -> Iterator[Gap]:
    """A person to whom none of ours is as near as he should be; the nearest shows it."""
    for who in facts.there:
        wanted = [(near, trail) for near, trail in facts.nearness_of(who) if near.desired]
        if wanted and all(RISING.index(near.level) < RISING.index(near.desired or near.level) for near, _ in wanted):
            near, trail = max(wanted, key=lambda each: (RISING.index(each[0].level), each[1].steps[-1].at))
            reason = say(
                "{level}, should be {desired}", level=_word(near.level), desired=_word(near.desired or near.level)
            )
            yield Gap("desired_level_not_reached", who, None, reason, trail.begun("level", "desired"))


def _word(value: StrEnum) -> str:
    return term(type(value).__name__, value.value)
