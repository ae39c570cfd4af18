"""The funnel at many moments in one question: what a slider shows while it moves through a year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from projections.deals import Filters
from projections.funnel import FunnelAnswer, funnel
from projections.view import View


def frames(view: View, moments: Sequence[datetime], filters: Filters | None = None) -> list[FunnelAnswer]:
    """The funnel as of each of these moments, by what is known in the view: each is what `funnel` says of it."""
    return [funnel(view.at(moment), filters) for moment in moments]
