"""Gathers the evidence about one account: every fact of a span of time, and what in it needs a reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec

from api.corrected import Corrections
from api.evidence.patterns import Pattern, patterns
from api.names import member_names, opening, stakeholder_names, with_members
from api.thing_words import thing_words
from api.timeline import in_words, said, spoken_name
from domain.aggregate import Origin, Precision, Recorded, Withdrawal
from domain.belonging import COMPANY_KINDS
from domain.changes import EMPTY, Change
from domain.course import recorded_changes
from domain.journal.journal import Journal
from domain.language.catalogue import field_words
from domain.lateness import late_by
from domain.overriding import overridden
from domain.sealed import Sealed
from projections.account_facts import account_histories, company_titles
from projections.names import account_names
from projections.view import View

REASONS = ("reason", "reasons", "justification", "why", "reasoning", "override", "improvement")
"""Fields in which a decision says why."""
ALWAYS_DECISIONS = frozenset(
    {
        "Account.AccountHandedOver",
        "Account.KeyStatusGranted",
        "Account.KeyStatusReviewed",
        "Account.KeyStatusWithdrawn",
        "Opportunity.Won",
        "Opportunity.Lost",
        "Opportunity.Disqualified",
        "Opportunity.Reopened",
        "Opportunity.OwnerChanged",
        "Opportunity.PursuitDecided",
    }
)
"""What is a decision even where nobody stated why."""
NO_DECISIONS = frozenset({"Account.VisitPlanned"})
"""Facts whose `why` is a purpose and no reason."""
OVERRIDES = frozenset({"Opportunity.StageAdvanced", "Opportunity.Opened", "Account.KeyStatusGranted"})
OF_FORECAST = frozenset(
    {
        "Opportunity.ForecastCategorySet",
        "Opportunity.AmountRevised",
        "Opportunity.CloseDateMoved",
        "ForecastCall.ForecastSubmitted",
        "ForecastCall.ForecastAdjusted",
    }
)


class EvidenceLine(msgspec.Struct, kw_only=True):
    """A fact, in words. `late_days` says how much later than it occurred it was recorded, where that is more than a
    week; `changes` are fields with what they held before and after; `withdrawn_by` is the position that took it back;
    `outside` says that it occurred before the span."""

    position: int
    occurred_at: datetime
    precision: Precision
    recorded_at: datetime | None
    subject: str
    what: str
    text: str
    who: str
    origin: Origin
    reasons: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]
    note: str
    override: str
    late_days: int
    withdrawn_by: int | None
    outside: bool
    topic: str


class Evidence(msgspec.Struct, kw_only=True):
    """What the pack shows: every fact that occurred or was recorded within the span, and the choices among them."""

    account: UUID
    name: str
    known_at: int
    lines: list[EvidenceLine]
    opportunities: dict[UUID, str]
    patterns: list[Pattern]

    @property
    def decisions(self) -> list[EvidenceLine]:
        """Facts that state why, and decisions that should."""
        none = OF_FORECAST | NO_DECISIONS
        return [
            line for line in self.lines if line.topic in ALWAYS_DECISIONS or (line.reasons and line.topic not in none)
        ]

    @property
    def overrides(self) -> list[EvidenceLine]:
        """Gates and rules passed without what they ask for."""
        return [line for line in self.lines if line.override]

    @property
    def of_the_company(self) -> list[EvidenceLine]:
        """What programmes and tests tell of the account: their streams tell of others, too, and are not exported."""
        return [line for line in self.lines if line.topic.partition(".")[0] in COMPANY_KINDS]

    @property
    def adjustments(self) -> list[EvidenceLine]:
        """Changes of what was forecast."""
        return [line for line in self.lines if line.topic in OF_FORECAST]

    @property
    def late(self) -> list[EvidenceLine]:
        """What people recorded more than a week after it occurred."""
        return [line for line in self.lines if line.late_days]

    @property
    def imported(self) -> int:
        """How many of the facts came by an import."""
        return sum(line.origin is Origin.IMPORT for line in self.lines)

    @property
    def withdrawn(self) -> list[EvidenceLine]:
        """What was taken back later."""
        return [line for line in self.lines if line.withdrawn_by]


def gather(journal: Journal, view: View, account: UUID, start: datetime, end: datetime) -> Evidence:
    """The evidence about an account that the asker may see, with those merged into it and what belongs to them: what
    occurred or was recorded from `start` to `end`, as known at the view's clock."""
    together = view.together(account)
    histories = account_histories(journal, view, together)
    facts = sorted(
        (fact for fact in chain(*histories.values()) if fact.position <= view.clock.known_at),
        key=lambda fact: (fact.occurred_at, fact.position),
    )
    shown = [fact for fact in facts if _within(fact, start, end)]
    titles = {key: _title(history) for key, history in histories.items() if key not in together}
    companys = {key: " ".join(filter(None, named)) for key, named in company_titles(view, histories).items()}
    wanted = [fact.position for fact in shown]
    changed = {key: each for history in histories.values() for key, each in recorded_changes(history, wanted).items()}
    words = Words(journal, view, together, facts, titles | companys)
    gone = {fact.event.position: fact.position for fact in facts if isinstance(fact.event, Withdrawal)}
    found = patterns(shown, view.policies.company)
    return Evidence(
        account=account,
        name=account_names(view, [account]).get(account, str(account)),
        known_at=view.clock.known_at,
        lines=[words.line(fact, changed.get(fact.position, ()), gone.get(fact.position), start) for fact in shown],
        opportunities={key: title for key, title in titles.items() if key not in companys},
        patterns=found,
    )


def _within(fact: Recorded, start: datetime, end: datetime) -> bool:
    recorded = fact.recorded_at or fact.occurred_at
    return start <= fact.occurred_at <= end or (start <= recorded <= end and fact.occurred_at <= end)


def _title(history: Sequence[Recorded]) -> str:
    opened = next((fact.event for fact in history if fact.event.opens), None)
    named = [getattr(opened, "external_id", ""), getattr(opened, "title", "")]
    return " ".join(filter(None, named))


class Words:
    """Says facts in words: names opened for those who may read them."""

    def __init__(
        self,
        journal: Journal,
        view: View,
        accounts: Sequence[UUID],
        facts: Iterable[Recorded],
        titles: Mapping[UUID, str],
    ) -> None:
        facts = list(facts)
        self._open = opening(journal, view)
        actors = {fact.actor for fact in facts if fact.actor}
        self._members = with_members(journal, view, member_names(journal, view), actors)
        self._names = {**self._members, **stakeholder_names(journal, view, accounts)}
        self._subjects = {**account_names(view, accounts), **titles}
        self._stages = thing_words(view)
        self._corrections = Corrections.among(facts)
        if view.visibility.personal:
            journal.people.preload(set(chain.from_iterable(map(_keys, facts))))

    def line(
        self, fact: Recorded, changed: Iterable[Change], withdrawn_by: int | None, start: datetime
    ) -> EvidenceLine:
        """A fact as the pack shows it."""
        stated = {field: self._opened(getattr(fact.event, field, None), field) for field in REASONS}
        stated["override"] = overridden(fact)
        return EvidenceLine(
            position=fact.position,
            occurred_at=fact.occurred_at,
            precision=fact.precision,
            recorded_at=fact.recorded_at,
            subject=self._subjects.get(fact.originator_id, ""),
            what=spoken_name(fact.event.topic),
            text=self._corrections.words(fact, self._in_words),
            who=self._members.get(fact.actor, str(fact.actor)) if fact.actor else "",
            origin=fact.origin,
            reasons=[(field_words(field), text) for field, text in stated.items() if text],
            changes=list(self._changes(changed)),
            note=self._opened(fact.note, "note"),
            override=stated["override"] if fact.event.topic in OVERRIDES else "",
            late_days=lag.days if (lag := late_by(fact)) else 0,
            withdrawn_by=withdrawn_by,
            outside=fact.occurred_at < start,
            topic=fact.event.topic,
        )

    def _in_words(self, fact: Recorded) -> str:
        return in_words(fact, self._names, self._open, self._stages)

    def _changes(self, changed: Iterable[Change]) -> Iterator[tuple[str, str, str]]:
        """What became something else; what only came, or is over, is told by the fact itself."""
        for change in changed:
            field = change.path[-1]
            if change.before not in EMPTY and change.after not in EMPTY and field != "version":
                yield field_words(field), self._said(change.before, field), self._said(change.after, field)

    def _said(self, value: Any, field: str) -> str:
        opened = self._opened(value, field) if isinstance(value, Sealed) else value
        if isinstance(opened, str) and opened in self._stages:
            return self._stages[opened]
        return said(opened, field, self._names) if opened not in EMPTY else ""

    def _opened(self, value: Any, field: str) -> str:
        if isinstance(value, Sealed):
            return self._open(value, field) or ""
        if isinstance(value, tuple) and field == "reasons":
            return said(value, field, self._names)
        return " ".join(value.split()) if isinstance(value, str) else ""


def _keys(fact: Recorded) -> Iterable[UUID]:
    """The keys of what is sealed in a fact itself; what lies deeper is looked for when it is opened."""
    values = [fact.note, *(getattr(fact.event, name) for name in fact.event.__struct_fields__)]
    return (value.key for value in values if isinstance(value, Sealed))
