"""What customers brought and their Pareto classes alone: what a list of accounts shows of the portfolio."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from uuid import UUID

import msgspec

from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.selection.pareto import Place
from projections.kept_answers import Grain, kept
from projections.portfolio_facts import bought, period_of_model
from projections.portfolio_positions import classes
from projections.view import View


class Brought(msgspec.Struct, frozen=True):
    """What a customer brought in the period of the model, in the reporting currency, and the place that this makes."""

    revenue: Decimal
    place: Place

    @property
    def abc(self) -> str:
        """Its class."""
        return self.place.abc.value


def brought(view: View) -> dict[UUID, Brought]:
    """Of all customers that the asker may see, as `portfolio` says it; accounts that were merged are one.

    Raises SelectionModelUnknown.
    """
    return kept(view, "brought", dict[UUID, Brought], partial(_brought, view), grain=Grain.DAY, shared=True)


def _brought(view: View) -> dict[UUID, Brought]:
    model = view.policies.selection_model(DEFAULT_MODEL)
    model.must_exist(DEFAULT_MODEL)
    found = bought(view, period_of_model(view, model))
    places = classes(model, found)
    return {account: Brought(each.revenue, places[account]) for account, each in found.items()}
