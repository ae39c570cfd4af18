"""Answers about whole companies, kept while nothing that they rest on was recorded: a process works them out once.

An answer is kept with the models whose rows it read and the position up to which it knows. It still holds when, since
that position, no event of these models occurred by the moment asked about; so the past changes by late facts alone.
What is kept holds no opened names, and is handed out as a copy.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec

from domain.aggregate import EVENTS, Withdrawal
from domain.decodable import decodable
from domain.language.days import zone_written
from domain.language.languages import spoken
from domain.policies.calendar import day_of
from projections.accounts import ACCOUNTS
from projections.engine import ReadModel, models_asked
from projections.engine.model import Plan
from projections.lately_used import LatelyUsed
from projections.lineage import LINEAGE
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
from projections.policies import POLICIES
from projections.standing import Standing, end_of, models_standing
from projections.view import Answer, View

T = TypeVar("T")
ALWAYS = (ACCOUNTS, LINEAGE, MEMBERS, POLICIES, FUNNEL)
"""What every question about a company rests on: who may see what, its policies, its currency."""
MOST_BYTES = 64_000_000
A_PORTFOLIO = 40
"""Questions about so many accounts, or fewer, are quicker than what would be kept of them."""
MOST_NEWS = 500
"""So many events are looked at before an answer is worked out anew instead."""

WHENEVER = frozenset(
    topic for topic, event in EVENTS.items() if issubclass(event, Withdrawal) or topic.startswith("Company.")
)
"""What may change the past whenever it occurs: a fact taken back; what the company is, before it was ever stated."""

_NEWS = "select topic, state from events where position > %s and position <= %s and topic = any(%s) limit %s"
_encode = msgspec.msgpack.Encoder().encode
_parts = msgspec.msgpack.Decoder(decodable(list[msgspec.Raw])).decode
_moment = msgspec.msgpack.Decoder(decodable(datetime)).decode


class Grain(enum.Enum):
    """What of the moment matters once nothing lies between it and what was recorded last: all of it, its day, or
    nothing but the policies that hold then."""

    MOMENT = "moment"
    DAY = "day"
    FACTS = "facts"


class Kept(msgspec.Struct):
    """An answer, the models that it rests on as they stood, the position that it knows, and the event there."""

    content: bytes
    models: tuple[ReadModel, ...]
    standings: tuple[Standing, ...]
    position: int
    end: str
    answer: Any = None


class Answers(LatelyUsed[Kept]):
    """The answers that a process keeps."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(most_bytes, lambda kept: len(kept.content))


ANSWERS = Answers()


def kept(
    view: View,
    question: str,
    kind: Any,
    ask: Callable[[], T],
    *about: Hashable,
    grain: Grain = Grain.MOMENT,
    shared: bool = False,
    of_few: bool = False,
) -> T:
    """The answer to a question about many accounts, kept or worked out by `ask`; `kind` is its type, `about` what else
    is asked. Of few accounts (unless that is asked `of_few`, too), under suppositions and where rows lag behind nothing
    is kept. What is `shared` is handed out as it is, but for its head: who takes it changes nothing in it."""
    place = _place(view, question, about, grain, of_few=of_few)
    if place is None:
        return ask()
    found: T | None = _found(view, place, kind, shared=shared)
    if found is not None:
        return found
    with models_asked() as asked:
        answer = ask()
    _keep(view, place, tuple({*ALWAYS, *asked}), answer, shared=shared)
    return answer


def if_kept(
    view: View, question: str, kind: type[T], *about: Hashable, grain: Grain = Grain.MOMENT, of_few: bool = False
) -> T | None:
    """The answer, if it is kept."""
    place = _place(view, question, about, grain, of_few=of_few)
    return None if place is None else _found(view, place, kind)


def _found(view: View, place: Hashable, kind: Any, *, shared: bool = False) -> Any:
    found = ANSWERS.get(place)
    if found is None or not _still_holds(view, found):
        return None
    answer = found.answer if shared else msgspec.msgpack.decode(found.content, type=decodable(kind))
    return msgspec.structs.replace(answer, **view.head()) if isinstance(answer, Answer) else answer


def is_kept(view: View, *, of_few: bool = False) -> bool:
    """Whether answers are kept for who asks: about many accounts, as they are, of rows that lag behind nothing."""
    visible = view.visible_accounts()
    are_few = not of_few and visible is not None and len(visible) <= A_PORTFOLIO
    return view.keeps and not are_few and not view.supposed and view.complete and bool(view.policies.company.currency)


def is_now(view: View) -> bool:
    """Whether all that is recorded lies before the view's moment, and is known in it."""
    latest = view.known.at
    return known_in(view) is None and latest is not None and view.clock.as_of >= latest


def _place(view: View, question: str, about: Hashable, grain: Grain, *, of_few: bool) -> Hashable | None:
    if not is_kept(view, of_few=of_few):
        return None
    visible = view.visible_accounts()
    info, known = view.connection.info, known_in(view)
    company = info.host, info.port, info.dbname
    seen = None if visible is None else frozenset(visible)
    return company, question, about, spoken(), zone_written(), view.visibility, seen, known, _when(view, grain)


def known_in(view: View) -> int | None:
    """The position by which it is asked; None where that is all that the rows know."""
    known_at = view.clock.known_at
    return None if known_at >= max(each.position for each in standings_of(view).values()) else known_at


def _when(view: View, grain: Grain) -> Hashable:
    """What of the moment tells answers apart. A moment that lies after everything that was recorded stands for those
    after it."""
    moment = view.clock.as_of
    if grain is Grain.MOMENT or not is_now(view):
        return moment
    day = day_of(view.policies.company, moment) if grain is Grain.DAY else None
    return "now", day, view.policies.segment


def _still_holds(view: View, found: Kept) -> bool:
    """Whether nothing that an answer rests on was recorded since by which its moment is another."""
    standings = standings_of(view)
    now = tuple(map(standings.get, (model.name for model in found.models)))
    if now == found.standings:
        return True
    if any(each is None for each in now):
        return False
    pairs = list(zip([each for each in now if each], found.standings, strict=True))
    if any((new.version, new.rebuilt_at) != (old.version, old.rebuilt_at) for new, old in pairs):
        return False
    position = min(new.position for new, _ in pairs)
    if position < found.position or end_seen(view, found.position) != found.end:
        return False
    if not _nothing_by_then(view, found, position):
        return False
    found.standings, found.position = tuple(new for new, _ in pairs), position
    found.end = end_seen(view, position)
    return True


def _nothing_by_then(view: View, found: Kept, position: int) -> bool:
    asked = found.position, position, sorted(topics_of(found.models)), MOST_NEWS + 1
    news = view.connection.execute(_NEWS, asked, prepare=True).fetchall()
    if len(news) > MOST_NEWS or any(topic in WHENEVER for topic, _ in news):
        return False
    return all(occurred_at(state) > view.clock.as_of for _, state in news)


def occurred_at(state: bytes) -> datetime:
    """When an event occurred, by the bytes of its state."""
    return _moment(_parts(state)[1])


def _keep(view: View, place: Hashable, models: tuple[ReadModel, ...], answer: Any, *, shared: bool) -> None:
    """Keep an answer, if all models that it rests on stand at one position."""
    standings = standings_of(view)
    found = [standings[model.name] for model in models if model.name in standings]
    if len(found) < len(models) or len({each.position for each in found}) != 1:
        return
    position = found[0].position
    end = end_seen(view, position)
    whole = answer if shared else None
    ANSWERS.put(place, Kept(_encode(answer), models, tuple(found), position, end, whole))


def standings_of(view: View) -> dict[str, Standing]:
    """Where the models stand, as the view's transaction sees them; read once for a view."""
    known: dict[str, Standing] | None = view.of_transaction.get("standings")
    if known is None:
        known = view.of_transaction["standings"] = models_standing(view.connection)
    return known


def end_seen(view: View, position: int) -> str:
    """What tells the journal up to a position from any other, as a view's transaction sees it; read once for it."""
    seen: dict[int, str] = view.of_transaction.setdefault("ends", {})
    if position not in seen:
        seen[position] = end_of(view.connection, position)
    return seen[position]


@cache
def topics_of(models: tuple[ReadModel, ...]) -> frozenset[str]:
    """The events that change rows of some models."""
    return frozenset(topic for model in models for topic in Plan(model).topics)
