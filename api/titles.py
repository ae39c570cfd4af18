"""Titles of opportunities: plain text of the facts that opened them, put beside the lines of answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from domain.journal.journal import Journal
from domain.opportunity.opportunity import Opportunity


class OfOpportunity(Protocol):
    """A line of an answer that is about an opportunity, or about none."""

    @property
    def opportunity(self) -> UUID | None: ...

    title: str
    external_id: str


def entitle(journal: Journal, lines: Sequence[OfOpportunity]) -> None:
    """Put titles and external ids beside lines; several may be about the same opportunity."""
    opened = openings(journal, {line.opportunity for line in lines if line.opportunity})
    for line in lines:
        if line.opportunity and (event := opened.get(line.opportunity)):
            line.title, line.external_id = event.title, event.external_id


def openings(journal: Journal, opportunities: Iterable[UUID]) -> dict[UUID, Opportunity.Opened]:
    """The facts that opened some opportunities."""
    events = {key: fact.event for key, fact in journal.streams.openings(opportunities).items()}
    return {key: event for key, event in events.items() if isinstance(event, Opportunity.Opened)}
