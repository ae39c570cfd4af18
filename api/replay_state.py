"""What an account was at a step of its replay: read from the folded states alone, so that a step costs next to
nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from api.account_page import Person
from api.account_team import TeamLine
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.sealed import Sealed

Open = Callable[[Sealed, str], str | None]


class DealState(msgspec.Struct):
    """An opportunity at a step; `amount` is what was signed, or else expected."""

    opportunity: UUID
    external_id: str
    title: str
    stage: str
    outcome: str
    amount: Money | None
    close_on: date | None
    category: str | None
    owner: UUID | None
    owner_name: str | None


class ReplayState(msgspec.Struct):
    """An account with those that had ended in it, and their opportunities, after a step; `open` counts its planned
    visits and what else is open. Names are there for those who may read them."""

    profile: dict[str, Any]
    manager: UUID | None
    manager_name: str | None
    relationship_type: str | None
    merged_into: UUID | None
    people: list[Person]
    team: list[TeamLine]
    open: dict[str, int]
    opportunities: list[DealState]


OPEN = ("action_items", "needs", "commitments", "joint_activities", "payments")


def replay_state(
    account: UUID,
    states: Iterable[Aggregate],
    titles: Mapping[UUID, tuple[str, str]],
    names: Mapping[UUID, str],
    opened: Open,
) -> ReplayState:
    """The state of an account from the states of the streams; `titles` are external id and title of opportunities."""
    found = list(states)
    accounts = sorted(
        (each for each in found if isinstance(each, Account)), key=lambda one: (one.id != account, one.id)
    )
    first = accounts[0] if accounts and accounts[0].id == account else Account(id=account)
    profile = {name: value for name, value in msgspec.structs.asdict(first.profile).items() if value not in ("", None)}
    standing = first.standing.relationship_type
    return ReplayState(
        profile=profile,
        manager=first.manager,
        manager_name=names.get(first.manager) if first.manager else None,
        relationship_type=standing.value if standing else None,
        merged_into=first.merged.into if first.merged else None,
        people=[
            Person(key, opened(person.name, "name"), person.title)
            for each in accounts
            for key, person in each.stakeholders.people.items()
            if person.present
        ],
        team=_team(accounts, names),
        open=_open(accounts),
        opportunities=_deals(found, titles, names),
    )


def _team(accounts: list[Account], names: Mapping[UUID, str]) -> list[TeamLine]:
    return [
        TeamLine(
            member,
            place.function,
            place.counterpart,
            names.get(member),
            names.get(place.counterpart) if place.counterpart else None,
        )
        for each in accounts
        for member, place in each.team.places.items()
    ]


def _open(accounts: list[Account]) -> dict[str, int]:
    counts = {"visits": sum(len(each.visits.planned) for each in accounts)}
    for part in OPEN:
        counts[part] = sum(len(getattr(each, part).open) for each in accounts)
    return {part: count for part, count in counts.items() if count}


def _deals(
    states: list[Aggregate], titles: Mapping[UUID, tuple[str, str]], names: Mapping[UUID, str]
) -> list[DealState]:
    lines = []
    for deal in states:
        if not isinstance(deal, Opportunity):
            continue
        external_id, title = titles.get(deal.id, ("", ""))
        amount = deal.ending.signed if deal.ending and deal.ending.signed else deal.amount
        lines.append(
            DealState(
                deal.id,
                external_id,
                title,
                deal.stage,
                deal.ending.outcome.value if deal.ending else "",
                amount,
                deal.close_on,
                deal.category.value if deal.category else None,
                deal.owner,
                names.get(deal.owner) if deal.owner else None,
            )
        )
    return sorted(lines, key=lambda line: (line.outcome != "", str(line.close_on), line.external_id, line.opportunity))
