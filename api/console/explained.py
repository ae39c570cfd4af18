"""Explanations as pages ask for them: the address of one, and what the API's own handler answers to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec

from api.asking import Clocks
from api.console.addresses import plain
from api.console.asked import put
from api.endpoints import Call, Endpoint
from api.questions import explaining, explaining_sums
from domain.errors import Fault, Malformed
from domain.language.catalogue import say

PREFIX = "/explain/"
LONGEST = 1_600
EXAMPLE = "funnel?stage=potential&measure=amount"


def explain(figure: str, /, *named: object, **parameters: object) -> str:
    """The address of an explanation, as the `why` macro takes it: `explain("funnel", stage=…, measure=…, owner=…)`,
    `explain("health", account)`, `explain("rows", "funnel", deal, field="stage")`.

    What is None or empty is left out, except a `group`; `from_` stands for `from`, and for `funnel` also `cell` for
    `measure`. The clocks are those of the page, unless `as_of` or `known_at` is stated here.
    """
    path = "/".join([figure, *(quote(plain(each), safe="") for each in named)])
    stated = {
        name.rstrip("_"): plain(value)
        for name, value in parameters.items()
        if value is not None and (value != "" or name == "group")
    }
    return f"{path}?{urlencode(_as_asked(figure, stated), safe=':,')}" if stated else path


class Behind(msgspec.Struct):
    """What was explained: its figure (the first word of the address), what was named in its path and stated in its
    query, the clocks that it was answered at, and the answer."""

    figure: str
    path: dict[str, str]
    stated: dict[str, str]
    clocks: Clocks
    answer: Any
    pages: bool
    """Whether its answer has pages."""


def behind(call: Call, address: str, clocks: Clocks, *, limit: int, skip: int) -> Behind:
    """The answer to the address of an explanation, with the asker's rights. Raises Malformed for what is no address of
    one, and what the explanation raises."""
    endpoint, path, stated = _asked(address)
    own = {name: stated.pop(name) for name in ("as_of", "known_at") if name in stated}
    at = msgspec.structs.replace(clocks_of(clocks), **own)
    pages = "limit" in endpoint.query.__struct_fields__
    query = stated | {name: value for name in ("as_of", "known_at") if (value := getattr(at, name)) is not None}
    query |= {"limit": str(limit), "skip": str(skip)} if pages else {}
    answer = put(call, endpoint, path, query)
    return Behind(address.partition("?")[0].split("/")[0], path, stated, at, answer, pages)


def clocks_of(query: Clocks) -> Clocks:
    """The clocks of a query alone."""
    return Clocks(as_of=query.as_of, known_at=query.known_at)


@cache
def _endpoints() -> dict[tuple[str, int], Endpoint]:
    """The explanations by the first word of their path and how many words that has."""
    found = [*explaining.endpoints(), *explaining_sums.endpoints()]
    paths = [each.path.removeprefix(PREFIX).split("/") for each in found]
    return {(path[0], len(path)): each for path, each in zip(paths, found, strict=True) if path[0] != "models"}


def _asked(address: str) -> tuple[Endpoint, dict[str, str], dict[str, str]]:
    path, _, query = address.removeprefix(PREFIX).partition("?")
    words = [unquote(word) for word in path.split("/")]
    endpoint = _endpoints().get((words[0], len(words)))
    if endpoint is None or not all(words):
        known = ", ".join(sorted({name for name, _ in _endpoints()}))
        reason = say(
            "expected the address of an explanation such as {example}; it begins with one of: {known}",
            example=EXAMPLE,
            known=known,
        )
        raise Malformed(Fault("explain", address[:80], reason))
    names = endpoint.path.removeprefix(PREFIX).split("/")
    named = {name.strip("{}"): word for name, word in zip(names, words, strict=True) if name.startswith("{")}
    stated = _as_asked(words[0], dict(parse_qsl(query, keep_blank_values=True)))
    return endpoint, named, {name: value for name, value in stated.items() if name not in ("limit", "skip", "wait_for")}


def _as_asked(figure: str, stated: Mapping[str, str]) -> dict[str, str]:
    """Parameters by the API's own names."""
    return {"measure" if figure == "funnel" and name == "cell" else name: value for name, value in stated.items()}
