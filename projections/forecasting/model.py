"""The model of a company: when its deals close and what a period brings, as numbers that can be stored."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
import numpy as np

from domain.decodable import decodable
from projections.forecasting.chances import ChanceModel, fit_chances
from projections.forecasting.histories import Histories, Outcome
from projections.forecasting.revenue_past import RevenueModel, fit_revenue
from projections.forecasting.single import by_one_thread

METHOD = "hazard"
EDITION = 5
"""Raise it with every change of what is learned or how it is applied: kept models of another edition are not used."""


def ours() -> str:
    """How the versions of models begin that this program can apply."""
    return f"{METHOD}-{EDITION}-"


class Model(msgspec.Struct, frozen=True):
    """What was learned: by which method, on what day, from events up to which position and how many closed deals."""

    method: str
    edition: int
    day: int
    position: int
    deals: int
    chances: ChanceModel
    revenue: RevenueModel

    @property
    def enough(self) -> bool:
        """Whether there was enough history to learn from."""
        return self.chances.enough

    @property
    def basis(self) -> str:
        """What the model rests on, or why it says nothing."""
        return self.chances.basis

    @property
    def version(self) -> str:
        """Method, edition and the numbers: equal where the numbers are."""
        numbers = msgspec.structs.replace(self, position=0)
        return f"{self.method}-{self.edition}-{blake2b(encode(numbers)).hexdigest()[:12]}"


@by_one_thread
def fit(h: Histories, position: int) -> Model:
    """Learn from all that was known at the moment of the histories, which saw the events up to the position."""
    chances = fit_chances(h)
    closed = int(np.count_nonzero(h.outcome != Outcome.OPEN))
    return Model(METHOD, EDITION, h.day, position, closed, chances, fit_revenue(h, chances))


def encode(model: Model) -> bytes:
    """The numbers of a model; equal models give equal bytes."""
    return msgspec.msgpack.encode(model)


def decode(numbers: bytes) -> Model:
    """The model of stored numbers."""
    return msgspec.msgpack.decode(numbers, type=decodable(Model))
