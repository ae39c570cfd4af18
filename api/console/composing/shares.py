"""Shares: a figure divided by another one, or by several together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from api.asking import Clocks
from api.console import formats
from api.console.composing.asked import Asked
from api.console.explained import Behind, behind
from api.console.facts import exact
from api.console.figures import told
from api.console.formats import capital
from api.console.telling import Group, Why
from domain.errors import Fault, Malformed
from domain.language.catalogue import say

MOST = 4
ZERO = Decimal(0)


def share(asked: Asked) -> Why:
    """`of` divided by the sum of all `to`, each the address of an explanation with a value."""
    addresses = [*asked.stated.get("of", [])[:1], *asked.stated.get("to", [])]
    if not 2 <= len(addresses) <= MOST + 1:
        raise Malformed(Fault("explain", asked.figure, say("state `of` and `to`, each the address of an explanation")))
    found = [(address, _explained(asked, address)) for address in addresses]
    (_, part), whole = found[0], sum((_value(each) for _, each in found[1:]), ZERO)
    value = _value(part) / whole if whole else None
    groups = [_figure(address, each) for address, each in found if each.answer.value is not None]
    titles = {
        "win_rate": (say("Win rate"), say("What was won, divided by all that was won or lost.")),
        "conversion": (say("Share that goes on"), say("Stays that went on, divided by all that have ended.")),
        "line": (say("Share of a product line"), say("What the line brought, divided by what all bring.")),
        "margin": (say("Margin"), say("The margin, divided by the revenue of which it is known.")),
        "met": (say("objective met"), say("Visits that met their objective, divided by those of which it is said.")),
        "target": (say("Share of the target"), say("What there is, divided by the target.")),
    }
    title, made = titles.get(asked.one("called"), (say("Share"), say("The first figure, divided by the others.")))
    return asked.why(title, made, formats.percent(value, 2), _once(groups))


def off_by(asked: Asked) -> Why:
    """How far what was said lies from what came, as a share of that; of several pairs without their signs. `of` and
    `to` are stated as often, each the address of an explanation with a value."""
    of, to = asked.stated.get("of", []), asked.stated.get("to", [])
    if not 0 < len(of) == len(to) <= MOST:
        raise Malformed(Fault("explain", asked.figure, say("state `of` and `to`, each the address of an explanation")))
    pairs = [
        ((said, _explained(asked, said)), (came, _explained(asked, came))) for said, came in zip(of, to, strict=True)
    ]
    values = [(_value(said), _value(came)) for (_, said), (_, came) in pairs]
    whole = sum((came for _, came in values), ZERO)
    off = [said - came if len(pairs) == 1 else abs(said - came) for said, came in values]
    groups = []
    for each in pairs:
        for (address, found), of_what in zip(each, (say("said"), say("came")), strict=True):
            group = _figure(address, found)
            period = found.stated.get("period", "")
            groups.append(msgspec.structs.replace(group, name=f"{group.name} · {formats.period(period)}", note=of_what))
    made = say("What was said, less what came, divided by what came.")
    if len(pairs) > 1:
        made = say("How far what was said lay from what came, period by period, divided by all that came.")
    value = formats.percent(sum(off, ZERO) / whole if whole else None, 2)
    return asked.why(say("Off by"), made, value, groups)


def _once(groups: list[Group]) -> list[Group]:
    return list({group.link: group for group in groups}.values())


def _explained(asked: Asked, address: str) -> Behind:
    query = asked.frame.query
    return behind(asked.frame.call, address, Clocks(as_of=query.as_of, known_at=query.known_at), limit=1, skip=0)


def _value(found: Behind) -> Decimal:
    return getattr(found.answer, "value", None) or ZERO


def _figure(address: str, found: Behind) -> Group:
    answer: Any = found.answer
    title, made = told(found.figure, {**getattr(answer, "question", {}), **found.stated})
    return Group(name=capital(title), note=made, said=exact(answer.value, answer.unit), link=address, facts=[])
