"""Explanations at the door: each event in words, with who recorded it and when; titles, names and texts beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from api.names import (
    find_account,
    find_member,
    find_opportunity,
    member_names,
    reading,
    stakeholder_names,
    with_members,
)
from api.process_words import process_words
from api.timeline import in_words
from api.titles import openings
from domain.aggregate import Recorded
from domain.errors import NotFound
from domain.journal.journal import Journal
from domain.journal.people import SealBroken
from domain.sealed import Sealed
from projections.decision_processes import steps_of
from projections.explained import Event, EventsAnswer, Explanation
from projections.explained_health import HealthExplanation
from projections.explained_rows import KEYED_BY_ACCOUNT, KEYED_BY_MEMBER, KEYED_BY_OPPORTUNITY, RowExplanation
from projections.names import account_names
from projections.policies import decoded
from projections.view import View


def told(journal: Journal, view: View, answer: Explanation) -> Explanation:
    """The explanation with all that people need to read it."""
    opened = openings(journal, [each.opportunity for each in answer.shares if each.opportunity])
    accounts = {each.account for each in answer.shares if each.account}
    names = account_names(view, sorted(accounts))
    for share in answer.shares:
        if share.opportunity and (opening := opened.get(share.opportunity)):
            share.title, share.external_id = opening.title, opening.external_id
        share.account_name = names.get(share.account, "") if share.account else ""
    _tell(journal, view, [event for share in answer.shares for event in share.events], accounts)
    members = {str(key): external_id for key, (external_id, _) in view.members().items()}
    named = _by_text(account_names(view, _accounts_in(answer))) | members
    for each in answer.inputs:
        each.name = named.get(each.key, "")
    return answer


def told_health(journal: Journal, view: View, answer: HealthExplanation) -> HealthExplanation:
    """The explanation of an account's health with all that people need to read it."""
    _tell(journal, view, [event for each in answer.components for event in each.events], [answer.account])
    return answer


def told_row(journal: Journal, view: View, answer: RowExplanation) -> RowExplanation:
    """The explanation of a row with all that people need to read it; what is sealed in it opened, or null."""
    _tell(journal, view, answer.events, {answer.account} if answer.account else set())
    for line in answer.fields:
        for change in line.changes:
            change.before = _readable(journal, view, answer, line.field, change.before)
            change.after = _readable(journal, view, answer, line.field, change.after)
        line.value = line.changes[-1].after
    stated = (each for line in answer.fields for change in line.changes for each in (change.before, change.after))
    ids = {each for each in stated if isinstance(each, UUID)}
    members = {str(key): name for key, name in member_names(journal, view).items() if key in ids}
    answer.names = members | _by_text(account_names(view, ids))
    return answer


def _by_text(names: Mapping[UUID, str]) -> dict[str, str]:
    return {str(key): name for key, name in names.items()}


def events_at(journal: Journal, view: View, positions: Iterable[int]) -> EventsAnswer:
    """The events at positions that any answer names, as far as the asker may see them. Raises NotFound where none is
    to be seen."""
    asked = sorted(set(positions))
    facts = journal.streams.at(each for each in asked if each <= view.clock.known_at)
    seen = [fact for position, fact in sorted(facts.items()) if _sees(journal, view, fact)]
    if not seen:
        raise NotFound(kind="event", key=", ".join(map(str, asked)))
    events = [Event(position=fact.position, occurred_at=fact.occurred_at) for fact in seen]
    _tell(journal, view, events, {fact.originator_id for fact in seen if fact.event.topic.startswith("Account.")})
    found = {each.position for each in events}
    return EventsAnswer(**view.head(), events=events, missing=[each for each in asked if each not in found])


def _sees(journal: Journal, view: View, fact: Recorded) -> bool:
    """Whether the asker sees the account that a fact is about; policies are everybody's, members see themselves."""
    visible = view.visible_accounts()
    root = fact.event.topic.partition(".")[0]
    if visible is None:
        return True
    if root == "Opportunity":
        opening = openings(journal, [fact.originator_id]).get(fact.originator_id)
        return opening is not None and opening.account in visible
    if root in ("Account", "Member", "Finding"):
        return fact.originator_id in visible or fact.originator_id == view.visibility.member
    return True


def row_key(journal: Journal, view: View, model: str, text: str) -> UUID:
    """The key of a row as a person states it; of an account, opportunity or member also by external id or name.
    Raises NotFound."""
    with suppress(ValueError):
        return UUID(text)
    if model in KEYED_BY_ACCOUNT:
        return find_account(view, text)
    if model in KEYED_BY_OPPORTUNITY:
        return find_opportunity(journal, view, text)
    if model in KEYED_BY_MEMBER:
        return find_member(journal, view, text)
    raise NotFound(kind=model, key=text[:80])


def _accounts_in(answer: Explanation) -> list[UUID]:
    return [UUID(each.key) for each in answer.inputs if each.kind in ("territory of the account", "merge")]


def _tell(journal: Journal, view: View, events: Sequence[Event], accounts: Iterable[UUID]) -> None:
    facts = journal.streams.at(each.position for each in events)
    actors = {fact.actor for fact in facts.values() if fact.actor}
    members = with_members(journal, view, member_names(journal, view), actors)
    names = {**members, **stakeholder_names(journal, view, accounts)}
    stages = process_words(view)

    def opened(sealed: Sealed, field: str) -> str | None:
        return reading(journal, view, field)(sealed)

    for each in events:
        if fact := facts.get(each.position):
            each.occurred_at, each.recorded_at = fact.occurred_at, fact.recorded_at
            each.fact, each.actor = fact.event.topic, fact.actor
            each.text = in_words(fact, names, opened, stages)
            each.actor_name = names.get(fact.actor) if fact.actor else None


def _readable(journal: Journal, view: View, answer: RowExplanation, field: str, value: Any) -> Any:
    """A value of a row as it may be read: a sealed text opened or null, what is kept as bytes as what it means."""
    if isinstance(value, Sealed):
        with suppress(SealBroken):
            return reading(journal, view, field)(value)
        return None
    if not isinstance(value, bytes):
        return value
    if answer.model == "decision_process":
        return msgspec.to_builtins(steps_of(value))
    topics = [line.value for line in answer.fields if line.field == "topic" and line.value]
    return msgspec.to_builtins(decoded(topics[0], value), str_keys=True) if topics and value else None
