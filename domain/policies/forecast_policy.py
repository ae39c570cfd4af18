"""The forecast policy: by which method the company forecasts, when forecasts are kept, how much history is enough."""

from __future__ import annotations

import enum

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy, policy_id

MONDAY = 1
ENOUGH_CLOSED = 30


class ForecastMethod(enum.StrEnum):
    """How a forecast is made. The last three know periods alone: with one of them, opportunities have the win rates of
    their stages."""

    HAZARD = "hazard"
    STAGE_RATES = "stage_rates"
    STAGE_WEIGHTED = "stage_weighted"
    LAST_YEAR = "last_year"
    LAST_QUARTER = "last_quarter"
    AVERAGE_OF_FOUR = "average_of_four"


class NotAWeekday(Refused):
    """{found} is not a day of the week: state 1 (Monday) to 7 (Sunday)."""


class ClosedDealsNegative(Refused):
    """A floor of {found} closed opportunities is not possible: state 0 or more."""


@learn
class ForecastPolicy(Policy, eq=False):
    """How the company forecasts. Undefined, the values that KAMS ships hold.

    `method` is the one in use: the program proposes, it never changes it. On the `snapshot_weekday` (1 is Monday) at
    six in the morning forecasts are kept. Nothing is learned from fewer than `enough_closed` closed opportunities.
    """

    edition: int = 0
    method: ForecastMethod = ForecastMethod.HAZARD
    snapshot_weekday: int = MONDAY
    enough_closed: int = ENOUGH_CLOSED

    class Defined(Event):
        """How the company forecasts, as a whole."""

        edition: int
        method: ForecastMethod
        snapshot_weekday: int
        enough_closed: int

        def check(self, policy: ForecastPolicy) -> None:
            if not 1 <= self.snapshot_weekday <= 7:
                raise NotAWeekday(found=self.snapshot_weekday)
            if self.enough_closed < 0:
                raise ClosedDealsNegative(found=self.enough_closed)

        def apply(self, policy: ForecastPolicy) -> None:
            for name in self.__struct_fields__:
                setattr(policy, name, getattr(self, name))

    class FactWithdrawn(Withdrawal):
        """A definition is taken back (冲销)."""

    @command
    def define(
        self,
        *,
        method: ForecastMethod = ForecastMethod.HAZARD,
        snapshot_weekday: int = MONDAY,
        enough_closed: int = ENOUGH_CLOSED,
    ) -> None:
        """Say how the company forecasts; what is left out takes the value that KAMS ships."""
        same = (method, snapshot_weekday, enough_closed) == (self.method, self.snapshot_weekday, self.enough_closed)
        if not (same and self.edition):
            self.record(
                self.Defined(
                    edition=self.root.version + 1,
                    method=method,
                    snapshot_weekday=snapshot_weekday,
                    enough_closed=enough_closed,
                )
            )

    @command
    def use(self, *, method: ForecastMethod) -> None:
        """From now on forecast by another method; all else stays."""
        self.define(method=method, snapshot_weekday=self.snapshot_weekday, enough_closed=self.enough_closed)


def default_forecast_policy() -> ForecastPolicy:
    """The policy of a system that was never told of one."""
    return ForecastPolicy(id=policy_id("ForecastPolicy"))
