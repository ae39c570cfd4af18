"""Replay (重演): an account and its opportunities event by event, and what was known then against what is known now.

The facts are those of the account, of accounts merged into it, of what belongs to them, and what programmes and
experiments tell of them; findings are observations that nobody decides by, and are not among them. Whoever may see the
account may replay it: it is his own history.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec

from api.fact_lines import ChangeLine, FactLine, Teller
from api.names import member_names, stakeholder_names, with_members
from api.replay_state import Open, ReplayState, replay_state
from api.thing_words import thing_words
from domain.aggregate import Aggregate, Recorded
from domain.belonging import account_named, title_of
from domain.errors import Fault, Malformed, NotFound
from domain.history import History, Learned, Step, learned
from domain.journal.journal import Journal
from domain.language.catalogue import say
from projections.account_facts import account_histories, company_titles
from projections.account_figures import opportunities_of
from projections.names import account_names
from projections.view import Answer, KnownAt, View


class StreamLine(msgspec.Struct):
    """What has facts in a replay: the account, one merged into it, an opportunity; `facts` are those of this replay."""

    id: UUID
    kind: str
    name: str
    external_id: str
    facts: int


class ReplayLine(FactLine, kw_only=True):
    """A fact of a replay with its number, from 1 on in business order."""

    number: int


class DifferenceLine(msgspec.Struct):
    """What is known now otherwise than it was known then, about one stream: before is then, after is now."""

    subject: UUID
    subject_name: str
    changes: list[ChangeLine]


class LearnedAnswer(msgspec.Struct, kw_only=True):
    """What became known about the moment of the replay between `then` and `now`: only what differs, the facts that
    came late and those that were withdrawn since; a withdrawn one has the line of its withdrawal in `by`."""

    then: KnownAt
    now: KnownAt
    different: list[DifferenceLine]
    late: list[FactLine]
    withdrawn: list[FactLine]
    by: list[FactLine]


class ReplayAnswer(Answer, kw_only=True):
    """A stretch of a replay of `count` steps; `state` is what held after the last one shown.

    `earlier` is what to state as `before` for the stretch before, null at the beginning. Where one step was asked for,
    `previous` and `next` are the numbers beside it. `learned` is there where `known_at` was stated.
    """

    account: UUID
    external_id: str
    name: str
    merged_with: list[UUID]
    streams: list[StreamLine]
    count: int
    steps: list[ReplayLine]
    state: ReplayState
    earlier: int | None = None
    previous: int | None = None
    next: int | None = None
    learned: LearnedAnswer | None = None


class Replay:
    """A replay at hand: any of its steps, with the state after it, in any order. `now` is a view of what is known now,
    where the replay is of what was known then; `opportunity` leaves only that one."""

    def __init__(
        self,
        journal: Journal,
        view: View,
        account: UUID,
        opened: Open,
        *,
        opportunity: UUID | None = None,
        now: View | None = None,
    ) -> None:
        newest = now or view
        self.account, self._view, self._now = account, view, now
        self.together = newest.together(account)
        if opportunity is not None and opportunity not in opportunities_of(newest, self.together):
            raise NotFound(kind="opportunity", key=opportunity)
        with _uncollected():
            if opportunity is None:
                self._told = account_histories(journal, newest, self.together)
            else:
                self._told = journal.streams.histories([opportunity])
            self.history = History(self._told, view.clock.as_of, view.clock.known_at)
            self._later = History(self._told, view.clock.as_of, now.clock.known_at) if now else None
        self._titles = titles_of(self._told) | company_titles(newest, self._told)
        self.teller = Teller(
            self._names(journal, newest), opened, thing_words(newest), chain.from_iterable(self._told.values())
        )

    def __len__(self) -> int:
        return len(self.history)

    def line(self, number: int) -> ReplayLine:
        """A step."""
        line = self.teller.line(self.history.steps[number - 1], self.history.changes(number))
        return ReplayLine(**msgspec.structs.asdict(line), number=number)

    def state(self, number: int) -> ReplayState:
        """The account after a step."""
        found = (self.history.state(stream, number) for stream in self.history.streams)
        states: list[Aggregate] = [state for state in found if state is not None]
        return replay_state(self.account, states, self._titles, self.teller.names, self.teller.opened)

    def stretch(self, limit: int | None, before: int | None) -> ReplayAnswer:
        """The last steps, or those before the fact at a position, in order. Raises Malformed for a position that is not
        in the replay."""
        end = len(self)
        if before is not None:
            number = self.history.number_of(before)
            if number is None:
                raise Malformed(Fault("before", str(before), "no fact of this replay has this position"))
            end = number - 1
        first = max(1, end - limit + 1) if limit else 1
        answer = self._answer(range(first, end + 1), end)
        answer.earlier = answer.steps[0].position if first > 1 else None
        return answer

    def step(self, number: int) -> ReplayAnswer:
        """One step. Raises Malformed where there is none of this number."""
        if not 1 <= number <= len(self):
            raise Malformed(Fault("step", str(number), say("expected a step from 1 to {most}", most=len(self))))
        answer = self._answer(range(number, number + 1), number)
        answer.previous = number - 1 if number > 1 else None
        answer.next = number + 1 if number < len(self) else None
        return answer

    def _answer(self, numbers: range, end: int) -> ReplayAnswer:
        external_id, name = self._titles.get(self.account, ("", ""))
        return ReplayAnswer(
            **self._view.head(),
            account=self.account,
            external_id=external_id,
            name=self.teller.names.get(self.account, name),
            merged_with=[one for one in self.together if one != self.account],
            streams=self.streams(),
            count=len(self),
            steps=[self.line(number) for number in numbers],
            state=self.state(end),
            learned=self.learned(),
        )

    def streams(self) -> list[StreamLine]:
        """What has facts in it: the account itself first."""
        facts: dict[UUID, int] = {}
        for step in self.history.steps:
            facts[step.fact.originator_id] = facts.get(step.fact.originator_id, 0) + 1
        lines = []
        for stream, count in facts.items():
            kind = self._told[stream][0].event.topic.partition(".")[0].lower()
            name = self.teller.names.get(stream, "")
            lines.append(StreamLine(stream, kind, name, self._titles.get(stream, ("", ""))[0], count))
        return sorted(lines, key=lambda line: (line.id != self.account, line.kind, line.external_id, line.id))

    def learned(self) -> LearnedAnswer | None:
        """What became known since; None where the replay is of what is known now."""
        if self._now is None or self._later is None:
            return None
        found = learned(self.history, self._later)
        withdrawals = [step.withdrawn_by for step in found.withdrawn if step.withdrawn_by]
        return LearnedAnswer(
            then=self._view.known,
            now=self._now.known,
            different=self._different(found),
            late=[self._told_later(step) for step in found.late],
            withdrawn=[self._told_later(step) for step in found.withdrawn],
            by=[self.teller.line(Step(fact), ()) for fact in withdrawals],
        )

    def _different(self, found: Learned) -> list[DifferenceLine]:
        return [
            DifferenceLine(stream, self.teller.names.get(stream, ""), self.teller.changes(changes))
            for stream, changes in found.different.items()
        ]

    def _told_later(self, step: Step) -> FactLine:
        """A fact as it is known now, or, where it was withdrawn since, as it was known then."""
        history = self.history if step.withdrawn_by else self._later
        number = history.number_of(step.fact.position) if history else None
        return self.teller.line(step, history.changes(number) if history and number else ())

    def _names(self, journal: Journal, view: View) -> dict[UUID, str]:
        facts = [fact for each in self._told.values() for fact in each]
        members = with_members(journal, view, member_names(journal, view), {each.actor for each in facts if each.actor})
        titles = {key: title for key, (_, title) in self._titles.items()}
        accounts = account_names(view, self.together)
        return {**members, **stakeholder_names(journal, view, self.together), **titles, **accounts}


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is loaded here stays as long as the replay: looking for garbage among it takes as long as loading it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def at_its_time(view: View) -> View:
    """A view as of the moment when the last thing that is known in it was recorded."""
    return view.at(view.known.at) if view.known.at else view


def titles_of(told: dict[UUID, list[Recorded]]) -> dict[UUID, tuple[str, str]]:
    """External id and title (of an account its first name) by stream, from the facts that opened them."""
    found: dict[UUID, tuple[str, str]] = {}
    for stream, facts in told.items():
        event: Any = facts[0].event
        if account_named(event, stream):
            found[stream] = getattr(event, "external_id", ""), title_of(event)
    return found
