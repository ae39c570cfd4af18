"""What changed since somebody last signed in: facts of the accounts that he may see, by account, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.console.frame import Frame
from api.console.subject import PATHS, who_recorded
from api.corrected import Corrections
from api.names import opening, stakeholder_names, with_members
from api.thing_words import thing_words
from api.timeline import in_words
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import EVENTS, Event, Origin, Recorded
from domain.belonging import account_named, title_of
from domain.issue.issue import Issue
from domain.opportunity.opportunity import Opportunity
from projections.account_figures import belonging_to
from projections.names import account_names
from projections.recorded_moments import occurred_back
from projections.view import View, knowledge

EXAMINED = 150
"""So many of the newest facts are looked at, since few are told; of more it is said that there are more."""
LATE = timedelta(days=30)
"""What lies further back is no news where only a worker noticed it."""
GROUPS = 5
LINES = 3
ABOUT = {root.__name__ for root in (Account, Opportunity, Issue, AccountPlan)}
TOPICS = tuple(topic for topic in EVENTS if topic.partition(".")[0] in ABOUT)


@dataclass(frozen=True)
class Change:
    """A fact in words, with who recorded it, and what of the account it is about: its title and its page."""

    position: int
    occurred_at: datetime
    text: str
    who: str
    about: str = ""
    page: str = ""


@dataclass
class Changed:
    """An account and what was recorded about it, the newest first; the first of the facts in words."""

    account: UUID
    name: str
    facts: list[Recorded] = field(default_factory=list)
    lines: list[Change] = field(default_factory=list)

    @property
    def more(self) -> int:
        """How many facts are not told."""
        return len(self.facts) - len(self.lines)


@dataclass(frozen=True)
class Changes:
    """What changed. `since` is when he signed in before, None where this is the first time. Where nothing is `new` it
    is the newest there is; `cut` says of how many facts no more were looked at, 0 where all were."""

    since: datetime | None
    new: bool
    groups: list[Changed]
    more: int
    cut: int


def since_of(frame: Frame[Any]) -> datetime | None:
    """When he signed in before this time."""
    session = frame.call.session
    return session.previous_sign_in_at if session else None


def position_since(frame: Frame[Any], view: View) -> int | None:
    """The newest position that was there when he signed in before."""
    since = since_of(frame)
    return None if since is None else knowledge(view.connection, since).position


def changes(frame: Frame[Any], view: View, own: Collection[UUID] | None) -> Changes:
    """What was recorded since the last sign-in about the accounts that may be seen, or some of them."""
    after, streams = position_since(frame, view), _streams(view, own)
    facts = list(_facts(view, after, streams, since_of(frame))) if after is not None else []
    new = bool(facts)
    if not facts:
        facts = list(_facts(view, 0, streams, None))
    whose = _accounts(frame, view, facts[:EXAMINED])
    groups = _grouped(facts[:EXAMINED], whose, account_names(view, set(whose.values())))
    _tell(frame, view, groups[:GROUPS])
    return Changes(
        since=since_of(frame),
        new=new,
        groups=groups[:GROUPS],
        more=max(len(groups) - GROUPS, 0),
        cut=EXAMINED if new and len(facts) > EXAMINED else 0,
    )


def _streams(view: View, own: Collection[UUID] | None) -> set[UUID] | None:
    """The streams about these accounts; None where everything may be seen."""
    seen = list(own) if own is not None else view.visible_accounts()
    if seen is None:
        return None
    together = list(dict.fromkeys(each for one in seen for each in view.together(one)))
    return {*together, *belonging_to(view, together)}


def _facts(view: View, after: int, streams: Collection[UUID] | None, since: datetime | None) -> Iterator[Recorded]:
    """The newest facts after a position, one more than are looked at; of what had happened by then. What a worker
    noticed of times long ago comes after what is news."""
    taken, late, long_ago = 0, list[Recorded](), (since or view.clock.as_of) - LATE
    for chunk in occurred_back(view, TOPICS, EXAMINED + 1, streams):
        for fact in chunk:
            if fact.position <= after:
                yield from late
                return
            if fact.origin is Origin.WORKER and fact.occurred_at < long_ago:
                late += [fact] if len(late) < EXAMINED else []
                continue
            taken += 1
            yield fact
            if taken > EXAMINED:
                yield from late
                return
    yield from late


def _grouped(facts: Sequence[Recorded], whose: Mapping[UUID, UUID], names: Mapping[UUID, str]) -> list[Changed]:
    """The facts by account, each account where its newest fact stands."""
    found: dict[UUID, Changed] = {}
    for fact in facts:
        account = whose.get(fact.originator_id)
        if account is not None and account in names:
            found.setdefault(account, Changed(account, names[account])).facts.append(fact)
    return list(found.values())


def _tell(frame: Frame[Any], view: View, groups: Sequence[Changed]) -> None:
    """Put the first facts of some accounts into words."""
    journal = frame.call.doors.journal
    actors = {fact.actor for group in groups for fact in group.facts[:LINES] if fact.actor}
    together = [each for group in groups for each in view.together(group.account)]
    people = {
        **with_members(journal, view, {}, actors),
        **stakeholder_names(journal, view, together),
    }
    read, stages = opening(journal, view), thing_words(view)
    shown = [fact for group in groups for fact in group.facts[:LINES]]
    opened = journal.streams.openings({fact.originator_id for fact in shown})
    corrections = Corrections.of(journal, shown)
    for group in groups:
        for fact in group.facts[:LINES]:
            told = corrections.words(fact, lambda each: in_words(each, people, read, stages))
            who = who_recorded(fact, people)
            about, page = _about(opened[fact.originator_id].event, fact.originator_id)
            group.lines.append(Change(fact.position, fact.occurred_at, told, who, about, page))


def _about(opening: Event, key: UUID) -> tuple[str, str]:
    """The title and the page of an opportunity, an issue or a plan; nothing of an account itself."""
    path = PATHS.get(opening.topic.partition(".")[0])
    return (title_of(opening), f"{path}{key}") if path else ("", "")


def _accounts(frame: Frame[Any], view: View, facts: Sequence[Recorded]) -> dict[UUID, UUID]:
    """The account that each stream is, or belongs to."""
    opened = frame.call.doors.journal.streams.openings({fact.originator_id for fact in facts})
    found = {key: account_named(fact.event, key) for key, fact in opened.items()}
    return {key: view.leads_to(account) for key, account in found.items() if account is not None}
