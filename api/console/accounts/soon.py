"""Scores for a page that does not wait: what takes seconds is worked out behind, and the page says so meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from api.console.frame import Frame
from projections.health_points import scores_soon
from projections.health_scores import kept_scores, scores_at_hand
from projections.view import View


def scores_or_wait(
    frame: Frame[Any], view: View, accounts: Collection[UUID] | None = None
) -> Mapping[UUID, float] | None:
    """The scores of some accounts (and of others), or of all that may be seen, at a view's moment; None while they are
    worked out: then they are asked for again."""
    found = scores_at_hand(view) if accounts is None else scores_soon(view, accounts)
    if found is None and not frame.call.doors.want_scores(view):
        return kept_scores(view)
    return found
