"""Scores for a page that does not wait: what takes seconds is worked out behind, and the page says so meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.console.frame import Frame
from projections.health_points import in_columns, scores_in_columns
from projections.health_scores import kept_scores, scores_at_hand
from projections.kept_ids import Ids
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray


def scores_or_wait(frame: Frame[Any], view: View) -> Mapping[UUID, float] | None:
    """The scores of all accounts that may be seen, at a view's moment; None while they are worked out: then they are
    asked for again."""
    found = scores_at_hand(view)
    if found is None and not frame.call.doors.want_scores(view):
        return kept_scores(view)
    return found


def columns_or_wait(frame: Frame[Any], view: View, accounts: Collection[UUID], ids: Ids) -> NDArray[Any] | None:
    """The scores of some accounts (and of others) for every identifier, not a number where there is none; None while
    they are worked out."""
    found = scores_in_columns(view, accounts, ids)
    if found is None and not frame.call.doors.want_scores(view):
        return in_columns(kept_scores(view), ids)
    return found
