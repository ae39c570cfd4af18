"""The bridge between two moments as a page shows it: bars from the start to the end, and the rows behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.console.formats import money, short_money, signed
from api.console.frame import Frame
from api.titles import openings
from domain.language.catalogue import say
from projections.bridge import TAKEN, BridgeAnswer, Item
from projections.bridge_sums import BridgePart, BridgeSums
from projections.names import account_names
from projections.view import View


@dataclass(frozen=True)
class Bar:
    """A bar; `change` is signed, None for the two ends, whose `amount` is what they are."""

    kind: str
    name: str
    amount: Decimal
    change: Decimal | None
    count: int


@dataclass(frozen=True)
class BridgeShown:
    """The bridge and its bars, ends included; those that are zero are not drawn."""

    answer: BridgeAnswer
    bars: list[Bar]

    @staticmethod
    def name_of(kind: str) -> str:
        """What a bar is called."""
        names = {
            "start": say("At the start"),
            "new": say("New"),
            "reopened": say("Reopened"),
            "increased": say("Increased"),
            "moved_in": say("Moved in"),
            "revalued": say("Revalued"),
            "decreased": say("Decreased"),
            "moved_out": say("Moved out"),
            "lost": say("Lost"),
            "disqualified": say("Disqualified"),
            "won": say("Won"),
            "end": say("At the end"),
        }
        return names[kind]

    def _written(self, bar: Bar, write: Callable[[Decimal, str], str]) -> str:
        """What a bar is, with the sign of a change."""
        if bar.change is None:
            return write(bar.amount, self.answer.currency)
        return signed(write(bar.change, self.answer.currency), bar.change)

    def drawn(self, links: dict[str, str]) -> dict[str, Any]:
        """What the chart is given; `links` are the addresses behind bars."""
        shown = [bar for bar in self.bars if bar.change is None or bar.change or bar.kind == "end"]
        return {
            "bars": [
                {
                    "name": bar.name,
                    "value": float(bar.amount if bar.change is None else bar.change),
                    "text": self._written(bar, short_money),
                    "whole": self._written(bar, money),
                    "total": bar.change is None,
                    "tone": "bad" if bar.kind in ("lost", "disqualified") else "good" if bar.kind == "won" else "",
                    "href": links.get(bar.kind, ""),
                    "panel": True,
                }
                for bar in shown
            ]
        }


def bridge_shown(sums: BridgeSums, kinds: tuple[str, ...]) -> BridgeShown:
    """A bridge as it is drawn."""
    answer, counts = sums.answer, sums.counts
    bars = [Bar("start", BridgeShown.name_of("start"), answer.start, None, 0)]
    for kind in kinds:
        amount = getattr(answer, kind)
        change = -amount if kind in TAKEN else amount
        bars.append(Bar(kind, BridgeShown.name_of(kind), amount, change, counts.get(kind, 0)))
    return BridgeShown(answer, [*bars, Bar("end", BridgeShown.name_of("end"), answer.end, None, 0)])


@dataclass(frozen=True)
class Row:
    """An opportunity's part in a bar."""

    opportunity: UUID
    title: str
    account: UUID | None
    account_name: str
    amount: Decimal
    positions: list[int]


def items_shown(frame: Frame[Any], view: View, part: BridgePart, kind: str) -> dict[str, Any]:
    """The rows of a bar, the greatest first, signed as it is."""
    opened = openings(frame.call.doors.journal, [each.opportunity for each in part.items])
    names = account_names(view, {event.account for event in opened.values()})
    sign = -1 if kind in TAKEN else 1
    rows = [_row(item, opened, names, sign) for item in part.items]
    return {"rows": rows, "total": sign * part.amount, "count": part.count, "not_shown": part.count - len(rows)}


def _row(item: Item, opened: dict[UUID, Any], names: dict[UUID, str], sign: int) -> Row:
    event = opened.get(item.opportunity)
    account = event.account if event else None
    name = names.get(account, "") if account else ""
    title = event.title if event else str(item.opportunity)[:8]
    return Row(item.opportunity, title, account, name, sign * item.amount, item.positions)
