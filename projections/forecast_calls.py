"""Forecast calls as rows (预测提交): one per person, period and layer, as it stands."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.forecast_call.forecast_call import Computed, ForecastCall
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on

SUBMITTED = "submitted"


class ForecastCallRow(Row):
    """What stands in a layer of a person's period: `submitted` by him, or adjusted as `owner` or `manager`.

    `amount` is for the whole period, of a submission what is committed; `computed` is what KAMS said at that moment,
    in `computed_currency`, by the model of a version. Reason and the rest of what was computed are in the event at
    `position`.
    """

    member: UUID | None = None
    period: str = ""
    layer: str = ""
    currency: str = ""
    amount: Decimal = Decimal(0)
    best_case: Decimal | None = None
    pipeline: Decimal | None = None
    computed: Decimal = Decimal(0)
    computed_currency: str = ""
    model_version: str = ""
    by: UUID | None = None
    said_at: datetime | None = None
    position: int = 0


class ForecastCallModel(ReadModel):
    """One row per call and layer."""

    name = "forecast_call"
    version = 1
    row = ForecastCallRow
    indexes = (("period",),)

    @on(ForecastCall.Submitted, key=lambda envelope, _: child_key(envelope, SUBMITTED.encode()))
    def submitted(
        self, row: ForecastCallRow | None, event: ForecastCall.Submitted, envelope: Envelope
    ) -> ForecastCallRow:
        """The newest submission."""
        row = _row(event.member, event.period, SUBMITTED, event.computed, envelope)
        row.currency, row.amount, row.by = event.commit.currency, event.commit.amount, event.member
        row.best_case = event.best_case.amount if event.best_case else None
        row.pipeline = event.pipeline.amount if event.pipeline else None
        return row

    @on(ForecastCall.Adjusted, key=lambda envelope, event: child_key(envelope, event.layer.encode()))
    def adjusted(
        self, row: ForecastCallRow | None, event: ForecastCall.Adjusted, envelope: Envelope
    ) -> ForecastCallRow:
        """The newest adjustment of its layer."""
        row = _row(event.member, event.period, event.layer.value, event.computed, envelope)
        row.currency, row.amount, row.by = event.amount.currency, event.amount.amount, event.by
        return row


def _row(member: UUID, period: str, layer: str, computed: Computed, envelope: Envelope) -> ForecastCallRow:
    return ForecastCallRow(
        member=member,
        period=period,
        layer=layer,
        computed=computed.value,
        computed_currency=computed.currency,
        model_version=computed.model_version,
        said_at=envelope.occurred_at,
        position=envelope.position,
    )


FORECAST_CALLS = ForecastCallModel()
