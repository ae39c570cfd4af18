"""Every number of every page answers "why?", and what is told says the same number. On the sample company."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

import httpx
import pytest

from tests.console.serving import SampleConsole

PATHS = (
    "/console/",
    "/console/today/cooling",
    "/console/today/changes",
    "/console/today/findings",
    "/console/funnel?show=picture",
    "/console/funnel?show=board",
    "/console/funnel?show=bridge",
    "/console/forecast",
    "/console/accounts",
    "/console/accounts/coolest?account=A-34",
    "/console/accounts?look=heat",
    "/console/accounts?look=portfolio",
    *(f"/console/account/A-34?section={name}" for name in ("overview", "people", "visits", "business", "service")),
    "/console/opportunity/O-LH-2",
    "/console/issues",
    "/console/issue/K-LH-1",
    "/console/plans",
    "/console/plan/A-01:2026",
    "/console/visits/discipline",
)
LINK = re.compile(r'<a class="why[^"]*"[^>]*?href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
NAMED = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z]-\d+|\d{4}-\d\d-\d\d|\d+")
SCALES = {"k": 1_000.0, "m": 1_000_000.0, "bn": 1e9}
GIVEN = {"Weight", "Required", "Rank", "P10", "P50", "P90", "Off by"}
"""Columns of numbers that a policy states, that stand as they were said, or that follow from those beside them."""
VOID = {"input", "br", "meta", "link", "img", "hr", "use"}
ELSEWHERE = {"a", "thead", "select", "nav", "head", "summary"}
PLACES = {"num", "tile-value", "badge"}


class Number(NamedTuple):
    """A number as it is shown: half a unit of its last digit is what rounding may have taken."""

    value: float
    half: float
    is_share: bool

    def is_that_of(self, exact: Number) -> bool:
        """Whether an exact number is shown so."""
        return abs(self.value - exact.value) <= self.half * 1.02 + 1e-9 and self.is_share == exact.is_share


def number(text: str) -> Number | None:
    """The number that a text is, if it is nothing else."""
    found = re.fullmatch(r"([+−-]?)(?:CN¥)?([\d,]+(?:\.(\d+))?) ?(k|m|bn|%|days?|times)?", text.strip())
    if not found:
        return None
    scale = SCALES.get(found[4], 1.0)
    sign = -1 if found[1] in ("-", "−") else 1
    return Number(
        float(found[2].replace(",", "")) * scale * sign, 0.5 * 10.0 ** -len(found[3] or "") * scale, found[4] == "%"
    )


def text_in(markup: str) -> str:
    seen = re.sub(r'<span class="hidden">.*?</span>', "", markup, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", seen)).strip()


@pytest.fixture(scope="module")
def client(served_sample: SampleConsole) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served_sample.url, follow_redirects=True, timeout=60) as made:
        made.get(served_sample.address())
        made.headers["Accept"] = "text/html"
        yield made


@pytest.fixture(scope="module")
def pages(client: httpx.Client) -> dict[str, str]:
    """Every page and every part of one."""
    found: dict[str, str] = {}
    wanted = [f"{path}{'&' if '?' in path else '?'}as_of=2026-10-31" for path in PATHS]
    while wanted:
        path = wanted.pop()
        if path not in found:
            answer = client.get(path)
            assert answer.status_code == 200, path
            found[path] = answer.text
            wanted += [html.unescape(src) for src in re.findall(r'<kams-part[^>]*? src="([^"]+)"', answer.text)]
    return found


def test_what_is_told_of_a_number_says_that_number(client: httpx.Client, pages: dict[str, str]) -> None:
    links = {html.unescape(address): text_in(shown) for page in pages.values() for address, shown in LINK.findall(page)}
    assert len(links) > 1_400
    kinds = {NAMED.sub("#", address).partition("positions")[0]: address for address in reversed(links)}
    compared, wrong = set[str](), []
    for kind, address in kinds.items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        told = re.search(r'class="why-value">\s*([^<]*)', answer.text)
        exact, shown = number(html.unescape(told[1])) if told else None, number(links[address])
        if exact and shown:
            compared.add(kind)
            if not shown.is_that_of(exact):
                wrong.append((links[address], told and told[1].strip(), address))
    assert wrong == []
    assert len(compared) > 60


class Numbers(HTMLParser):
    """The numbers of cells, tiles and badges that lead nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, set[str]]] = []
        self.heads: list[str] = []
        self.column = 0
        self.silent: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "thead":
                self.heads = []
            case "tr":
                self.column = -1
            case "td" | "th":
                self.column += 1
        if tag not in VOID:
            self.open.append((tag, set((dict(attrs).get("class") or "").split())))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text, tags = data.strip(), {tag for tag, _ in self.open}
        if "thead" in tags and text:
            self.heads.append(text)
        classes = set().union(*(each for _, each in self.open))
        found = number(text)
        if not found or not found.value or not classes & PLACES or tags & ELSEWHERE:
            return
        head = self.heads[self.column] if "tbody" in tags and self.column < len(self.heads) else ""
        if head not in GIVEN:
            self.silent.append((text, head))


def test_no_number_is_silent(pages: dict[str, str]) -> None:
    silent = {}
    for path, page in pages.items():
        parser = Numbers()
        parser.feed(page)
        if parser.silent:
            silent[path] = parser.silent[:5]
    assert silent == {}
