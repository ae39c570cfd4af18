"""Which language is spoken, and how amounts are shown in it."""

from decimal import Decimal

import pytest

from domain.language import Language, language_of, preferred, say, shown_amount, speaking, spoken


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", Language.CHINESE),
        ("zh_CN.UTF-8", Language.CHINESE),
        ("zh-Hans-CN", Language.CHINESE),
        ("EN-us", Language.ENGLISH),
        ("C.UTF-8", None),
        ("", None),
        ("fr", None),
    ],
)
def test_a_locale_names_a_language(tag, language):
    assert language_of(tag) is language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.ENGLISH),
        ("fr", Language.ENGLISH),
        ("fr, zh;q=0.5", Language.CHINESE),
        ("zh;q=0.4, en;q=0.9", Language.ENGLISH),
        ("zh, en", Language.CHINESE),
        ("zh;q=0, en;q=0.1", Language.ENGLISH),
        ("zh;q=much", Language.ENGLISH),
        ("*", Language.ENGLISH),
    ],
)
def test_the_best_wish_that_can_be_met_is_met(header, language):
    assert preferred(header) is language


def test_a_language_is_spoken_inside_and_not_afterwards():
    with speaking(Language.CHINESE):
        assert spoken() is Language.CHINESE
    assert spoken() is Language.ENGLISH


def test_what_has_no_translation_is_said_in_english():
    with speaking(Language.CHINESE):
        assert say("{n} things that nobody translates", n=3) == "3 things that nobody translates"


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("9999.99", "9,999.99", "9,999.99"),
        ("10000", "1万", "10,000"),
        ("12345678.90", "1,234.57万", "12,345,678.90"),
        ("99999999", "10,000万", "99,999,999"),
        ("-250000000", "-2.5亿", "-250,000,000"),
        ("0", "0", "0"),
    ],
)
def test_amounts_are_shown_in_myriads_where_chinese_is_spoken(amount, chinese, english):
    assert shown_amount(Decimal(amount)) == english
    with speaking(Language.CHINESE):
        assert shown_amount(Decimal(amount)) == chinese
