"""What a question will ask, asked in one go: of few accounts to wait for each answer takes longer than to find it."""

from __future__ import annotations

from collections.abc import Callable

from projections.view import View


def foresee(view: View, ask: Callable[[View], object]) -> None:
    """Read in one go what a question will ask of the rows that are read for many moments (`View.through`)."""
    if view.stretches is not None:
        asked = view.beside(view.clock.as_of)
        asked.group_parameters()  # which accounts are one is asked before all else
        view.stretches.foresee(lambda: ask(asked))
