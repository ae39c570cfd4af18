"""Why a deal's chance is what it is: the signs that moved it most, in words of the spoken language, with figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from domain.language.catalogue import say, term
from projections.forecasting.chances_signs import ANSWER, Signs, usual_stay
from projections.forecasting.histories import Histories, MarkKind, Numbers, Places

if TYPE_CHECKING:
    from projections.forecasting.chances_model import ChanceModel

FRESH = 7
"""Up to this age in days a deal has shown little."""
SHOWN = 3
LEAST = 0.02
"""Log odds below which nothing is named."""


@dataclass(frozen=True)
class Reason:
    """What moved a deal's chance: the log odds it added, and in words of the spoken language."""

    feature: str
    effect: float
    words: str


GROUPS: dict[str, tuple[str, ...]] = {
    "pushes": ("pushes", "push_days", "push_recent"),
    "pulls": ("pulls",),
    "close_on": ("overdue", "due"),
    "stage": ("stay",),
    "back": ("back",),
    "amount": ("amount",),
    "revised": ("revised",),
    "answers": ("asked", "unknown"),
    "buyers": ("buyers", "support", "key_support", "against"),
    "contacts": ("contacts", "contacts_lately", "contact_recent"),
    "competitor": ("competitor",),
    "quotes": ("quote", "requoted"),
    "pursuit": ("pursuit",),
    "owners": ("owners",),
    "owner": ("record owner",),
    "team": ("record team",),
    "product": ("record product",),
    "account": ("record account",),
}
_OF = {sign: group for group, signs in GROUPS.items() for sign in signs}


def no_history() -> Reason:
    """What is said in place of reasons where a company has too few closed deals."""
    return Reason("history", 0.0, say("not enough history"))


def _group(sign: str) -> str:
    if sign.startswith(ANSWER):
        return "answers"
    if sign.startswith("stay "):
        return "stage"
    return "category" if sign.startswith("category ") else _OF[sign]


def reasons_of(
    model: ChanceModel, h: Histories, rows: Places, signs: Signs, odds: Numbers, added: Numbers
) -> list[list[Reason]]:
    """For each row the reasons that moved its log odds most, away from those of all closed deals. On a deal that was
    just opened the first says that there is little signal yet."""
    names = [_group(name) for name in model.weights.names]
    groups = sorted({"stage", *names})
    effects = np.zeros((len(rows), len(groups)))
    for place, name in enumerate(names):
        effects[:, groups.index(name)] += added[:, place]
    whole = np.clip(model.won / max(1, model.closed), 0.01, 0.99)
    effects[:, groups.index("stage")] += odds - np.log(whole / (1 - whole))
    order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :SHOWN]
    say_it, ages = _Words(h, rows, signs), h.day - h.opened[rows]
    return [
        _of_deal(int(ages[number]), number, [(groups[place], effects[number, place]) for place in best], say_it)
        for number, best in enumerate(order.tolist())
    ]


def _of_deal(age: int, number: int, best: list[tuple[str, float]], words: _Words) -> list[Reason]:
    found = [
        Reason(group, round(float(effect), 4), words.of(group, number))
        for group, effect in best
        if abs(effect) >= LEAST
    ]
    if age <= FRESH:
        return [Reason("new", 0.0, say("little signal yet")), *found[: SHOWN - 1]]
    return found


class _Words:
    """Says what a group of signs is for a deal: its figures, counted when first asked for."""

    def __init__(self, h: Histories, rows: Places, signs: Signs) -> None:
        self.h, self.rows, self.signs = h, rows, signs
        self.usual = usual_stay(h)
        self.kept: dict[str, Numbers] = {}

    def of(self, group: str, number: int) -> str:
        """The words of a group for the deal at that place."""
        return _SAID[group](self, number)

    def figure(self, name: str, count: Callable[[], Numbers], number: int) -> float:
        """A figure of a deal; those of all deals are counted once."""
        if name not in self.kept:
            self.kept[name] = count()
        return float(self.kept[name][number])

    def count(self, number: int, *kinds: MarkKind, since: int | None = None) -> int:
        """How many marks of some kinds a deal has."""
        name = f"count {kinds} {since}"
        return round(self.figure(name, lambda: self.signs.marks(*kinds).count(since), number))

    def total(self, number: int, kind: MarkKind) -> float:
        """The sum of a kind's values."""
        return self.figure(f"sum {kind}", lambda: self.signs.marks(kind).sum(), number)

    def sign(self, name: str, number: int) -> float:
        """A sign of a deal, 0 where there is none."""
        values = self.signs.named.get(name)
        return 0.0 if values is None else float(values[number])

    def answers(self, value: float, number: int) -> int:
        """How many questions have this as their last answer."""

        def count() -> Numbers:
            found = np.zeros(len(self.rows))
            marks = self.h.marks
            for key in np.unique(marks.key[marks.kind == MarkKind.ANSWER]):
                there, last, _ = self.signs.marks(MarkKind.ANSWER, key=int(key)).last()
                found += there & (np.sign(last) == value)
            return found

        return round(self.figure(f"answers {value}", count, number))

    def record(self, name: str, number: int) -> str:
        """The share that was won, as a percentage."""
        won, seen = self.figure(f"won {name}", lambda: self.signs.records[name][0], number), self.seen(name, number)
        return f"{round(100 * won / seen) if seen else 0}"

    def seen(self, name: str, number: int) -> int:
        """How many closed deals stand behind a record."""
        return round(self.figure(f"seen {name}", lambda: self.signs.records[name][1], number))


def _pushes(w: _Words, n: int) -> str:
    count = w.count(n, MarkKind.PUSHED)
    if not count:
        return say("never pushed")
    return say(
        "pushed {count} [time|times], {days} [day|days] in all", count=count, days=round(w.total(n, MarkKind.PUSHED))
    )


def _close_on(w: _Words, n: int) -> str:
    ahead = int(w.h.close_on[w.rows[n]]) - w.h.day
    if abs(ahead) > 36_500:
        return say("no close date")
    return (
        say("close date {days} [day|days] ago", days=-ahead)
        if ahead < 0
        else say("close date in {days} [day|days]", days=ahead)
    )


def _stage(w: _Words, n: int) -> str:
    row = w.rows[n]
    days, usual = w.h.day - int(w.h.since[row]), round(float(w.usual[w.h.stage[row]]))
    return say("{days} [day|days] at this stage, usual {usual}", days=days, usual=usual)


def _amount(w: _Words, n: int) -> str:
    return say("amount {ratio} times the usual of its product", ratio=f"{np.exp(w.sign('amount', n)):.2f}")


def _revised(w: _Words, n: int) -> str:
    if not w.count(n, MarkKind.AMOUNT):
        return say("amount never revised")
    return say("amount revised to {percent} % of the first", percent=round(100 * np.exp(w.sign("revised", n))))


def _answers(w: _Words, n: int) -> str:
    yes, no, unknown = (w.answers(value, n) for value in (1.0, -1.0, 0.0))
    if not yes + no + unknown:
        return say("no question answered yet")
    return say("answers: {yes} yes, {no} no, {unknown} unknown", yes=yes, no=no, unknown=unknown)


def _buyers(w: _Words, n: int) -> str:
    count = w.count(n, MarkKind.BUYER) - w.count(n, MarkKind.BUYER_GONE)
    if count <= 0:
        return say("no buyer mapped yet")
    mean = w.sign("support", n) * (count + 1) / count
    return say("{count} [buyer|buyers] mapped, support {mean} of -2 to 2 on average", count=count, mean=f"{mean:+.1f}")


def _contacts(w: _Words, n: int) -> str:
    lately = w.count(n, MarkKind.CONTACT, since=60)
    return say(
        "{count} [contact|contacts], {lately} of them in 60 days", count=w.count(n, MarkKind.CONTACT), lately=lately
    )


def _competitor(w: _Words, n: int) -> str:
    return say("a competitor is named") if w.count(n, MarkKind.COMPETITOR) else say("no competitor named")


def _pursuit(w: _Words, n: int) -> str:
    decided = w.sign("pursuit", n)
    return say("decided to pursue it") if decided > 0 else say("decided not to pursue it") if decided < 0 else say(
        "not decided whether to pursue it")  # fmt: skip


def _category(w: _Words, n: int) -> str:
    code = int(w.h.category[w.rows[n]])
    if code < 0:
        return say("no forecast category")
    category = w.h.codes.categories[code]
    return say("forecast category: {category}", category=term("ForecastCategory", category))


def _record(name: str) -> Callable[[_Words, int], str]:
    templates = {
        "owner": lambda w, n: say("its owner won {percent} % of {seen} [deal|deals]", **_share(w, name, n)),
        "team": lambda w, n: say("its team won {percent} % of {seen} [deal|deals]", **_share(w, name, n)),
        "product": lambda w, n: say("of its product {percent} % of {seen} [deal|deals] were won", **_share(w, name, n)),
        "account": lambda w, n: say("its account gave us {percent} % of {seen} [deal|deals]", **_share(w, name, n)),
    }
    return templates[name]


def _share(w: _Words, name: str, n: int) -> dict[str, object]:
    return {"percent": w.record(name, n), "seen": w.seen(name, n)}


_SAID: dict[str, Callable[[_Words, int], str]] = {
    "pushes": _pushes,
    "pulls": lambda w, n: say("pulled in {count} [time|times]", count=w.count(n, MarkKind.PULLED)),
    "close_on": _close_on,
    "stage": _stage,
    "back": lambda w, n: say("went back {count} [time|times]", count=round(np.expm1(w.sign("back", n)))),
    "amount": _amount,
    "revised": _revised,
    "answers": _answers,
    "buyers": _buyers,
    "contacts": _contacts,
    "competitor": _competitor,
    "quotes": lambda w, n: say("{count} [quote|quotes] issued or revised", count=w.count(n, MarkKind.QUOTE)),
    "pursuit": _pursuit,
    "owners": lambda w, n: say("owner changed {count} [time|times]", count=w.count(n, MarkKind.OWNER)),
    "category": _category,
    "owner": _record("owner"),
    "team": _record("team"),
    "product": _record("product"),
    "account": _record("account"),
}
