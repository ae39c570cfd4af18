"""Days, moments and nouns in sentences: as they are stored, or as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.language.catalogue import say
from domain.language.days import (
    Calendar,
    shown_day,
    shown_exactly,
    shown_moment,
    shown_money,
    writing_days,
    zone_written,
)
from domain.language.languages import Language, speaking

DAY, MOMENT = date(2026, 9, 22), datetime(2026, 9, 22, 1, 10, tzinfo=UTC)
CALENDAR = Calendar(
    "Asia/Shanghai",
    lambda day: f"{day:%d.%m.%y}",
    lambda moment: f"{moment:%H h %M}",
    lambda amount, currency: f"{currency} {amount:.0f}",
    lambda amount, currency: f"{currency} {amount:.2f}",
)


def test_elsewhere_a_day_is_said_as_it_is_stored() -> None:
    assert say("was due on {day}", day=DAY) == "was due on 2026-09-22"
    assert (shown_day(DAY), shown_moment(MOMENT)) == ("2026-09-22", "2026-09-22 01:10 UTC")
    assert zone_written() == ""


def test_on_a_page_a_day_and_a_moment_are_written_as_people_do() -> None:
    with writing_days(CALENDAR):
        assert say("was due on {day}, at {moment}", day=DAY, moment=MOMENT) == "was due on 22.09.26, at 01 h 10"
        assert (shown_day(DAY), shown_moment(MOMENT)) == ("22.09.26", "01 h 10")
        assert zone_written() == "Asia/Shanghai"
    assert zone_written() == ""


def test_money_is_written_as_people_do_where_days_are() -> None:
    assert (shown_money(Decimal(5), "EUR"), shown_exactly(Decimal(5), "EUR")) == (None, None)
    with writing_days(CALENDAR):
        assert (shown_money(Decimal(5), "EUR"), shown_exactly(Decimal(5), "EUR")) == ("EUR 5", "EUR 5.00")


def test_a_sentence_that_says_how_a_day_is_written_is_left_to_it() -> None:
    with writing_days(CALENDAR):
        assert say("on {day:%Y}", day=DAY) == "on 2026"


@pytest.mark.parametrize(
    ("days", "said"), [(1, "1 day"), ("1", "1 day"), (0, "0 days"), (11, "11 days"), (1.5, "1.5 days")]
)
def test_a_noun_goes_by_its_number(days: object, said: str) -> None:
    assert say("{days} [day|days] ago", days=days) == f"{said} ago"


def test_the_number_next_before_a_noun_counts() -> None:
    said = say("{count} [amount|amounts] in {currency} [is|are] in no sum", count=1, currency="USD")
    assert said == "1 amount in USD is in no sum"
    assert say("pushed {n} [time|times], {days} [day|days]", n=1, days=40) == "pushed 1 time, 40 days"


def test_a_number_that_answers_why_counts_too() -> None:
    assert say("{days} [day|days] ago", days='<a href="/why?1">1</a>') == '<a href="/why?1">1</a> day ago'


def test_in_chinese_a_noun_is_one_word() -> None:
    with speaking(Language.CHINESE):
        assert say("{days} [day|days] ago", days=1) == "1 天前"
