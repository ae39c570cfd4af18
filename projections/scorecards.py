"""The manager scorecard (客户经理): load, coverage, results and five dimensions of skill, from recorded facts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.member import Role
from domain.policies.calendar import Period, period, working_days_between
from domain.policies.skill_model import Measured, Proposal, SkillDimension, SkillMeasure
from domain.visibility import Visibility
from projections.balance import balance
from projections.deals import Filters, end_of
from projections.engine import Clock, as_of_sql
from projections.forecast import current_period
from projections.forecast_layers import calls
from projections.members import MEMBERS
from projections.reporting import Reporting, part_of
from projections.skill_facts import SkillFacts, total
from projections.skill_measures import measures_of, own_accounts
from projections.view import Listing, View
from projections.winning_facts import efforts

EXPLAINED_BY: dict[str, str] = {
    "satisfaction": "/health",
    "health": "/health",
    "map_coverage": "/health",
    "sentiment": "/health",
    "sla_met": "/issues",
    "commitments_kept": "/balance",
    "cadence_kept": "/visits/discipline",
    "logged_in_time": "/visits/discipline",
    "objectives_met": "/visits/discipline",
    "cost_per_won": "/cost-of-winning",
    "attainment": "/targets",
    "win_rate": "/funnel/conversion",
    "forecast_accuracy": "/forecast/calls",
}
"""Which question shows the events behind a measure one by one."""


class Load(msgspec.Struct, kw_only=True):
    """What a manager carries: accounts as of then, of them key accounts, and their open issues; open deals and what
    they are worth; visits planned and logged in the period, and its working days."""

    accounts: int
    key_accounts: int
    open_deals: int
    open_amount: Decimal
    visits_planned: int
    visits_logged: int
    open_issues: int
    working_days: int
    positions: list[int]


class Results(msgspec.Struct, kw_only=True):
    """What came of it in the period: deals won and lost, rates by count and by amount; cost of all that ended."""

    won: int
    lost: int
    win_rate: Decimal | None
    win_rate_by_amount: Decimal | None
    won_amount: Decimal
    target: Decimal | None
    attainment: Decimal | None
    positions: list[int]


class SkillStanding(msgspec.Struct, kw_only=True):
    """A dimension: the level that the rule of `proposal.edition` proposes with the measures behind it, and the level
    that was confirmed for the period, by whom, at which event; null where none was."""

    dimension: SkillDimension
    proposal: Proposal
    confirmed: int | None = None
    confirmed_by: UUID | None = None
    confirmed_by_name: str = ""
    position: int | None = None


class Scorecard(msgspec.Struct, kw_only=True):
    """A manager. `measures` are all that is measured; those without facts have no value."""

    member: UUID
    name: str
    load: Load
    results: Results
    measures: list[Measured]
    skills: list[SkillStanding]


class ScorecardsAnswer(Listing, kw_only=True):
    """Scorecards of a period, as of its end or of `as_of`, whichever is earlier. `explained_by` names the question that
    shows each figure's events one by one."""

    listed: ClassVar[str] = "scorecards"
    period: str
    scorecards: list[Scorecard]
    explained_by: dict[str, str] = msgspec.field(default_factory=EXPLAINED_BY.copy)
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


def scorecards(view: View, key: str = "", *, member: UUID | None = None) -> ScorecardsAnswer:
    """The scorecards of a period (default: the running quarter) of those whom the asker may see: a manager himself, a
    director those of his territories, who reads everything all. Raises NotFound for a member not to be seen."""
    days = period(view.policies.company, key or current_period(view))
    people = [each for each in seen(view) if member in (None, each)]
    if member is not None and not people:
        raise NotFound(kind="member", key=member)
    facts = facts_of(view, days)
    cards = [_Card(facts, each).made() for each in people]
    return ScorecardsAnswer(
        **view.head(),
        period=days.key,
        scorecards=sorted(cards, key=lambda card: (card.name, card.member)),
        missing_rates=_missing_rates(view, facts) if people else {},
    )


def _missing_rates(view: View, facts: SkillFacts) -> dict[str, int]:
    """Amounts without a rate by currency, of what the asker may see: those of others are not told of."""
    if view.visibility.everything:
        return facts.missing_rates
    own = View(view.connection, facts.view.clock, view.known, view.visibility, view.complete, view.supposed)
    reporting = Reporting(own)
    efforts(own, Filters(), None, reporting)
    said = calls(own, first=facts.days.first, last=facts.days.last)
    return {**balance(own, since=facts.days.first).missing_rates, **reporting.missing_rates, **said.missing_rates}


def propose(view: View, member: UUID, dimension: SkillDimension, key: str) -> Proposal:
    """What the rule says of a member's dimension in a period, from what is known in the view."""
    facts = facts_of(view, period(view.policies.company, key))
    model = facts.view.policies.skill_model
    return model.propose(dimension, measures_of(facts, member), view.clock.known_at)


def facts_of(view: View, days: Period) -> SkillFacts:
    """The facts of a period as of its end, or of `as_of` where that comes first: of all accounts, since a person is
    judged by the whole of what he did."""
    moment = min(view.clock.as_of, end_of(view, days.last))
    clock = Clock(moment, view.clock.known_at)
    whole = Visibility.whole(view.visibility.member)
    return SkillFacts(
        View(view.connection, clock, view.known, whole, view.complete, view.supposed), days, view.clock.as_of
    )


def seen(view: View) -> list[UUID]:
    """The managers whose figures the asker sees: judged by the assignments of now, like accounts."""
    who = view.visibility
    sql = f"select key from {MEMBERS.table} where kind = 1 and (%(all)s or key = %(me)s or territories && %(below)s)"
    asked: dict[str, Any] = {"all": who.everything, "me": who.member, "below": list(who.territories)}
    now = {key for (key,) in view.connection.execute(sql.encode(), asked)}
    then = as_of_sql(MEMBERS, "key", "%(role)s = any(roles) and not has_left")
    rows = view.connection.execute(then.encode(), view.parameters(role=Role.MANAGER.value))
    return sorted(key for (key,) in rows if key in now)


class _Card:
    """The scorecard of one manager."""

    def __init__(self, facts: SkillFacts, member: UUID) -> None:
        self._facts, self._member, self._view = facts, member, facts.view
        self._measures = measures_of(facts, member)

    def made(self) -> Scorecard:
        external_id, _ = self._facts.members.get(self._member, ("", ""))
        return Scorecard(
            member=self._member,
            name=external_id,
            load=self._load(),
            results=self._results(),
            measures=[self._measures[each] for each in SkillMeasure],
            skills=[self._standing(each) for each in SkillDimension],
        )

    def _load(self) -> Load:
        facts, days = self._facts, self._facts.days
        own, line = own_accounts(facts, self._member), facts.discipline.get(self._member)
        still_open = facts.open_deals.get(self._member, [])
        issues = [each for account in own for each in facts.issues.get(account, []) if each.is_open]
        assigned = [cause for _, _, cause in facts.accounts.get(self._member, [])]
        visits = [*line.kept.planned.positions, *line.kept.logged.positions] if line else []
        positions = [*assigned, *(each.position for each in still_open), *(each.position for each in issues), *visits]
        return Load(
            accounts=len(own),
            key_accounts=sum(bool(relationship) for _, relationship, _ in facts.accounts.get(self._member, [])),
            open_deals=len(still_open),
            open_amount=self._view.money(total(each.amount for each in still_open)),
            visits_planned=line.kept.planned.count if line else 0,
            visits_logged=line.kept.logged.count if line else 0,
            open_issues=len(issues),
            working_days=working_days_between(self._view.policies.company, days.first, days.last),
            positions=sorted(set(positions)),
        )

    def _results(self) -> Results:
        ended = self._facts.ended.get(self._member, [])
        won = [each for each in ended if each.won]
        amount, all_of_it = total(each.amount for each in won), total(each.amount for each in ended)
        quarters = self._facts.attainment.get(str(self._member), [])
        aimed = [each for each in quarters if each.target is not None]
        target = total(each.target for each in aimed) if aimed else None
        return Results(
            won=len(won),
            lost=len(ended) - len(won),
            win_rate=self._measures[SkillMeasure.WIN_RATE].value,
            win_rate_by_amount=part_of(amount, all_of_it),
            won_amount=self._view.money(amount),
            target=target,
            attainment=part_of(total(each.won for each in aimed), target),
            positions=[each.position for each in ended],
        )

    def _standing(self, dimension: SkillDimension) -> SkillStanding:
        facts, model = self._facts, self._view.policies.skill_model
        proposal = model.propose(dimension, self._measures, self._view.clock.known_at)
        confirmed = facts.confirmed.get((self._member, dimension.value))
        standing = SkillStanding(dimension=dimension, proposal=proposal)
        if confirmed is not None:
            standing.confirmed, standing.confirmed_by = confirmed.level, confirmed.confirmed_by
            standing.position = confirmed.position
        return standing
