"""One question at two clocks: who asks, as of when, known when; answered in one read-only transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import psycopg

from domain.aggregate import END_OF_TIME
from domain.errors import Refused
from domain.journal.journal import Journal
from domain.journal.reading import head
from domain.money import rounded
from domain.visibility import Visibility
from projections.engine import Clock, Engine, ReadModel, as_of_sql, clock
from projections.lineage import LINEAGE
from projections.members import MEMBERS
from projections.only_currency import only_currency
from projections.planned_alike import plan_alike
from projections.policies import POLICIES, Policies, policies_as_of
from projections.policy_history import PolicyHistory, history_of
from projections.standing import begun
from projections.stretches import Stretches
from projections.suppositions import Supposition
from projections.visible_accounts import accounts_of
from projections.ways import followed, on_the_way

FEW = 300
"""Of so many accounts all that they ever were is read sooner than what they were at two moments."""

PASSED_ON = frozenset({"targets"})
"""What was worked out of one state of the policies: a view begins with that of the one before, and whoever takes it
sees whether it is of the state of his."""


class NotYetRecorded(Refused):
    """Position {position} is beyond the journal's head {head}: state that one or one before."""


class KnownAt(msgspec.Struct, frozen=True):
    """What was known: a position, and when the last append up to it was recorded."""

    position: int
    at: datetime | None


class Answer(msgspec.Struct, kw_only=True):
    """How every reading answer begins."""

    as_of: datetime
    known_at: KnownAt
    complete: bool
    scope: str
    currency: str


class Listing(Answer, kw_only=True):
    """An answer whose list may be long: its field is named by `listed`."""

    listed: ClassVar[str]
    not_shown: int = 0

    def cut(self, limit: int) -> None:
        """Leave out what comes after so many; `not_shown` counts it."""
        lines = getattr(self, self.listed)
        self.not_shown = max(len(lines) - limit, 0)
        setattr(self, self.listed, lines[:limit])


class View:
    """A question's frame: the clocks, the asker's visibility, the policies of that moment or those `supposed`."""

    def __init__(
        self,
        connection: psycopg.Connection,
        clock: Clock,
        known: KnownAt,
        visibility: Visibility,
        complete: bool,
        supposed: Sequence[Supposition] = (),
        history: PolicyHistory | None = None,
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.known = known
        self.visibility = visibility
        self.complete = complete
        self.supposed = tuple(supposed)
        self._history = history or history_of(connection)
        self.policies: Policies = self._policies()
        self._visible: list[UUID] | None = None
        self._only: list[UUID] | None = None
        self.stretches: Stretches | None = None
        self.keeps = False
        self.of_transaction: dict[str, Any] = {}
        """What was read once for all questions of one transaction."""

    def _policies(self) -> Policies:
        """As they held, or with what is supposed, which changes states and so begins with fresh ones."""
        if self._history and not self.supposed:
            return self._history.policies(self.clock.as_of, self.clock.known_at)
        policies = policies_as_of(self.connection, self.parameters())
        for each in self.supposed:
            each.hold_in(policies)
        return policies

    @cached_property
    def currency(self) -> str:
        """The reporting currency as of the clocks. Raises CurrencyUndecided."""
        return self.policies.company.currency or only_currency(self.connection)

    def parameters(self, **more: Any) -> dict[str, Any]:
        """The parameters that every query as of two clocks needs, and more."""
        return {"as_of": self.clock.as_of, "known_at": self.clock.known_at, **more}

    def at(self, moment: datetime) -> View:
        """The same question at another moment: the same asker, by what is known in this one."""
        clock = Clock(moment, self.clock.known_at)
        then = View(self.connection, clock, self.known, self.visibility, self.complete, self.supposed, self._history)
        then._visible, then._only, then.keeps = self.visible_accounts(), self._only, self.keeps
        then.of_transaction = self.of_transaction
        return then

    def of_everybody(self) -> View:
        """The same question about all accounts: for what is worked out once for whoever asks, and shown in part."""
        other = self.at(self.clock.as_of)
        other.visibility, other._visible, other._only = Visibility.whole(), None, None
        return other

    def beside(self, moment: datetime) -> View:
        """The same question at another moment, of the rows that were read for this one (see `through`)."""
        then = self.at(moment)
        then.stretches = self.stretches
        return then

    def changes(self) -> set[datetime]:
        """The moments from which on rows that were read for many moments, or policies, are others."""
        return self.row_changes() | (self._history.changes() if self._history else set())

    def row_changes(self) -> set[datetime]:
        """The moments from which on rows that were read for many moments are others."""
        return self.stretches.changes() if self.stretches else set()

    def through(self, moments: Iterable[datetime], *, of_one: bool = False) -> Iterator[View]:
        """The same question at each of these moments, for questions that ask by `rows`: of few accounts (or `of_one` of
        many) what rows were from the first to the last of them is read once, and of a single moment what they ever
        were, so that `beside` it others may be asked about. Under suppositions each moment is asked by itself."""
        visible, several = self.visible_accounts(), list(moments)
        are_few = of_one or (visible is not None and len(visible) <= FEW)
        span = (min(several), max(several)) if len(several) > 1 else None
        stretches = Stretches(self.connection, self.clock.known_at, span) if are_few and not self.supposed else None
        for moment in several:
            then = self.at(moment)
            then.stretches = stretches
            yield then

    @property
    def goes_through(self) -> bool:
        """Whether rows are picked out of what was read for many moments: then `rows` alone may be asked."""
        return self.stretches is not None

    def rows(
        self, model: ReadModel, columns: str, where: str = "", *, only_open: bool = True, **parameters: Any
    ) -> list[tuple[Any, ...]]:
        """The rows of a model as of the clocks: a select list, and a condition that says nothing of the clocks."""
        if self.stretches is not None:
            moment = self.clock.as_of
            return self.stretches.then(moment, model, columns, where, parameters, only_open=only_open)
        sql = as_of_sql(model, columns, where, only_open=only_open)
        return self.connection.execute(sql.encode(), self.parameters(**parameters)).fetchall()

    def among(self, accounts: Iterable[UUID]) -> View:
        """The same question about some accounts, with those merged into them, as far as the asker may see them."""
        visible = self.visible_accounts()
        seen = None if visible is None else set(visible)
        wanted = dict.fromkeys(each for one in accounts for each in self.together(one))
        other = copy(self)
        for kept in ("merged", "_gone_on", "same_people"):
            other.__dict__.pop(kept, None)
        other._only = [each for each in wanted if seen is None or each in seen]
        return other

    def under(self, supposed: Sequence[Supposition]) -> View:
        """The same question under other policies, at whatever moment it is then asked; nothing is recorded."""
        other = View(self.connection, self.clock, self.known, self.visibility, self.complete, supposed, self._history)
        other._visible, other._only = self.visible_accounts(), self._only
        return other

    def head(self) -> dict[str, Any]:
        """The fields with which an answer begins."""
        return {
            "as_of": self.clock.as_of,
            "known_at": self.known,
            "complete": self.complete,
            "scope": self.visibility.scope,
            "currency": self.currency,
        }

    def money(self, amount: Decimal) -> Decimal:
        """An amount at the minor unit of the reporting currency."""
        return rounded(amount, self.currency) if self.currency else amount

    def visible_accounts(self) -> list[UUID] | None:
        """The accounts that the asker may see, by the assignments of now; None means all."""
        if self._only is not None:
            return self._only
        if self.visibility.everything:
            return None
        if self._visible is None:
            self._visible = accounts_of(self.connection, self.visibility)
            if len(self._visible) <= FEW:  # an index finds them, whichever they are: to plan anew takes longer
                plan_alike(self.connection)
        return self._visible

    @cached_property
    def merged(self) -> dict[UUID, UUID]:
        """Accounts that had ended by a merge, as of the clocks, and which goes on in the end. Where the asker may
        not see that one, the ended account stands by itself."""
        visible = self.visible_accounts()
        ends, seen = followed(self.lineage), None if visible is None else set(visible)
        return {one: end for one, end in ends.items() if seen is None or end in seen}

    @cached_property
    def lineage(self) -> dict[UUID, UUID]:
        """Accounts that had ended by a merge, as of the clocks, and the next one that each leads to."""
        return {key: leads_to for key, leads_to, _, _, _ in self._merges}

    @cached_property
    def _merges(self) -> list[tuple[UUID, UUID, list[UUID], list[UUID], list[UUID]]]:
        return self.rows(LINEAGE, "key, leads_to, people, same_as, items", "leads_to is not null", only_open=False)

    def way(self, account: UUID) -> list[UUID]:
        """An account and all that it leads to, step by step."""
        return [account, *on_the_way(self.lineage, account)]

    @cached_property
    def same_people(self) -> dict[UUID, UUID]:
        """Stakeholders of accounts that had ended, as of the clocks, who are others there: the same persons."""
        pairs = (zip(people, same, strict=True) for _, _, people, same, _ in self._merges)
        return followed({one: other for each in pairs for one, other in each})

    def person(self, stakeholder: UUID) -> UUID:
        """The one person that a stakeholder is: himself, or by a merge whom the account that goes on knows."""
        return self.same_people.get(stakeholder, stakeholder)

    @cached_property
    def _gone_on(self) -> set[tuple[UUID, UUID]]:
        return {(ended, item) for ended, _, _, _, items in self._merges for item in items}

    def goes_on_elsewhere(self, account: UUID, item: UUID | None) -> bool:
        """Whether a visit, action item, need, commitment or joint activity of an account that had ended, as of the
        clocks, goes on where that one leads under another identifier: it is not to be counted twice."""
        return account in self.merged and (account, item) in self._gone_on

    def leads_to(self, account: UUID) -> UUID:
        """The account that goes on where an account was merged; itself where it was not."""
        return self.merged.get(account, account) if self.merged else account

    def together(self, account: UUID) -> list[UUID]:
        """An account and all that lead to it: one customer."""
        return [account, *sorted(ended for ended, into in self.merged.items() if into == account)]

    def group_sql(self, column: str = "account") -> str:
        """SQL for `leads_to` of a column; its parameters are those of `group_parameters`."""
        return _led("ended", "gone_on", column) if self.merged else column

    def person_sql(self, column: str = "stakeholder") -> str:
        """SQL for the one person that a stakeholder is, by `same_people`; parameters as above."""
        return _led("doubles", "persons", column) if self.same_people else column

    def once_sql(self, item: str) -> str:
        """SQL condition on `account` and an item's column that leaves out what goes on elsewhere; parameters as
        above."""
        gone = "unnest(%(gone_from)s::uuid[], %(gone_items)s::uuid[])"
        return f"(account, {item}) not in (select * from {gone})" if self._gone_on else "true"

    def group_parameters(self) -> dict[str, Any]:
        """The parameters of `group_sql`, `person_sql` and `once_sql`."""
        merged, same = self.merged, self.same_people
        gone = [each for each in self._gone_on if self.goes_on_elsewhere(*each)]
        accounts = {"ended": list(merged), "gone_on": list(merged.values())}
        items = {"gone_from": [ended for ended, _ in gone], "gone_items": [item for _, item in gone]}
        return {**accounts, **items, "doubles": list(same), "persons": list(same.values())}

    def members(self) -> dict[UUID, tuple[str, str]]:
        """External id and territory of every member, as of the clocks."""
        return self._members

    @cached_property
    def _members(self) -> dict[UUID, tuple[str, str]]:
        rows = self.rows(MEMBERS, "key, external_id, territory")
        return {key: (external_id, territory) for key, external_id, territory in rows}


def _led(ones: str, others: str, column: str) -> str:
    known = f"unnest(%({ones})s::uuid[], %({others})s::uuid[]) led(one, other)"
    return f"coalesce((select led.other from {known} where led.one = {column}), {column})"


class Reader:
    """Opens views."""

    def __init__(self, journal: Journal, engine: Engine) -> None:
        self._journal = journal
        self._engine = engine
        self._passed_on: dict[str, Any] = {}

    @contextmanager
    def view(
        self,
        visibility: Visibility,
        *,
        as_of: datetime | None = None,
        known_at: int | datetime | None = None,
        now: datetime | None = None,
    ) -> Iterator[View]:
        """A view as of a moment (default: now), known at a position or time (default: everything). Raises
        NotYetRecorded for a position that the journal has not reached."""
        moment = as_of or now or datetime.now(UTC)
        with self._journal.views.connection() as connection, connection.transaction():
            first = begun(connection)
            known = KnownAt(first.head, first.recorded_at) if known_at is None else knowledge(connection, known_at)
            policies, complete = first.of(POLICIES), first.is_complete(self._engine.models)
            history = history_of(connection, policies.changed_at) if policies else None
            view = View(connection, Clock(moment, known.position), known, visibility, complete, history=history)
            view.keeps = True
            view.of_transaction |= {"standings": first.standings, "ends": {first.head: first.end}} | self._passed_on
            yield view
            self._passed_on = {name: view.of_transaction[name] for name in PASSED_ON & view.of_transaction.keys()}


def knowledge(connection: psycopg.Connection, known_at: int | datetime | None) -> KnownAt:
    """What was known, as a caller states it: a position (rounded up to the end of its append, so that a command's own
    position shows its own fact), a time, or None for everything. Raises NotYetRecorded."""
    top = head(connection)
    if isinstance(known_at, int) and not 0 <= known_at <= top:
        raise NotYetRecorded(position=known_at, head=top)
    position = top if known_at is None else clock(connection, END_OF_TIME, known_at).known_at
    found = connection.execute("select recorded_at from events where position = %s", (position,)).fetchone()
    return KnownAt(position, found[0] if found else None)
