"""Which rules of thumb say something to be done that the lists do not say already."""

from __future__ import annotations

from projections.findings import RULES

SAID_BY_ITEMS = frozenset(
    {
        "commitment_overdue",
        "control_point_overdue",
        "quote_without_follow_up",
        "key_status_unjustified",
        "todo_untouched",
        "logged_late",
        "open_issue_overdue",
    }
)
"""Findings that the list says by the thing itself, or that ask for nothing any more."""
ASKING = tuple(rule for rule in RULES if rule.name not in SAID_BY_ITEMS)
"""What else rules find is to be done."""
