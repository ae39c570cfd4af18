"""Numbers, money, days and moments as the reader's language writes them (CLDR, by Babel)."""

from __future__ import annotations

import base64
import enum
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from api.console.frame import Frame
from api.console.money_writing import in_a_word, in_currency
from domain.language.catalogue import say, spoken_detail, term
from domain.language.days import Calendar
from domain.language.languages import Language, spoken
from domain.money import Money
from domain.policies.calendar import DAYS, MONTH, QUARTER, YEAR, day_of

if TYPE_CHECKING:
    from markupsafe import Markup

DASH = "–"
NOTHING = Decimal(0)
"""As it is written, whatever sign it has."""
MOST_SAID = 10_000
"""So many amounts and days are kept as they are written: to write one takes longer than to look it up."""
Amount = Decimal | int | float
LOCALES = {Language.ENGLISH: "en_GB", Language.CHINESE: "zh_Hans_CN"}


def locale() -> str:
    """The locale of the spoken language."""
    return LOCALES[spoken()]


def number(value: Amount | None, digits: int = 0) -> str:
    """A number with at most so many digits after the point; a dash where there is none."""
    return DASH if value is None else _number(_rounded(value, digits), digits, locale())


@lru_cache(MOST_SAID)
def _number(value: Decimal, digits: int, locale: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, "#,##0." + "#" * digits if digits else "#,##0", locale)


def position(value: int | None) -> str:
    """A place in the journal as addresses and fields take it, without grouping: it is a name, not an amount."""
    return DASH if value is None else str(value)


def in_hex(value: str) -> str:
    """A hash as pages tell it, of which an answer gives the base64."""
    return base64.b64decode(value).hex()


def percent(share: Amount | None, digits: int = 0) -> str:
    """A share between 0 and 1 as percent."""
    return DASH if share is None else _percent(share or NOTHING, digits, locale())


@lru_cache(MOST_SAID)
def _percent(share: Amount, digits: int, locale: str) -> str:
    from babel.numbers import format_percent

    return format_percent(share, "#,##0." + "0" * digits + "%" if digits else "#,##0%", locale)


def money(value: Money | Amount | None, currency: str = "") -> str:
    """An amount to the unit, or to the cent where it is small; `currency` where the value does not know its own."""
    if value is None:
        return DASH
    amount, currency = _parts(value, currency)
    if not currency:
        return number(amount, 0 if abs(amount) >= 1000 else 2)
    return _money(amount, currency, locale())


@lru_cache(MOST_SAID)
def full_money(amount: Decimal, currency: str, locale: str) -> str:
    """Money to the last minor unit of its currency, in a locale."""
    from babel.numbers import get_currency_precision

    return in_currency(amount, get_currency_precision(currency), currency, locale)


@lru_cache(MOST_SAID)
def _money(amount: Decimal, currency: str, locale: str) -> str:
    return in_currency(amount, 0 if abs(amount) >= 1000 or amount == int(amount) else 2, currency, locale)


def exact_money(value: Money | Amount | None, currency: str = "", *, sign: bool = False) -> str:
    """An amount to the cent, for what adds up; a change with its sign."""
    if value is None:
        return DASH
    amount, currency = _parts(value, currency)
    said = full_money(amount, currency, locale()) if currency else number(amount, 2)
    return signed(said, amount) if sign else said.replace("-", "−")


def signed(said: str, change: Amount) -> str:
    """A change as people read it, who look for its sign."""
    return f"+{said}" if change > 0 else said.replace("-", "−")


def short_money(value: Money | Amount | None, currency: str = "") -> str:
    """An amount in a word, such as ¥1.2m: for tiles and cards, beside which the whole amount stands."""
    if value is None:
        return DASH
    amount, currency = _parts(value, currency)
    return _short(amount, currency, locale()) if currency else number(amount)


@lru_cache(MOST_SAID)
def _short(amount: Decimal, currency: str, locale: str) -> str:
    return in_a_word(amount, currency, locale)


def day(value: date | str | None) -> str:
    """A day: 31 Oct 2026, 2026年10月31日."""
    if value is None or value == "":
        return DASH
    return _day(date.fromisoformat(value) if isinstance(value, str) else value, locale())


@lru_cache(MOST_SAID)
def _day(value: date, locale: str) -> str:
    from babel.dates import format_date

    return format_date(value, "medium", locale)


def word(value: enum.Enum | str | None, kind: str = "") -> str:
    """A value of an enumeration as people say it; a text by the name of the enumeration it belongs to."""
    if value is None:
        return DASH
    if isinstance(value, enum.Enum):
        return str(spoken_detail(value))
    return term(kind, value)


def period(key: str) -> str:
    """A period by its key as people say it: Q4 2026, Oct 2026, fiscal year 2026; another text as it is."""
    from babel.dates import format_skeleton

    if found := QUARTER.fullmatch(key):
        return say("Q{number} {year}", number=found[2], year=found[1])
    if found := MONTH.fullmatch(key):
        return str(format_skeleton("yMMM", date(int(found[1]), int(found[2]), 1), locale=locale()))
    if found := DAYS.fullmatch(key):
        return f"{day(found[1])} – {day(found[2])}"
    return say("Fiscal year {year}", year=key) if YEAR.fullmatch(key) else key


def weekday(value: date) -> str:
    """The day of the week in short: Mon, 周一."""
    from babel.dates import format_date

    return format_date(value, "EEE", locale())


def month(value: date) -> str:
    """The month of a day: October 2026, 2026年10月."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", value, locale=locale())


def lasting(value: timedelta | None) -> str:
    """How long something takes: 3 days, 5 hours."""
    from babel.dates import format_timedelta

    return DASH if value is None else str(format_timedelta(value, granularity="minute", locale=locale()))


def as_json(value: Any) -> str:
    """What a chart is given. It stands in an attribute, escaped like every text."""
    return msgspec.json.encode(value, enc_hook=float).decode()


def _parts(value: Money | Amount, currency: str) -> tuple[Decimal, str]:
    return (value.amount, value.currency) if isinstance(value, Money) else (Decimal(str(value)) or NOTHING, currency)


def _rounded(value: Amount, digits: int) -> Decimal:
    return round(Decimal(str(value)), digits) or NOTHING


def capital(words: str) -> str:
    """Words as a heading or a sentence begins."""
    return words[:1].upper() + words[1:]


FILTERS: dict[str, Callable[..., str | Markup]] = {
    "number": number,
    "position": position,
    "in_hex": in_hex,
    "percent": percent,
    "money": money,
    "short_money": short_money,
    "signed": signed,
    "exact_money": exact_money,
    "day": day,
    "lasting": lasting,
    "month": month,
    "period": period,
    "weekday": weekday,
    "word": word,
    "json": as_json,
    "capital": capital,
}


@lru_cache(MOST_SAID)
def _moment(value: datetime, zone: str, locale: str) -> str:
    from babel.dates import format_datetime

    return format_datetime(value, "medium", ZoneInfo(zone), locale).rpartition(":")[0]


class Formats:
    """Moments in the company's time zone."""

    def __init__(self, frame: Frame[Any]) -> None:
        self._company = frame.call.doors.calendar.company
        self.zone = self._company.time_zone

    def calendar(self) -> Calendar:
        """How sentences of pages write days and moments."""
        return Calendar(self.zone, day, self.moment, money, exact_money)

    def moment(self, value: datetime | None) -> str:
        """A day and time of the company's clock."""
        return DASH if value is None else _moment(value, self.zone, locale())

    def day(self, value: datetime | date | None) -> str:
        """The day of the company's calendar on which a moment falls."""
        return day(day_of(self._company, value) if isinstance(value, datetime) else value)

    def month(self, value: datetime | date) -> str:
        """The month of the company's calendar in which a moment falls, short: Oct 26, 26年10月."""
        from babel.dates import format_date

        found = day_of(self._company, value) if isinstance(value, datetime) else value
        return format_date(found, "yy年M月" if spoken() is Language.CHINESE else "MMM yy", locale())

    def iso(self, value: datetime | None) -> str:
        """The day as addresses and date fields take it."""
        return "" if value is None else day_of(self._company, value).isoformat()
