"""Words of pages: periods as people name them, and nouns beside numbers that answer "why?"."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from api.console.formats import period
from api.console.rendering import environment
from domain.language.languages import Language, speaking


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("2026-Q4", "Q4 2026"),
        ("2026-10", "Oct 2026"),
        ("2026", "Fiscal year 2026"),
        ("2026-10-15..2026-11-14", "15 Oct 2026 – 14 Nov 2026"),
        ("deals", "deals"),
    ],
)
def test_a_period_is_named_in_one_way(key: str, said: str) -> None:
    assert period(key) == said


@pytest.mark.parametrize(("count", "said"), [(1, "1</a> day ago"), (11, "11</a> days ago")])
def test_a_noun_goes_by_the_number_that_is_a_link(count: int, said: str) -> None:
    source = """{{ _("{days} [day|days] ago", days=link) }}"""
    link = environment().from_string('<a href="/why?11">{{ n }}</a>').render(n=count)
    assert said in environment().from_string(source).render(link=Markup(link))
    with speaking(Language.CHINESE):
        assert "天前" in environment().from_string(source).render(link=Markup(link))
