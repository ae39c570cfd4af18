"""What was known of deals on days, as numbers: the signs by which one deal differs from another of its stage and age.

Each sign is 0 where nothing says anything. Signs are named for ever: a stored model finds them again by name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.histories import NEVER, Histories, Kinds, MarkKind, Numbers, Outcome

Index = NDArray[np.int64]

SUPPORT = {"enemy": -2.0, "non_supporter": -1.0, "neutral": 0.0, "supporter": 1.0, "mentor": 2.0}
QUESTIONS = 60
"""So many questions count, those answered most often."""
RECORD = 20.0
"""Closed deals by which an owner's own record is drawn towards that of all."""
ANSWER = "answer "
_BIG = 1 << 22


@dataclass(frozen=True)
class Pairs:
    """Deals seen on days: one entry each."""

    deal: Index
    day: Index

    def __len__(self) -> int:
        return len(self.deal)


class Signs:
    """Collects named columns for pairs of deal and day."""

    def __init__(self, h: Histories, pairs: Pairs) -> None:
        self.h, self.pairs = h, pairs
        self.named: dict[str, Numbers] = {}
        self.records: dict[str, tuple[Numbers, Numbers]] = {}
        """Of owner, team, product and account: how many deals had been won, and closed."""
        self.at = pairs.deal * _BIG + pairs.day
        self.spell_key = h.spells.deal.astype(np.int64) * _BIG + h.spells.start

    def matrix(self, names: list[str]) -> Numbers:
        """The columns of these names, 0 where there is no such sign here."""
        zero = np.zeros(len(self.pairs))
        return np.stack([self.named.get(name, zero) for name in names], axis=1) if names else np.zeros((len(zero), 0))

    def marks(self, *kinds: MarkKind, key: int | None = None) -> _Line:
        """The marks of some kinds (and a key), to be counted up to the pairs' days."""
        h = self.h
        which = np.isin(h.marks.kind, np.array(kinds, dtype=np.int8))
        if key is not None:
            which &= h.marks.key == key
        return _Line(self, np.flatnonzero(which))


class _Line:
    """Some marks in order of deal and day, seen from pairs."""

    def __init__(self, signs: Signs, places: Index) -> None:
        marks = signs.h.marks
        self.signs, self.places = signs, places
        self.deal = marks.deal[places].astype(np.int64)
        self.value = np.nan_to_num(marks.value[places])
        key = self.deal * _BIG + marks.day[places]
        self.upto = np.searchsorted(key, signs.at, side="right")
        self.key = key

    def count(self, since: int | None = None) -> Numbers:
        """How many so far, or of the last so many days."""
        return self._between(np.arange(len(self.places) + 1, dtype=np.float64), since)

    def sum(self, values: Numbers | None = None) -> Numbers:
        """The sum of their values so far."""
        values = self.value if values is None else values
        return self._between(np.concatenate(([0.0], np.cumsum(values))), None)

    def _between(self, cumulated: Numbers, since: int | None) -> Numbers:
        pairs = self.signs.pairs
        low = pairs.deal * _BIG if since is None else np.maximum(self.signs.at - since, pairs.deal * _BIG)
        return np.asarray(cumulated[self.upto] - cumulated[np.searchsorted(self.key, low, side="left")])

    def last(self) -> tuple[NDArray[np.bool_], Numbers, Numbers]:
        """Whether there is one, the value of the last, and how many days ago it was."""
        if not len(self.places):
            nothing = np.zeros(len(self.signs.pairs))
            return nothing.astype(bool), nothing, nothing
        place = np.maximum(self.upto - 1, 0)
        there = (self.upto > 0) & (self.deal[place] == self.signs.pairs.deal)
        days = np.where(there, self.signs.at - self.key[place], 0).astype(np.float64)
        return there, np.where(there, self.value[place], 0.0), days


def signs_of(h: Histories, pairs: Pairs) -> Signs:
    """All signs of deals as they were known on days not after `h.day`."""
    signs = Signs(h, pairs)
    for collect in (_dates, _stage, _amount, _answers, _buyers, _contacts, _category, _others, _records):
        signs.named |= {name: values for name, values in collect(signs).items() if values.any()}
    return signs


def _dates(signs: Signs) -> dict[str, Numbers]:
    """How often the close was pushed and how lately; how far away it is. The date of then is today's, less what was
    pushed and pulled since."""
    h, pairs = signs.h, signs.pairs
    pushed, pulled = signs.marks(MarkKind.PUSHED), signs.marks(MarkKind.PULLED)
    moved_now = _total(h, pushed, 1.0) + _total(h, pulled, -1.0)
    close_on = h.close_on[pairs.deal].astype(np.float64) - moved_now[pairs.deal] + pushed.sum() - pulled.sum()
    ahead = np.where(h.close_on[pairs.deal] == NEVER, 0.0, close_on - pairs.day)
    stated = h.close_on[pairs.deal] != NEVER
    there, _, ago = pushed.last()
    return {
        "pushes": np.log1p(pushed.count()),
        "push_days": np.minimum(pushed.sum() / 90, 4.0),
        "push_recent": np.where(there, np.exp(-ago / 30), 0.0),
        "pulls": np.log1p(pulled.count()),
        "overdue": np.where(stated, np.clip(-ahead, 0, 90) / 30, 0.0),
        "due": np.where(stated & (ahead >= 0), np.exp(-np.maximum(ahead, 0) / 30), 0.0),
    }


def _total(h: Histories, line: _Line, sign: float) -> Numbers:
    return np.asarray(sign * np.bincount(line.deal, line.value, len(h)))


def _stage(signs: Signs) -> dict[str, Numbers]:
    """Time at the stage against what is usual there, and how often a deal went back."""
    h, pairs = signs.h, signs.pairs
    spells = h.spells
    place = np.maximum(np.searchsorted(signs.spell_key, signs.at, side="right") - 1, 0)
    stay = pairs.day - spells.start[place]
    usual = usual_stay(h)[spells.stage[place]]
    back = np.zeros(len(spells.deal))
    back[1:] = (spells.deal[1:] == spells.deal[:-1]) & (spells.stage[1:] < spells.stage[:-1])
    total = np.cumsum(back)
    first = np.searchsorted(signs.spell_key, pairs.deal * _BIG)
    against = np.clip(np.log((stay + 3) / (usual + 3)), -2, 3)
    used = np.unique(spells.stage) if len(spells.stage) else np.zeros(0, np.int32)
    found = {}
    for code in used if len(used) > 1 else used[:0]:
        here = spells.stage[place] == code
        name = "/".join(h.codes.stages[code])
        found[f"stay {name}"] = np.where(here, against, 0.0)
        found[f"stay long {name}"] = np.where(here, np.maximum(against, 0.0), 0.0)
        found[f"stay beyond {name}"] = np.where(here, np.maximum(against - 0.7, 0.0), 0.0)
    return found | {
        "back": np.log1p(total[place] - total[np.minimum(first, len(total) - 1)]),
    }


def usual_stay(h: Histories) -> Numbers:
    """The mean stay at each stage in days, of those that ended."""
    over = np.minimum(h.spells.end, h.closed[h.spells.deal]) <= h.day
    stage = h.spells.stage[over]
    days = (np.minimum(h.spells.end, h.closed[h.spells.deal])[over] - h.spells.start[over]).astype(np.float64)
    count = np.bincount(stage, minlength=len(h.codes.stages))
    whole = days.mean() if len(days) else 30.0
    return np.asarray((np.bincount(stage, days, len(h.codes.stages)) + 5 * whole) / (count + 5))


def _amount(signs: Signs) -> dict[str, Numbers]:
    """The amount against the usual one of its product, and how it was revised."""
    h, pairs = signs.h, signs.pairs
    revised = signs.marks(MarkKind.AMOUNT)
    ratio = np.log(np.clip(revised.value, 0.05, 20.0))
    size = np.log(np.where(h.amount > 0, h.amount, np.nan))
    usual = _usual(size, h.product)
    now = size[pairs.deal] - np.bincount(revised.deal, ratio, len(h))[pairs.deal] + revised.sum(ratio)
    against = np.clip(np.nan_to_num(now - usual[pairs.deal]), -3, 3)
    return {"amount": against, "revised": np.clip(revised.sum(ratio), -1, 1)}


def usual_amounts(h: Histories) -> Numbers:
    """Each deal's usual amount: the typical one of its product."""
    return np.asarray(np.exp(_usual(np.log(np.where(h.amount > 0, h.amount, np.nan)), h.product)))


def _usual(size: Numbers, code: NDArray[np.int32]) -> Numbers:
    """The mean of a number over deals of the same code, drawn a little towards that of all."""
    there = ~np.isnan(size)
    whole = size[there].mean() if there.any() else 0.0
    groups = code.astype(np.int64) + 1
    count = np.bincount(groups[there], minlength=int(groups.max(initial=0)) + 1)
    total = np.bincount(groups[there], size[there], len(count))
    return np.asarray(((total + whole) / (count + 1))[groups])


def _answers(signs: Signs) -> dict[str, Numbers]:
    """The last answer to each question (1 yes, -1 no; the less the more are answered), and how many are unknown."""
    h = signs.h
    asked = h.marks.key[(h.marks.kind == MarkKind.ANSWER) & (h.marks.key >= 0)]
    often = np.bincount(asked, minlength=len(h.codes.questions))
    found: dict[str, Numbers] = {}
    answered, unknown = np.zeros(len(signs.pairs)), np.zeros(len(signs.pairs))
    for key in np.argsort(-often, kind="stable")[:QUESTIONS]:
        if often[key]:
            there, value, _ = signs.marks(MarkKind.ANSWER, key=int(key)).last()
            found[f"{ANSWER}{h.codes.questions[key]}"] = value
            answered, unknown = answered + there, unknown + (there & (value == 0))
    found = {name: value * 5 / (answered + 3) for name, value in found.items()}
    found["asked"] = (answered > 0).astype(np.float64)
    found["unknown"] = unknown / (answered + 1)
    return found


def _buyers(signs: Signs) -> dict[str, Numbers]:
    """Who is mapped: how many, where they stand together, where the key players stand."""
    h = signs.h
    came, gone = signs.marks(MarkKind.BUYER), signs.marks(MarkKind.BUYER_GONE)
    mood = np.array([SUPPORT.get(text.rpartition(" ")[2], 0.0) for text in h.codes.buyers] + [0.0])

    def now(weigh: Numbers, also: Numbers) -> Numbers:
        return came.sum(weigh) - gone.sum(also)

    key_came, key_gone = h.marks.key[came.places], h.marks.key[gone.places]
    one, other = np.ones(len(key_came)), np.ones(len(key_gone))
    count = now(one, other)
    keys = now(came.value, gone.value)
    against = now((mood[key_came] < 0) * one, (mood[key_gone] < 0) * other)
    return {
        "buyers": np.log1p(np.maximum(count, 0)),
        "support": now(mood[key_came], mood[key_gone]) / (np.maximum(count, 0) + 1),
        "key_support": now(mood[key_came] * came.value, mood[key_gone] * gone.value) / (np.maximum(keys, 0) + 1),
        "against": np.log1p(np.maximum(against, 0)),
    }


def _contacts(signs: Signs) -> dict[str, Numbers]:
    """Contacts that served the deal: how many, how many lately, and how long ago the last was."""
    line = signs.marks(MarkKind.CONTACT)
    there, _, ago = line.last()
    return {
        "contacts": np.log1p(line.count()),
        "contacts_lately": np.log1p(line.count(60)),
        "contact_recent": np.where(there, np.exp(-ago / 30), 0.0),
    }


def _category(signs: Signs) -> dict[str, Numbers]:
    """The owner's forecast category as last set."""
    h, pairs = signs.h, signs.pairs
    line = signs.marks(MarkKind.CATEGORY)
    if not len(line.places):
        return {}
    place = np.maximum(line.upto - 1, 0)
    there = (line.upto > 0) & (line.deal[place] == pairs.deal)
    key = np.where(there, h.marks.key[line.places][place], -1)
    return {f"category {name}": (key == code).astype(np.float64) for code, name in enumerate(h.codes.categories)}


def _others(signs: Signs) -> dict[str, Numbers]:
    """A competitor, a quote, go or no-go, another owner."""
    _, pursued, _ = signs.marks(MarkKind.PURSUIT).last()
    return {
        "competitor": np.minimum(signs.marks(MarkKind.COMPETITOR).count(), 1.0),
        "quote": np.minimum(signs.marks(MarkKind.QUOTE).count(), 1.0),
        "requoted": np.log1p(np.maximum(signs.marks(MarkKind.QUOTE).count() - 1, 0)),
        "pursuit": pursued,
        "owners": np.log1p(signs.marks(MarkKind.OWNER).count()),
    }


def _records(signs: Signs) -> dict[str, Numbers]:
    """How the closed deals of the same owner, team, product and account went until then, against all: log odds."""
    h = signs.h
    found = {}
    for name, code in (("owner", h.owner), ("team", h.territory), ("product", h.product), ("account", h.account)):
        found[f"record {name}"] = _record(signs, name, code)
    return found


def _record(signs: Signs, name: str, code: NDArray[np.int32]) -> Numbers:
    h, pairs = signs.h, signs.pairs
    done = np.flatnonzero(h.outcome != Outcome.OPEN)
    order = np.lexsort((h.closed[done], code[done]))
    done = done[order]
    known, won = code[done] >= 0, _won(h.outcome[done])
    key = code[done].astype(np.int64) * _BIG + h.closed[done]
    here = code[pairs.deal].astype(np.int64)
    upto = np.searchsorted(key, here * _BIG + pairs.day, side="right")
    begin = np.searchsorted(key, here * _BIG, side="left")
    wins = np.concatenate(([0.0], np.cumsum(won)))
    good, seen = wins[upto] - wins[begin], (upto - begin).astype(np.float64)
    signs.records[name] = good, seen
    whole = np.clip(won[known].mean() if known.any() else 0.5, 0.02, 0.98)
    share = (good + RECORD * whole) / (seen + RECORD)
    odds: Numbers = np.log(share / (1 - share)) - np.log(whole / (1 - whole))
    return np.asarray(odds * (here >= 0))


def _won(outcome: Kinds) -> Numbers:
    return np.asarray(outcome == Outcome.WON, dtype=np.float64)
