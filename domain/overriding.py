"""Decisions against a rule, with their reason."""

from __future__ import annotations

from domain.aggregate import Origin, Recorded

IMPORTED = "imported"
"""The override with which an import passes gates that its source did not know: nobody decided anything."""


def overridden(fact: Recorded) -> str:
    """Why a decision was taken against a rule; empty where it was not."""
    stated = str(getattr(fact.event, "override", "") or "").strip()
    return "" if fact.origin is Origin.IMPORT and stated == IMPORTED else stated
