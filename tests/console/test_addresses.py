"""Addresses of pages: what they state comes back as it was, beside the clocks of the page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote_plus

from api.console.rendering import Links

TEXTS = [
    *map(chr, range(1, 128)),
    "funnel?account=0b7e&measure=amount",
    "100% of a+b = c&d #1",
    "何子墨 & 张",
    "a,b:c",
    "~tilde_and-dash.",
]


def links(**clocks: Any) -> Links:
    """The links of a page with these clocks in its address."""
    frame: Any = SimpleNamespace(query=SimpleNamespace(**{"as_of": None, "known_at": None, **clocks}))
    return Links(frame)


def test_a_value_stands_in_an_address_as_forms_write_it() -> None:
    for text in TEXTS:
        address = links().url("/console/why", explain=text)
        assert address == f"/console/why?explain={quote_plus(text, safe=',:')}"
        assert parse_qs(address.partition("?")[2]) == {"explain": [text]}


def test_the_clocks_of_the_page_go_along_unless_others_are_stated() -> None:
    then = links(as_of="2026-03-31", known_at="55673")
    assert then.url("/console/") == "/console/?as_of=2026-03-31&known_at=55673"
    assert then.url("/console/", rows=25) == "/console/?as_of=2026-03-31&known_at=55673&rows=25"
    assert then.url("/console/", rows=25, as_of="2025-12-31") == "/console/?as_of=2025-12-31&known_at=55673&rows=25"
    assert then.url("/console/", as_of=None, known_at=None) == "/console/"


def test_what_says_nothing_is_left_out() -> None:
    assert links().url("/console/", rows=None, q="", key=False, of=(1, 2), all=True) == "/console/?of=1,2&all=true"
