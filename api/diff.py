"""Diff (差异): what changed between two moments, or between two states of knowledge about one moment.

Auditors and admins ask it: it follows no assignment, and shows everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from uuid import UUID

from api.fact_lines import FactLine, Teller
from api.names import member_names, stakeholder_names, with_members
from api.replay import titles_of
from api.replay_state import Open
from api.thing_words import thing_words
from domain.aggregate import Recorded
from domain.belonging import account_named
from domain.history import History, Step, learned
from domain.journal.journal import Journal
from domain.language.catalogue import say
from projections.account_facts import account_histories, company_titles
from projections.accounts import ACCOUNTS
from projections.bridge import BridgeAnswer, bridge
from projections.deals import Filters, below
from projections.engine import as_of_sql
from projections.forecast import current_period
from projections.forecast_change import ForecastChange, forecast_change
from projections.health_moved import AccountMove, moved
from projections.known_bridge import known_bridge
from projections.names import account_names
from projections.view import Answer, KnownAt, View


class DiffAnswer(Answer, kw_only=True):
    """What changed from `since`, known at `known_since`, to `as_of`, known at `known_at`: one of the two differs.

    `bridge` is of the open amount, `forecast` of the period's figures: both close to the cent and name the events of
    each contribution; `health` are the accounts whose health moved, and by what. `facts` are what happened in between
    (or became known, withdrawals included), of the account that was asked for, or of the opportunities that
    contribute, in business order; `not_shown` counts those beyond the limit.
    """

    since: datetime
    known_since: KnownAt
    bridge: BridgeAnswer
    forecast: ForecastChange
    health: list[AccountMove]
    facts: list[FactLine]
    not_shown: int


class Diff:
    """A diff of two views, and the words in which it is told."""

    def __init__(
        self, journal: Journal, then: View, now: View, filters: Filters, opened: Open, *, limit: int | None = None
    ) -> None:
        self._then, self._now, self._filters = then, now, filters
        self.of_account = filters.account is not None
        self._of_knowledge = then.clock.as_of == now.clock.as_of
        self._bridge = (known_bridge if self._of_knowledge else bridge)(then, now, filters)
        key = filters.period or current_period(now)
        self._forecast = forecast_change(then, now, key, filters)
        told = self._told(journal)
        self._titles = titles_of(told) | company_titles(now, told)
        self.teller = Teller(self._names(journal, told), opened, thing_words(now), chain.from_iterable(told.values()))
        self.answer = self._answered(told, limit)

    def _told(self, journal: Journal) -> dict[UUID, list[Recorded]]:
        if self._filters.account:
            return account_histories(journal, self._now, self._now.together(self._filters.account))
        items = {item.opportunity for item in self._bridge.items}
        return journal.streams.histories(sorted(items | {move.opportunity for move in self._forecast.moves}))

    def _answered(self, told: dict[UUID, list[Recorded]], limit: int | None) -> DiffAnswer:
        facts = [*(self._late(told) if self._of_knowledge else self._between(told))]
        shown = facts if limit is None else facts[:limit]
        return DiffAnswer(
            **self._now.head(),
            since=self._then.clock.as_of,
            known_since=self._then.known,
            bridge=self._bridge,
            forecast=self._forecast,
            health=self._health(),
            facts=shown,
            not_shown=len(facts) - len(shown),
        )

    def _between(self, told: dict[UUID, list[Recorded]]) -> Iterable[FactLine]:
        history = History(told, self._now.clock.as_of, self._now.clock.known_at)
        for number, step in enumerate(history.steps, start=1):
            if step.fact.occurred_at > self._then.clock.as_of:
                yield self.teller.line(step, history.changes(number))

    def _late(self, told: dict[UUID, list[Recorded]]) -> Iterable[FactLine]:
        as_of = self._now.clock.as_of
        then, now = (History(told, as_of, view.clock.known_at) for view in (self._then, self._now))
        found = learned(then, now)
        withdrawals = [Step(step.withdrawn_by) for step in found.withdrawn if step.withdrawn_by]
        steps = [*found.late, *found.withdrawn, *withdrawals]
        for step in sorted(steps, key=lambda each: (each.fact.occurred_at, each.fact.position)):
            history = then if step.withdrawn_by else now
            number = None if step.withdraws else history.number_of(step.fact.position)
            yield self.teller.line(step, history.changes(number) if number else ())

    def _health(self) -> list[AccountMove]:
        moves = moved(self._then, self._now, self._filters.account).accounts
        wanted = self._accounts_of_filter()
        return moves if wanted is None else [move for move in moves if move.account in wanted]

    def _accounts_of_filter(self) -> set[UUID] | None:
        """The accounts of an owner or a territory; None where the filter names neither."""
        view, asked = self._now, []
        parameters = view.parameters(owner=self._filters.owner, territories=below(self._filters, view))
        if self._filters.account or not (self._filters.owner or self._filters.territory):
            return None
        if self._filters.owner:
            asked.append("manager = %(owner)s")
        if self._filters.territory:
            asked.append("territory = any(%(territories)s)")
        sql = as_of_sql(ACCOUNTS, "key", " and ".join(asked))
        return {key for (key,) in view.connection.execute(sql.encode(), parameters)}

    def _names(self, journal: Journal, told: dict[UUID, list[Recorded]]) -> dict[UUID, str]:
        view, facts = self._now, [fact for each in told.values() for fact in each]
        members = with_members(journal, view, member_names(journal, view), {each.actor for each in facts if each.actor})
        named = {account_named(facts[0].event, stream) for stream, facts in told.items()}
        accounts = {account for account in named if account}
        titles = {key: title for key, (_, title) in self._titles.items()}
        people = stakeholder_names(journal, view, accounts)
        return {**members, **people, **titles, **account_names(view, accounts)}

    @property
    def no_amounts_changed(self) -> str:
        """What is said of a whole company where no amount changed: facts of other kinds there may be."""
        return say(
            "No fact in between changed an open amount or the forecast. All facts of an account stand in its own diff."
        )

    def title(self, opportunity: UUID) -> str:
        """What an opportunity is called."""
        external_id, title = self._titles.get(opportunity, ("", ""))
        return f"{external_id} {title}".strip() or str(opportunity)
