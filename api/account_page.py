"""One account as it stood (客户档案): profile, people, team, what is open, figures, timeline; names opened."""

from __future__ import annotations

from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec

from api.account_team import ItemLine, TeamLine, action_items_of, team_of
from api.names import member_names, opening, stakeholder_names, with_members
from api.process_words import process_words
from api.timeline import TimelineLine, timeline
from domain.account.account import Account
from domain.aggregate import Recorded, fold, in_business_order
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.sealed import Sealed
from projections.account_facts import company_facts
from projections.account_figures import (
    CreditLine,
    PlanShare,
    SatisfactionLine,
    credit_of,
    opportunities_of,
    plan_shares,
    satisfaction_of,
)
from projections.buying import AccountBuying, buying_of
from projections.names import account_names
from projections.open_items import OpenItem, OpenItemKind, open_items
from projections.partner_answer import PartnerStanding
from projections.plan_progress import PlanLine, plans
from projections.programmes import partner_of
from projections.view import Answer, View

LATEST = 20
SEALED_UNDER = {
    OpenItemKind.ACTION_ITEM: "text",
    OpenItemKind.COMMITMENT: "what",
    OpenItemKind.NEED: "words",
    OpenItemKind.ISSUE: "description",
    OpenItemKind.DEPARTMENT_REQUEST: "what",
}
"""The fields of commands in which the words of open items were sealed."""


class Person(msgspec.Struct):
    """A stakeholder as the asker may read them."""

    stakeholder: UUID
    name: str | None
    title: str | None
    forgotten: bool = False

    @property
    def shown(self) -> str:
        """The name, or why there is none."""
        return self.name or say("(forgotten)" if self.forgotten else "(sealed)")


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


class OpenLine(msgspec.Struct):
    """Something open (see `projections.open_items`), its words opened for those who may read them."""

    kind: OpenItemKind
    id: UUID | None
    account: UUID
    due: date | None
    overdue: bool
    whose: UUID | None
    text: str
    position: int


class AccountPage(Answer, kw_only=True):
    """An account (客户档案) as of the view's clocks, with those that were merged into it (`merged_with`): their people,
    opportunities and facts are its own. `merged_into` says where one leads that ended itself.

    `purchases` is its buying behaviour of the last 365 days, payments included, null until the read models have it;
    `plan` what is reached of its targets in the quarter and the fiscal year; `programmes` where it stands in partner
    programmes; `plans` its account plans, the newest year first; `timeline` the newest facts of it and its
    opportunities, `timeline_next` what to state as `before` for the page that follows.
    """

    account: UUID
    external_id: str
    version: int
    profile: dict[str, Any]
    manager: UUID | None
    manager_name: str | None
    relationship_type: str | None
    merged_into: UUID | None
    merged_into_name: str | None
    merged_on: datetime | None
    merged_with: list[UUID]
    people: list[Person]
    team: list[TeamLine]
    action_items: list[ItemLine]
    opportunities: list[DealLine]
    open_items: list[OpenLine]
    purchases: AccountBuying | None
    credit: CreditLine | None
    satisfaction: list[SatisfactionLine]
    plan: list[PlanShare]
    programmes: list[PartnerStanding]
    plans: list[PlanLine]
    latest: list[Line]
    timeline: list[TimelineLine]
    timeline_next: int | None


def account_page(
    journal: Journal, view: View, account_id: UUID, *, limit: int = LATEST, before: int | None = None
) -> AccountPage:
    """The page of an account that the asker may see; the caller has looked it up with the same view. Raises Malformed
    for a `before` that is none."""
    history = known(journal.streams.history(account_id), view)
    account = fold(Account, account_id, history)
    together = view.together(account_id)
    histories = journal.streams.histories([one for one in together if one != account_id])
    others = {key: known(each, view) for key, each in histories.items()}
    everything = [*history, *(fact for each in others.values() for fact in each)]
    states = [account, *(fold(Account, key, each) for key, each in others.items())]
    latest = sorted(everything, key=lambda fact: (fact.occurred_at, fact.position))[-LATEST:]
    stated = {name: value for name, value in msgspec.structs.asdict(account.profile).items() if value not in ("", None)}
    deals = {
        key: known(facts, view) for key, facts in journal.streams.histories(opportunities_of(view, together)).items()
    }
    told = chain(*deals.values(), *(known(facts, view) for facts in company_facts(view, together).values()))
    lines, following = _timeline(journal, view, together, [*everything, *told], limit, before)
    into = view.merged.get(account_id)
    managers = [account.manager] if account.manager else []
    return AccountPage(
        **view.head(),
        account=account_id,
        external_id=account.external_id,
        version=account.version,
        profile=stated,
        manager=account.manager,
        manager_name=next(iter(with_members(journal, view, {}, managers).values()), None),
        relationship_type=account.standing.relationship_type,
        merged_into=into,
        merged_into_name=account_names(view, [into]).get(into) if into else None,
        merged_on=_merged_on(history) if into else None,
        merged_with=[one for one in together if one != account_id],
        people=_people(journal, view, everything),
        team=team_of(journal, view, states),
        action_items=action_items_of(journal, view, states),
        opportunities=_opportunities(deals),
        open_items=[_item(journal, view, each) for each in open_items(view, together)],
        purchases=next(iter(buying_of(view, account_id).accounts), None),
        credit=credit_of(view, together),
        satisfaction=satisfaction_of(view, together),
        plan=plan_shares(view, account_id),
        programmes=partner_of(view, together, opening(journal, view)),
        plans=plans(view, account=account_id, every=True).plans,
        latest=[Line(fact.position, fact.occurred_at, fact.event.topic) for fact in reversed(latest)],
        timeline=lines,
        timeline_next=following,
    )


def _timeline(
    journal: Journal, view: View, together: list[UUID], facts: list[Recorded], limit: int, before: int | None
) -> tuple[list[TimelineLine], int | None]:
    members = with_members(journal, view, member_names(journal, view), {fact.actor for fact in facts if fact.actor})
    names = {**members, **stakeholder_names(journal, view, together), **_gone_into(view, facts)}
    return timeline(facts, limit, before, names, opening(journal, view), process_words(view))


def _gone_into(view: View, facts: list[Recorded]) -> dict[UUID, str]:
    """The names of the accounts into which one was merged, among those that the asker sees."""
    into = {fact.event.into for fact in facts if isinstance(fact.event, Account.AccountsMerged)}
    return account_names(view, into) if into else {}


def _merged_on(history: list[Recorded]) -> datetime | None:
    merges = [fact.occurred_at for fact in history if isinstance(fact.event, Account.AccountsMerged)]
    return merges[-1] if merges else None


def _item(journal: Journal, view: View, item: OpenItem) -> OpenLine:
    field = SEALED_UNDER.get(item.kind)
    words = opening(journal, view)(item.words, field) if item.words and field else None
    text = words or item.text.replace("_", " ")
    return OpenLine(item.kind, item.id, item.account, item.due, item.overdue, item.whose, text, item.position)


def known(history: list[Recorded], view: View) -> list[Recorded]:
    """What had happened by `as_of`, and was recorded and not withdrawn by `known_at`."""
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
        person = found.setdefault(
            stakeholder, Person(stakeholder, None, None, journal.people.was_forgotten(stakeholder))
        )
        for field in ("name", "title"):
            value = getattr(fact.event, field, None)
            if isinstance(value, Sealed):
                setattr(person, field, opening(journal, view)(value, field))
            elif isinstance(value, str):
                setattr(person, field, value)
    return [person for person in found.values() if view.same_people.get(person.stakeholder) not in found]


def _opportunities(deals: dict[UUID, list[Recorded]]) -> list[DealLine]:
    lines = []
    for key, history in deals.items():
        deal = fold(Opportunity, key, history)
        opened = next((fact.event for fact in history if fact.event.opens), None)
        external_id, title = getattr(opened, "external_id", ""), getattr(opened, "title", "")
        outcome = deal.ending.outcome.value if deal.ending else ""
        amount = deal.ending.signed if deal.ending and deal.ending.signed else deal.amount
        lines.append(DealLine(key, external_id, title, deal.stage, outcome, amount, deal.close_on))
    return sorted(lines, key=lambda line: (line.outcome != "", str(line.close_on), line.external_id))
