"""The team around an account and what it has to do, as an account's page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import msgspec

from api.names import member_names, opening, stakeholder_names
from domain.account.account import Account
from domain.account.team import TeamFunction
from domain.journal.journal import Journal
from projections.view import View


class TeamLine(msgspec.Struct):
    """A member of the team, his function and the stakeholder whom he faces; names for those who may read them."""

    member: UUID
    function: TeamFunction
    counterpart: UUID | None
    name: str | None
    counterpart_name: str | None


class ItemLine(msgspec.Struct):
    """An open action item of a member or an inside department; text and name for those who may read them."""

    item: UUID
    text: str | None
    owner: UUID | None
    owner_name: str | None
    department: str
    due_on: date | None
    visit: UUID | None
    opportunity: UUID | None


def team_of(journal: Journal, view: View, accounts: Iterable[Account]) -> list[TeamLine]:
    """Who of ours works for a customer, by function."""
    found = list(accounts)
    names, theirs = member_names(journal, view), stakeholder_names(journal, view, [each.id for each in found])
    lines = [
        TeamLine(
            member,
            place.function,
            place.counterpart,
            names.get(member),
            theirs.get(place.counterpart) if place.counterpart else None,
        )
        for account in found
        for member, place in account.team.places.items()
    ]
    return sorted(lines, key=lambda line: (line.function, line.member))


def action_items_of(journal: Journal, view: View, accounts: Iterable[Account]) -> list[ItemLine]:
    """What is to be done for a customer, the earliest due first, without a day last."""
    names, opened = member_names(journal, view), opening(journal, view)
    lines = [
        ItemLine(
            key,
            opened(item.text, "text"),
            item.owner,
            names.get(item.owner) if item.owner else None,
            item.department,
            item.due_on,
            item.visit,
            item.opportunity,
        )
        for account in accounts
        for key, item in account.action_items.open.items()
        if not view.goes_on_elsewhere(account.id, key)
    ]
    return sorted(lines, key=lambda line: (line.due_on or date.max, line.item))
