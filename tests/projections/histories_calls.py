"""Random forecast calls of our people."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from domain.aggregate import Event
from domain.forecast_call.forecast_call import Computed, ForecastCall, Layer, call_id
from domain.money import Money


def of_call(chance: random.Random, members: Sequence[UUID], periods: Sequence[str]) -> tuple[UUID, Event]:
    """A submission or an adjustment, and the stream that it belongs to."""
    member, period = chance.choice(members), chance.choice(periods)
    currency, amount = chance.choice(["EUR", "USD"]), Decimal(chance.randint(0, 5)) * 100
    computed = chance.choice(
        [
            Computed(),
            Computed(currency="EUR", weighted=amount + 1, model="hazard", model_version="hazard-1", position=7),
            Computed(currency="EUR", weighted=amount + 1, p10=amount, p50=amount + 2, p90=amount + 3),
        ]
    )
    stream = call_id(member, period)
    if chance.random() < 0.5:
        above = chance.choice([None, Money.of(amount + 50, currency)])
        return stream, ForecastCall.Submitted(
            member=member, period=period, commit=Money.of(amount, currency), best_case=above, computed=computed
        )
    layer = chance.choice(list(Layer))
    by = member if layer is Layer.OWNER else next(each for each in members if each != member)
    return stream, ForecastCall.Adjusted(
        member=member,
        period=period,
        layer=layer,
        amount=Money.of(amount, currency),
        reason="experience",
        by=by,
        computed=computed,
    )
