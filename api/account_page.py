"""One account as it stood: its state at the clocks, its opportunities, its latest facts, names opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from api.account_team import ItemLine, TeamLine, action_items_of, team_of
from domain.account.account import Account
from domain.aggregate import Recorded, fold
from domain.journal.journal import Journal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.sealed import Sealed
from projections.engine import as_of_sql
from projections.opportunities import FUNNEL
from projections.view import Answer, View

LATEST = 20


class Person(msgspec.Struct):
    """A stakeholder as the asker may read them."""

    stakeholder: UUID
    name: str | None
    title: str | None


class DealLine(msgspec.Struct):
    """An opportunity of the account; `amount` is what was signed, or else expected: in its own currency, or null."""

    opportunity: UUID
    external_id: str
    title: str
    stage: str
    outcome: str
    amount: Money | None
    close_on: date | None


class Line(msgspec.Struct):
    """A fact of the account."""

    position: int
    occurred_at: datetime
    fact: str


class AccountPage(Answer, kw_only=True):
    """An account as of the view's clocks, with those that were merged into it (`merged_with`): their people,
    opportunities and facts are its own. `merged_into` says where one leads that ended itself."""

    account: UUID
    external_id: str
    version: int
    profile: dict[str, Any]
    manager: UUID | None
    relationship_type: str | None
    merged_into: UUID | None
    merged_with: list[UUID]
    people: list[Person]
    team: list[TeamLine]
    action_items: list[ItemLine]
    opportunities: list[DealLine]
    latest: list[Line]


def account_page(journal: Journal, view: View, account_id: UUID) -> AccountPage:
    """The page of an account that the asker may see; the caller has looked it up with the same view."""
    history = known(journal.streams.history(account_id), view)
    account = fold(Account, account_id, history)
    together = view.together(account_id)
    histories = journal.streams.histories([one for one in together if one != account_id])
    others = {key: known(each, view) for key, each in histories.items()}
    everything = [*history, *(fact for each in others.values() for fact in each)]
    states = [account, *(fold(Account, key, each) for key, each in others.items())]
    latest = sorted(everything, key=lambda fact: (fact.occurred_at, fact.position))[-LATEST:]
    stated = {name: value for name, value in msgspec.structs.asdict(account.profile).items() if value not in ("", None)}
    return AccountPage(
        **view.head(),
        account=account_id,
        external_id=account.external_id,
        version=account.version,
        profile=stated,
        manager=account.manager,
        relationship_type=account.standing.relationship_type,
        merged_into=view.merged.get(account_id),
        merged_with=[one for one in together if one != account_id],
        people=_people(journal, view, everything),
        team=team_of(journal, view, states),
        action_items=action_items_of(journal, view, states),
        opportunities=_opportunities(journal, view, together),
        latest=[Line(fact.position, fact.occurred_at, fact.event.topic) for fact in reversed(latest)],
    )


def known(history: list[Recorded], view: View) -> list[Recorded]:
    """What had happened by `as_of`, and was recorded and not withdrawn by `known_at`."""
    from domain.aggregate import in_business_order

    recorded = [fact for fact in history if fact.position <= view.clock.known_at]
    return [fact for fact in in_business_order(recorded) if fact.occurred_at <= view.clock.as_of]


def _people(journal: Journal, view: View, history: list[Recorded]) -> list[Person]:
    """Everybody who was added and has not left, with the newest name and title."""
    found: dict[UUID, Person] = {}
    for fact in history:
        stakeholder = getattr(fact.event, "stakeholder_id", None)
        if not isinstance(stakeholder, UUID):
            continue
        if fact.event.topic == "Account.StakeholderLeft":
            found.pop(stakeholder, None)
            continue
        person = found.setdefault(stakeholder, Person(stakeholder, None, None))
        for field in ("name", "title"):
            value = getattr(fact.event, field, None)
            if isinstance(value, Sealed) and view.visibility.personal:
                setattr(person, field, journal.people.open(value, field))
            elif isinstance(value, str):
                setattr(person, field, value)
    return [person for person in found.values() if view.same_people.get(person.stakeholder) not in found]


def _opportunities(journal: Journal, view: View, accounts: list[UUID]) -> list[DealLine]:
    sql = as_of_sql(FUNNEL, "key", "account = any(%(accounts)s)", only_open=False)
    keys = [key for (key,) in view.connection.execute(sql.encode(), view.parameters(accounts=accounts))]
    lines = []
    for key, history in journal.streams.histories(keys).items():
        deal = fold(Opportunity, key, known(history, view))
        opened = next(fact.event for fact in history if fact.event.opens)
        external_id, title = getattr(opened, "external_id", ""), getattr(opened, "title", "")
        outcome = deal.ending.outcome.value if deal.ending else ""
        amount = deal.ending.signed if deal.ending and deal.ending.signed else deal.amount
        lines.append(DealLine(key, external_id, title, deal.stage, outcome, amount, deal.close_on))
    return sorted(lines, key=lambda line: (line.outcome != "", str(line.close_on), line.external_id))
