"""The company (公司): what "a quarter", "overdue" and "within four hours" mean."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.currencies import currency_code
from domain.errors import Refused
from domain.money import Money
from domain.policies.policy import Policy, policy_id

MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)
NINE_TO_SIX = (dt.time(9), dt.time(18))


class TimeZoneUnknown(Refused):
    """{found} is not a time zone: state a name of the IANA database, such as Asia/Shanghai or Europe/Berlin."""


class NotAMonth(Refused):
    """{found} is not a month in which a fiscal year can start: state 1 to 12."""


class NotWorkingDays(Refused):
    """{found} are not the working days of a week: state one or more of 1 (Monday) to 7 (Sunday), each once."""


class NotWorkingHours(Refused):
    """Working hours from {start} to {end} are none: the end must be later than the start."""


class HolidayUnknown(Refused):
    """{day} is no holiday and no make-up day of the company; those of its year are: {known}."""


class GiftLimitNegative(Refused):
    """The gift limit {found} is negative: state 0 or more, or none."""


class Holiday(msgspec.Struct, frozen=True):
    """A day that differs from the week: off, or a make-up working day (调休) where `working`."""

    day: dt.date
    name: str = ""
    working: bool = False


def _see_that_zone_exists(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise TimeZoneUnknown(found=name) from error


@learn
class Company(Policy, eq=False):
    """The company whose accounts these are. Undefined, it keeps UTC and calendar years and has no currency."""

    edition: int = 0
    name: str = ""
    currency: str = ""
    gift_limit: Money | None = None
    language: str = "en"
    fiscal_year_start: int = 1
    time_zone: str = "UTC"
    working_days: tuple[int, ...] = MONDAY_TO_FRIDAY
    working_hours: tuple[dt.time, dt.time] = NINE_TO_SIX
    holidays: dict[dt.date, Holiday] = msgspec.field(default_factory=dict)

    class Defined(Event):
        """What the company is, as a whole."""

        edition: int
        name: str
        currency: str
        gift_limit: Money | None
        language: str
        fiscal_year_start: int
        time_zone: str
        working_days: tuple[int, ...]
        working_hours: tuple[dt.time, dt.time]

        def check(self, company: Company) -> None:
            currency_code(self.currency)
            _see_that_zone_exists(self.time_zone)
            if not 1 <= self.fiscal_year_start <= 12:
                raise NotAMonth(found=self.fiscal_year_start)
            days = self.working_days
            if not days or len(set(days)) < len(days) or not set(days) <= set(range(1, 8)):
                raise NotWorkingDays(found=list(days))
            if self.working_hours[0] >= self.working_hours[1]:
                raise NotWorkingHours(start=self.working_hours[0], end=self.working_hours[1])
            if self.gift_limit and self.gift_limit.amount < 0:
                raise GiftLimitNegative(found=self.gift_limit)

        def apply(self, company: Company) -> None:
            for name in self.__struct_fields__:
                setattr(company, name, getattr(self, name))

    class HolidaySet(Event):
        """A day is a holiday, or a make-up working day."""

        day: dt.date
        name: str
        working: bool

        def apply(self, company: Company) -> None:
            company.holidays[self.day] = Holiday(self.day, self.name, self.working)

    class HolidayRemoved(Event):
        """A day is what its weekday says again."""

        day: dt.date

        def check(self, company: Company) -> None:
            if self.day not in company.holidays:
                known = sorted(day for day in company.holidays if day.year == self.day.year)
                raise HolidayUnknown(day=self.day, known=", ".join(map(str, known)) or "none")

        def apply(self, company: Company) -> None:
            company.holidays.pop(self.day, None)

    class FactWithdrawn(Withdrawal):
        """A fact of the company is taken back (冲销)."""

    @command
    def define(
        self,
        *,
        name: str,
        currency: str,
        gift_limit: Money | None = None,
        language: str = "en",
        fiscal_year_start: int = 1,
        time_zone: str = "UTC",
        working_days: tuple[int, ...] = MONDAY_TO_FRIDAY,
        working_hours: tuple[dt.time, dt.time] = NINE_TO_SIX,
        holidays: tuple[Holiday, ...] | None = None,
    ) -> None:
        """Say what the company is. `holidays`, where stated, replaces all; left out, they stay."""
        event = self.Defined(
            edition=self.root.version + 1,
            name=name,
            currency=currency_code(currency),
            gift_limit=gift_limit and gift_limit.normal(),
            language=language,
            fiscal_year_start=fiscal_year_start,
            time_zone=time_zone,
            working_days=tuple(working_days),
            working_hours=working_hours,
        )
        if not self._is_already(event):
            self.record(event)
        if holidays is not None:
            for gone in sorted(self.holidays.keys() - {holiday.day for holiday in holidays}):
                self.remove_holiday(day=gone)
            for each in holidays:
                self.set_holiday(day=each.day, name=each.name, working=each.working)

    @command
    def set_holiday(self, *, day: dt.date, name: str = "", working: bool = False) -> None:
        """Make a day a holiday, or a make-up working day (调休) where `working`."""
        if self.holidays.get(day) != Holiday(day, name, working):
            self.record(self.HolidaySet(day=day, name=name, working=working))

    @command
    def remove_holiday(self, *, day: dt.date) -> None:
        """Let a day be what its weekday says again."""
        self.record(self.HolidayRemoved(day=day))

    def _is_already(self, event: Company.Defined) -> bool:
        same = all(getattr(self, name) == getattr(event, name) for name in event.__struct_fields__ if name != "edition")
        return same and self.edition > 0


def default_company(currency: str = "") -> Company:
    """The company of a system that was never told of one: UTC, calendar years, the currency given."""
    return Company(id=policy_id("Company"), currency=currency)
