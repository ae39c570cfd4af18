"""The customer's decision process as rows: steps, budget, what makes him decide now."""

from __future__ import annotations

from datetime import date

import msgspec

from domain.decodable import decodable
from domain.opportunity.decision_process import DecisionProcess, DecisionStep
from domain.sealed import Sealed
from projections.engine import Envelope, ReadModel, Row, on

_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_decode = msgspec.msgpack.Decoder(decodable(tuple[DecisionStep, ...])).decode


class DecisionProcessRow(Row):
    """How the customer decides, by opportunity (the key). `steps` is read by `steps_of`; `step_count` how many they
    are, `ends_on` the date of the last dated one; what compels him stays sealed."""

    step_count: int = 0
    ends_on: date | None = None
    budget_approved: bool | None = None
    compelling_event: Sealed | None = None
    compelling_on: date | None = None
    steps: bytes = b""


class DecisionProcessModel(ReadModel):
    """One row per opportunity whose decision process is known."""

    name = "decision_process"
    version = 1
    row = DecisionProcessRow

    @on(DecisionProcess.DecisionProcessRecorded)
    def recorded(
        self, row: DecisionProcessRow | None, event: DecisionProcess.DecisionProcessRecorded, envelope: Envelope
    ) -> DecisionProcessRow:
        """The newest statement holds, as a whole."""
        return DecisionProcessRow(
            step_count=len(event.steps),
            ends_on=max((step.on for step in event.steps if step.on), default=None),
            budget_approved=event.budget_approved,
            compelling_event=event.compelling_event,
            compelling_on=event.compelling_on,
            steps=_encode(event.steps),
        )


def steps_of(stored: bytes) -> tuple[DecisionStep, ...]:
    """The steps as a row keeps them."""
    return _decode(stored) if stored else ()


DECISION_PROCESSES = DecisionProcessModel()
