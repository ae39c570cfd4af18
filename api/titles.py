"""Titles of opportunities: plain text of the facts that opened them, put beside the lines of answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.journal.journal import Journal
from domain.opportunity.opportunity import Opportunity


class OfOpportunity(Protocol):
    """A line of an answer about an opportunity."""

    opportunity: UUID
    title: str
    external_id: str


def entitle(journal: Journal, lines: Sequence[OfOpportunity]) -> None:
    """Put titles and external ids beside lines; several may be about the same opportunity."""
    histories = journal.streams.histories(list(dict.fromkeys(line.opportunity for line in lines)))
    for line in lines:
        for event in (fact.event for fact in histories[line.opportunity]):
            if isinstance(event, Opportunity.Opened):
                line.title, line.external_id = event.title, event.external_id
                break
