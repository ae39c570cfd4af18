"""Replay (重演): an account and its opportunities event by event, and what they were after any of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from api.asking import Clocks
from api.console.facts import Became, Facts, Shown
from api.console.frame import Frame, page
from api.console.pages.audit import must_oversee, proves
from api.endpoints import Endpoint
from api.fact_lines import FactLine
from api.identity import Named, account_of, identified
from api.moments import When
from api.opening import opened
from api.replay import LearnedAnswer, Replay, ReplayLine, at_its_time
from api.replay_state import ReplayState
from domain.account.account import Account
from domain.errors import Fault, Malformed
from domain.history import Step
from domain.language.catalogue import event_words, field_words, say
from domain.opportunity.opportunity import Opportunity
from projections.planned_alike import plan_alike
from projections.view import View


class ReplayPage(Clocks, kw_only=True, forbid_unknown_fields=True):
    """At which `step` (default: the last); which events are listed: of an opportunity, of a kind, by somebody, of an
    origin, that happened `from` `to`."""

    step: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None
    opportunity: Named | None = None
    kind: str = ""
    who: Annotated[str, msgspec.Meta(max_length=200)] = ""
    origin: Literal["", "person", "worker", "import"] = ""
    since: When | None = msgspec.field(name="from", default=None)
    to: When | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 12


class Numbered(msgspec.Struct):
    """A fact with its number in the replay."""

    number: int
    shown: Shown


class Learned(msgspec.Struct):
    """What became known since: what is known otherwise now, what came late, what was taken back."""

    different: list[tuple[str, list[Became]]]
    late: list[Shown]
    withdrawn: list[Shown]


def endpoints() -> list[Endpoint]:
    """The replay of an account."""
    return [page("/audit/replay/{id}", "audit_replay", _replay, ReplayPage)]


def _replay(frame: Frame[ReplayPage]) -> Mapping[str, Any]:
    """The history of an account, and its state after a step of it."""
    must_oversee(frame)
    query, call = frame.query, frame.call
    account = account_of(call, str(call.path["id"]))
    assert account is not None
    call.doors.access.must_see(call.asker, Account, account)
    deal = identified(call, Opportunity, query.opportunity) if query.opportunity else None
    with _replayed(frame, account, deal) as (view, replay):
        facts = Facts(frame, view)
        facts.names.update(replay.teller.names)
        step = _step(query.step, len(replay))
        shown = Shelf(frame, facts, replay)
        listed, learned = shown.listed(), replay.learned() if len(replay) else None
        return {
            "title": replay.teller.names.get(account, ""),
            "account": account,
            "proves": proves(frame),
            "replay": replay,
            "step": step,
            "count": len(replay),
            "current": shown.numbered([step])[0] if step else None,
            "state": _state(facts, replay.state(step)) if step else None,
            **listed,
            "streams": replay.streams(),
            "learned": shown.learned(learned) if learned else None,
            "people": _people(facts, replay),
            "kinds": kinds_of(replay),
        }


@contextmanager
def _replayed(frame: Frame[ReplayPage], account: UUID, deal: UUID | None) -> Iterator[tuple[View, Replay]]:
    """The replay; where it is of what was known at a moment, beside what is known now."""
    call, query = frame.call, frame.query

    def reading(sealed: Any, field: str) -> str | None:
        return opened(call, sealed, field)

    with frame.view() as view:
        plan_alike(view.connection)
        if query.known_at is None:
            yield view, Replay(call.doors.journal, view, account, reading, opportunity=deal)
            return
        then = at_its_time(view) if query.as_of is None else view
        with call.doors.reader.view(call.asker.visibility, as_of=then.clock.as_of, now=call.now) as now:
            yield then, Replay(call.doors.journal, then, account, reading, opportunity=deal, now=now)


def _step(stated: int | None, count: int) -> int:
    if stated is not None and stated > count:
        raise Malformed(Fault("step", str(stated), say("expected a step from 1 to {most}", most=count)))
    return stated or count


class Shelf:
    """The facts of a replay as they are listed."""

    def __init__(self, frame: Frame[ReplayPage], facts: Facts, replay: Replay) -> None:
        self._frame, self._facts, self._replay = frame, facts, replay
        self._lines: dict[int, ReplayLine] = {}

    def numbered(self, numbers: list[int]) -> list[Numbered]:
        """Facts by their numbers, with those that took them back."""
        for number in sorted({*numbers} - self._lines.keys()):  # in the order in which they are folded, each once
            self._lines[number] = self._replay.line(number)
        lines = [self._lines[number] for number in numbers]
        shown = self._with_withdrawals(list(lines))
        return [Numbered(line.number, each) for line, each in zip(lines, shown, strict=True)]

    def listed(self) -> Mapping[str, Any]:
        """The newest that fit, and how many there are."""
        steps = self._replay.history.steps
        fitting = [number for number in range(len(steps), 0, -1) if self._fits(steps[number - 1])]
        return {"steps": self.numbered(fitting[: self._frame.query.limit]), "fitting": len(fitting)}

    def learned(self, found: LearnedAnswer) -> Learned:
        """What became known since the moment that is replayed."""
        words, by = self._facts.words, {line.withdraws: line for line in found.by}
        withdrawn = [self._facts.shown(line) for line in found.withdrawn]
        for each in withdrawn:
            each.taken_back = self._facts.shown(by[each.position]) if each.position in by else None
        return Learned(
            different=[(each.subject_name, words.became(each.changes)) for each in found.different],
            late=[self._facts.shown(line) for line in found.late],
            withdrawn=withdrawn,
        )

    def _with_withdrawals(self, lines: list[FactLine]) -> list[Shown]:
        back = self._facts.at(line.withdrawn_by for line in lines if line.withdrawn_by)
        shown = [self._facts.shown(line) for line in lines]
        for line, each in zip(lines, shown, strict=True):
            each.taken_back = back.get(line.withdrawn_by or 0)
        return shown

    def _fits(self, step: Step) -> bool:
        query, fact = self._frame.query, step.fact
        return (
            (not query.kind or fact.event.topic == query.kind or fact.event.topic.partition(".")[0] == query.kind)
            and (not query.origin or fact.origin.value == query.origin)
            and (not query.who or (fact.actor is not None and query.who in (str(fact.actor), self._who(fact.actor))))
            and (self._since is None or fact.occurred_at >= self._since)
            and (self._until is None or fact.occurred_at <= self._until)
        )

    def _who(self, member: UUID) -> str:
        return self._facts.who(member, None)

    @cached_property
    def _since(self) -> datetime | None:
        return self._frame.call.doors.calendar.beginning("from", self._frame.query.since)

    @cached_property
    def _until(self) -> datetime | None:
        return self._frame.call.doors.calendar.moment("to", self._frame.query.to)


def _people(facts: Facts, replay: Replay) -> list[tuple[UUID, str]]:
    """Those who recorded something of it."""
    actors = {step.fact.actor for step in replay.history.steps if step.fact.actor}
    return sorted(((each, facts.name_of(each)) for each in actors), key=lambda each: each[1])


def kinds_of(replay: Replay) -> list[tuple[str, str]]:
    """The kinds of facts that a replay has."""
    topics = {step.fact.event.topic for step in replay.history.steps}
    return sorted(((topic, event_words(topic)) for topic in topics), key=lambda each: each[1])


def _state(facts: Facts, state: ReplayState) -> Mapping[str, Any]:
    """What held after a step, in words."""
    words = facts.words
    return {
        "whole": state,
        "profile": [(field_words(name), words.said(value, name)) for name, value in state.profile.items()],
        "deals": [(each, words.said(each.stage, "stage"), words.said(each.amount)) for each in state.opportunities],
    }
