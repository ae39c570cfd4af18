"""The figures of buying behaviour (购买行为): pure functions of dated amounts and days."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import fmean, median

import msgspec

from domain.policies.calendar import Period

YEAR = 365
VOLUME = re.compile(r"([A-Z]{3})?\s*(\d[\d,_' ]*(?:\.\d+)?)\s*([万亿])?\s*([A-Z]{3})?")
TIMES = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}


class Bought(msgspec.Struct, frozen=True):
    """What an account bought of a product line on a day, in the reporting currency; credit notes are negative.

    `margin` is that of the documents which state one, `with_margin` their revenue; `is_purchase` where a document
    with positive revenue is among them.
    """

    day: date
    product_line: str
    revenue: Decimal
    margin: Decimal
    with_margin: Decimal
    is_purchase: bool
    documents: int
    positions: tuple[int, ...]


class Invoice(msgspec.Struct, frozen=True):
    """An invoice; `amount` in the reporting currency, `paid_on` None while it is open."""

    amount: Decimal
    due_on: date
    paid_on: date | None
    position: int


class Rhythm(msgspec.Struct):
    """How often an account buys: days from one purchase day to the next, of those that end within the period.

    `overdue_by` is how many days the next purchase is later than the median gap; negative where it is not due yet.
    Where no gap ends within the period, all earlier gaps stand for it.
    """

    purchase_days: int
    mean_days: float | None
    median_days: float | None
    last_purchase: date | None
    days_since: int | None
    overdue_by: float | None
    positions: list[int]


class LineShare(msgspec.Struct):
    """A product line within the period: its revenue, its share of all, its margin as amount and part of revenue."""

    product_line: str
    revenue: Decimal
    share: float | None
    margin: Decimal | None
    margin_rate: float | None
    positions: list[int]


class Trend(msgspec.Struct):
    """Revenue of the period against the same days a year before; `change` 0.1 is a tenth more, None without any."""

    revenue: Decimal
    before: Decimal
    before_from: date
    before_to: date
    change: float | None
    positions: list[int]


class QuarterBought(msgspec.Struct):
    """Revenue of a quarter against the one a year before; of one that is running, up to `last`, both end with the same
    day of the calendar. `change` 0.1 is a tenth more, None without any."""

    period: str
    first: date
    last: date
    revenue: Decimal
    before: Decimal
    change: float | None
    positions: list[int]
    positions_before: list[int]


class Concentration(msgspec.Struct):
    """How much hangs on few product lines: 1 is all on one; among n equal lines it is 1 / n."""

    herfindahl: float | None
    largest: str
    largest_share: float | None


class Punctuality(msgspec.Struct):
    """How an account pays: invoices paid within the period, and those open at its end.

    `on_time_share` and `mean_days_late` are weighted by amount; early and on the day count as 0 days late.
    """

    paid: int
    on_time_share: float | None
    mean_days_late: float | None
    open_amount: Decimal
    overdue_amount: Decimal
    longest_overdue_days: int
    positions: list[int]


def rhythm(bought: Sequence[Bought], first: date, last: date) -> Rhythm:
    """The rhythm of purchases up to `last`; those before `first` only begin a gap. Days with credit notes alone are
    no purchase days."""
    days = sorted({each.day for each in bought if each.is_purchase})
    within = [(after - before).days for before, after in gaps(bought, first)]
    usual = float(median(within)) if within else None
    newest = days[-1] if days else None
    since = (last - newest).days if newest else None
    return Rhythm(
        purchase_days=sum(day >= first for day in days),
        mean_days=round(fmean(within), 1) if within else None,
        median_days=usual,
        last_purchase=newest,
        days_since=since,
        overdue_by=None if usual is None or since is None else since - usual,
        positions=_behind([each for each in bought if each.day >= first or each.day == newest]),
    )


def gaps(bought: Sequence[Bought], first: date) -> list[tuple[date, date]]:
    """From one purchase day to the next: those that end on `first` or later, else all."""
    every = list(pairwise(sorted({each.day for each in bought if each.is_purchase})))
    return [each for each in every if each[1] >= first] or every


def mix(bought: Sequence[Bought], first: date) -> list[LineShare]:
    """The product lines from `first` on, the largest revenue first. Shares are of the sum of all lines."""
    by_line: dict[str, list[Bought]] = {}
    for each in bought:
        if each.day >= first:
            by_line.setdefault(each.product_line, []).append(each)
    whole = sum((each.revenue for of_line in by_line.values() for each in of_line), Decimal(0))
    lines = [_line(name, of_line, whole) for name, of_line in by_line.items()]
    return sorted(lines, key=lambda line: (-line.revenue, line.product_line))


def _line(name: str, bought: Sequence[Bought], whole: Decimal) -> LineShare:
    revenue = sum((each.revenue for each in bought), Decimal(0))
    base = sum((each.with_margin for each in bought), Decimal(0))
    margin = sum((each.margin for each in bought), Decimal(0))
    known = base != 0 or margin != 0
    return LineShare(
        product_line=name,
        revenue=revenue,
        share=_part(revenue, whole),
        margin=margin if known else None,
        margin_rate=_part(margin, base),
        positions=_behind(bought),
    )


def trend(bought: Sequence[Bought], first: date, last: date) -> Trend:
    """Revenue from `first` to `last` against the same days of the calendar a year before."""
    earlier_first, earlier_last = a_year_before(first), a_year_before(last)
    now = [each for each in bought if first <= each.day <= last]
    then = [each for each in bought if earlier_first <= each.day <= earlier_last]
    revenue = sum((each.revenue for each in now), Decimal(0))
    before = sum((each.revenue for each in then), Decimal(0))
    change = round(float(revenue / before) - 1, 4) if before > 0 else None
    return Trend(revenue, before, earlier_first, earlier_last, change, _behind([*then, *now]))


def by_quarter(bought: Sequence[Bought], quarters: Sequence[Period], last: date) -> list[QuarterBought]:
    """What was bought in each of these quarters, up to the last day."""
    return [_quarter(bought, each, min(each.last, last)) for each in quarters]


def _quarter(bought: Sequence[Bought], days: Period, last: date) -> QuarterBought:
    is_over = last == days.last
    ends = a_year_before(last + timedelta(days=1)) - timedelta(days=1) if is_over else a_year_before(last)
    now = [each for each in bought if days.first <= each.day <= last]
    then = [each for each in bought if a_year_before(days.first) <= each.day <= ends]
    revenue, before = (sum((each.revenue for each in some), Decimal(0)) for some in (now, then))
    change = round(float(revenue / before) - 1, 4) if before > 0 else None
    return QuarterBought(days.key, days.first, last, revenue, before, change, _behind(now), _behind(then))


def concentration(lines: Sequence[LineShare]) -> Concentration:
    """The Herfindahl–Hirschman index of the product lines: the sum of their squared shares.

    O. C. Herfindahl, Concentration in the U.S. Steel Industry (1950); A. O. Hirschman, The Paternity of an Index,
    American Economic Review 54 (1964). Only lines with positive revenue have a share.
    """
    positive = [line for line in lines if line.revenue > 0]
    whole = sum((line.revenue for line in positive), Decimal(0))
    if not positive:
        return Concentration(None, "", None)
    index = sum((line.revenue / whole) ** 2 for line in positive)
    return Concentration(round(float(index), 4), positive[0].product_line, _part(positive[0].revenue, whole))


def punctuality(invoices: Sequence[Invoice], first: date, last: date) -> Punctuality:
    """Invoices paid from `first` to `last`, and those that are open at the end of `last`."""
    paid = paid_within(invoices, first, last)
    unpaid = [each for each in invoices if each.paid_on is None or each.paid_on > last]
    overdue = [each for each in unpaid if each.due_on < last]
    weight = sum((each.amount for each, _ in paid), Decimal(0))
    on_time = sum((each.amount for each, on in paid if on <= each.due_on), Decimal(0))
    late = sum((each.amount * max(0, (on - each.due_on).days) for each, on in paid), Decimal(0))
    return Punctuality(
        paid=len(paid),
        on_time_share=_part(on_time, weight),
        mean_days_late=round(float(late / weight), 1) if weight else None,
        open_amount=sum((each.amount for each in unpaid), Decimal(0)),
        overdue_amount=sum((each.amount for each in overdue), Decimal(0)),
        longest_overdue_days=max(((last - each.due_on).days for each in overdue), default=0),
        positions=sorted(each.position for each in [*(one for one, _ in paid), *unpaid]),
    )


def paid_within(invoices: Sequence[Invoice], first: date, last: date) -> list[tuple[Invoice, date]]:
    """The invoices paid from `first` to `last`, each with the day."""
    paid = ((each, each.paid_on) for each in invoices)
    return [(each, on) for each, on in paid if on is not None and first <= on <= last]


def volume_of(stated: str, currency: str) -> tuple[Decimal, str] | None:
    """The amount and currency of an annual purchase volume as people write it, or None where it is no number:
    "1,200,000", "EUR 1200000", "120万 CNY". `currency` is meant where none is written."""
    found = VOLUME.fullmatch(stated.strip())
    if found is None or (found[1] and found[4]):
        return None
    number = Decimal(re.sub(r"[,_' ]", "", found[2])) * TIMES[found[3] or ""]
    return (number, found[1] or found[4] or currency) if number > 0 else None


def revenue_of_the_year(bought: Sequence[Bought], last: date) -> tuple[Decimal, list[int]]:
    """Revenue of the 365 days that end with `last`, and the positions behind it."""
    year = [each for each in bought if 0 <= (last - each.day).days < YEAR]
    return sum((each.revenue for each in year), Decimal(0)), _behind(year)


def a_year_before(day: date) -> date:
    """The same day of the calendar a year before; 28 February for the 29th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day - timedelta(days=366)


def converted(amount: Decimal, currency: str, rates: Mapping[str, Decimal]) -> Decimal | None:
    """An amount in the reporting currency; None without a rate."""
    rate = rates.get(currency)
    return None if rate is None else amount * rate


def _part(part: Decimal, whole: Decimal) -> float | None:
    return round(float(part / whole), 4) if whole > 0 else None


def _behind(bought: Sequence[Bought]) -> list[int]:
    return sorted(position for each in bought for position in each.positions)
