"""The calendar of the sample company: three years of history, Chinese holidays and make-up working days (调休)."""

from collections.abc import Iterator
from datetime import date, timedelta

FIRST_DAY = date(2023, 11, 1)
"""The day on which the sample company began to keep its records."""
LAST_DAY = date(2026, 10, 31)
"""The day of the export: nothing has happened after it, only plans and expectations lie beyond."""

HOLIDAYS = (
    ("元旦 New Year", date(2024, 1, 1), 1),
    ("春节 Spring Festival", date(2024, 2, 10), 8),
    ("清明节 Qingming", date(2024, 4, 4), 3),
    ("劳动节 Labour Day", date(2024, 5, 1), 5),
    ("端午节 Dragon Boat", date(2024, 6, 10), 1),
    ("中秋节 Mid-Autumn", date(2024, 9, 15), 3),
    ("国庆节 National Day", date(2024, 10, 1), 7),
    ("元旦 New Year", date(2025, 1, 1), 1),
    ("春节 Spring Festival", date(2025, 1, 28), 8),
    ("清明节 Qingming", date(2025, 4, 4), 3),
    ("劳动节 Labour Day", date(2025, 5, 1), 5),
    ("端午节 Dragon Boat", date(2025, 5, 31), 3),
    ("国庆节、中秋节 National Day and Mid-Autumn", date(2025, 10, 1), 8),
    ("元旦 New Year", date(2026, 1, 1), 3),
    ("春节 Spring Festival", date(2026, 2, 15), 9),
    ("清明节 Qingming", date(2026, 4, 4), 3),
    ("劳动节 Labour Day", date(2026, 5, 1), 5),
    ("端午节 Dragon Boat", date(2026, 6, 19), 3),
    ("中秋节 Mid-Autumn", date(2026, 9, 25), 3),
    ("国庆节 National Day", date(2026, 10, 1), 7),
)
"""Name, first day and length in days."""

MAKE_UP_DAYS = tuple(
    date(year, month, day)
    for year, days in (
        (2024, ((2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12))),
        (2025, ((1, 26), (2, 8), (4, 27), (9, 28), (10, 11))),
        (2026, ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))),
    )
    for month, day in days
)


def days_off() -> Iterator[tuple[date, str]]:
    """Every single holiday with its name, in order."""
    for name, first, length in HOLIDAYS:
        for offset in range(length):
            yield first + timedelta(offset), name


DAYS_OFF = frozenset(day for day, _ in days_off())


def is_working(day: date) -> bool:
    """Whether the sample company works on that day."""
    return day in MAKE_UP_DAYS or (day.weekday() < 5 and day not in DAYS_OFF)


def working_day(day: date) -> date:
    """That day, or the first working day after it."""
    while not is_working(day):
        day += timedelta(1)
    return day


def last_working_day(day: date) -> date:
    """That day, or the last working day before it."""
    while not is_working(day):
        day -= timedelta(1)
    return day


def working_day_after(day: date) -> date:
    """The first working day later than that day."""
    return working_day(day + timedelta(1))


def quarter(day: date) -> str:
    """The quarter of a day, as ``2025-Q3``."""
    return f"{day.year}-Q{(day.month - 1) // 3 + 1}"


def month_of_quarter(day: date) -> int:
    """1, 2 or 3."""
    return (day.month - 1) % 3 + 1


def quarter_end(day: date) -> date:
    """The last calendar day of the quarter of a day."""
    following = day.month - (day.month - 1) % 3 + 3
    return date(day.year + following // 13, (following - 1) % 12 + 1, 1) - timedelta(1)


def months() -> Iterator[date]:
    """The first day of every month of the history."""
    day = FIRST_DAY
    while day <= LAST_DAY:
        yield day
        day = (day + timedelta(31)).replace(day=1)
