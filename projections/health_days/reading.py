"""The scores of an end of a day as they are kept: exactly what `scores` says, or nothing.

Who is not kept up to what the view knows is reckoned now: whom something was recorded of since, and whom the worker
has not come to yet.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from projections.health_days.keeping import edition_of
from projections.health_days.touched import MODELS, Touched, all_of, families, seen_in_part, topics, touched
from projections.kept_answers import MOST_NEWS, end_seen, known_in, standings_of
from projections.kept_ids import Ids
from projections.relationship_health import scores
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_RECKONED = 60
"""Of more that are not kept, all are reckoned together."""
LONG_AGO, FAR_AHEAD = datetime(1, 2, 1, tzinfo=UTC), datetime(9999, 12, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_NEWS = "select topic, aggregate_id, state from events where position > %s and position <= %s and topic = any(%s)"
_HOLDS = "a.kept_to >= %(day)s and coalesce(a.kept_from <= %(day)s, true) and coalesce(a.again_from > %(day)s, true)"
_NO_SCORE, _OTHER = -1, -2
_TENTHS = f"case when {_HOLDS} then coalesce(d.scores[%(place)s], {_NO_SCORE}) else {_OTHER} end"
_SCORES = f"""
select string_agg(uuid_send(a.account) || int4send({_TENTHS}), '') from health_days_accounts a
left join health_days d on d.month = %(month)s and d.account = a.account"""
_SCORE = Struct(">16si")
_OF_ONE = """
select a.kept_from, a.kept_to, a.again_from, d.month, d.scores from health_days_accounts a
left join health_days d on d.account = a.account and d.month between %(first)s and %(last)s
where a.account = %(account)s and a.kept_to is not null"""
_OF_SEVERAL = """
select a.account, a.kept_from, a.kept_to, a.again_from, d.month, d.scores from health_days_accounts a
left join health_days d on d.account = a.account and d.month = any(%(months)s)
where a.account = any(%(wanted)s)"""
_ready = set[tuple[str, int, str]]()
"""The databases that have the tables."""


class _Known(msgspec.Struct):
    """What a transaction sees of what is kept: whom it does not hold for, and who was ever merged."""

    zone: str
    news: Touched
    families: dict[UUID, frozenset[UUID]]


def kept_days(view: View, accounts: Collection[UUID] | None = None) -> dict[UUID, float] | None:
    """What `scores` says of the accounts that the asker may see, or of some of these; None where the moment is no end
    of a day, or too little is kept."""
    known, day = _known(view), _end_of_day(view)
    if known is None or day is None:
        return None
    wanted = _wanted(view, accounts)
    found, others = _read(view, day, wanted)
    changed = _changed(view, known)
    others |= changed if wanted is None else changed & wanted
    if len(others) > MOST_RECKONED:
        return None
    for account in others:
        found.pop(account, None)
    return found | _reckoned(view, known, others)


def kept_in_columns(view: View, ids: Ids) -> NDArray[Any] | None:
    """What `kept_days` says of all accounts, for every identifier: not a number where it says nothing. None for who
    does not see all."""
    import numpy as np

    known, day = _known(view), _end_of_day(view)
    if known is None or day is None or view.visible_accounts() is not None:
        return None
    told = _told(view, day, None)
    rows = np.frombuffer(told, np.dtype([("account", "V16"), ("tenths", ">i4")]))
    tenths, codes = rows["tenths"], ids.codes_of_all(rows["account"].tobytes())
    others = {*map(ids.key, codes[tenths == _OTHER].tolist()), *_changed(view, known)}
    if len(others) > MOST_RECKONED:
        return None
    reckoned, of_others = _reckoned(view, known, others), ids.of(list(others))
    found = np.full(len(ids), np.nan)
    found[codes] = np.where(tenths >= 0, tenths / 10, np.nan)
    found[of_others] = [reckoned.get(each, np.nan) for each in others]
    return found


def _end_of_day(view: View) -> date | None:
    """The day at whose end the view's moment is, if that is kept for anybody."""
    known = _known(view)
    if known is None or not LONG_AGO < view.clock.as_of < FAR_AHEAD:
        return None
    is_over = known.news.everybodys is not None and known.news.everybodys <= view.clock.as_of
    return None if is_over else _day(known.zone, view.clock.as_of)


def _changed(view: View, known: _Known) -> set[UUID]:
    """The accounts whose scores are others than those that are kept, or for whom alone they are."""
    visible = view.visible_accounts()
    found = {account for account, since in known.news.accounts.items() if since <= view.clock.as_of}
    return found if visible is None else found | seen_in_part(known.families, set(visible))


def _reckoned(view: View, known: _Known, accounts: Collection[UUID]) -> dict[UUID, float]:
    """What is not kept, worked out."""
    if not accounts:
        return {}
    among = view.among(all_of(known.families, accounts))
    return {account: score for account, score in scores(among).items() if account in accounts}


def read_ahead(view: View, accounts: Collection[UUID], moments: Collection[datetime]) -> None:
    """Read what `kept_days` reads of some accounts at several moments, at once: whoever asks for it next in the same
    transaction finds it."""
    known = _known(view)
    if known is None:
        return
    wanted = _wanted(view, accounts) or set[UUID]()
    days = {day for moment in moments if LONG_AGO < moment < FAR_AHEAD and (day := _day(known.zone, moment))}
    asked = {"months": [day.replace(day=1) for day in days], "wanted": list(wanted)}
    rows = view.connection.execute(_OF_SEVERAL, asked, prepare=True, binary=True).fetchall()
    scores = {(account, month): of_days for account, *_, month, of_days in rows}
    spans = {row[:4] for row in rows}
    for day in days:
        found, others = dict[UUID, float](), set[UUID]()
        for account, kept_from, kept_to, again_from in spans:
            tenths = (scores.get((account, day.replace(day=1))) or [])[day.day - 1 : day.day]
            if kept_to is None or not _holds(day, kept_from, kept_to, again_from):
                others.add(account)
            elif tenths and tenths[0] is not None:
                found[account] = tenths[0] / 10
        _ahead(view)[day, frozenset(wanted)] = found, others


def _ahead(view: View) -> dict[tuple[date, frozenset[UUID]], tuple[dict[UUID, float], set[UUID]]]:
    """What was read ahead in the view's transaction."""
    read: dict[tuple[date, frozenset[UUID]], tuple[dict[UUID, float], set[UUID]]]
    read = view.of_transaction.setdefault("health days ahead", {})
    return read


def _wanted(view: View, accounts: Collection[UUID] | None) -> set[UUID] | None:
    """Those of some accounts, or of all (None), that the asker may see; None for all."""
    wanted, visible = None if accounts is None else set(accounts), view.visible_accounts()
    if visible is None:
        return wanted
    return set(visible) if wanted is None else wanted & set(visible)


def kept_course(view: View, account: UUID, moments: Collection[datetime]) -> dict[datetime, float | None]:
    """What `scores` says of an account that the asker may see, at those of these moments for which it is kept; of one
    that was ever merged with another nothing."""
    known, ends = _known(view), dict[datetime, date]()
    if known is None or account in known.families:
        return {}
    since = (known.news.everybodys, known.news.accounts.get(account))
    changed = min((each for each in since if each is not None), default=FAR_AHEAD)
    for moment in moments:
        if LONG_AGO < moment < changed and (day := _day(known.zone, moment)):
            ends[moment] = day
    return _scores_at(view, account, ends) if ends else {}


def _scores_at(view: View, account: UUID, ends: dict[datetime, date]) -> dict[datetime, float | None]:
    """The scores of an account at the ends of days, as far as they hold."""
    first, last = (of(ends.values()).replace(day=1) for of in (min, max))
    asked = {"account": account, "first": first, "last": last}
    rows = view.connection.execute(_OF_ONE, asked, prepare=True, binary=True).fetchall()
    months = {month: scores for *_, month, scores in rows}
    found = dict[datetime, float | None]()
    for moment, day in ends.items():
        if rows and _holds(day, *rows[0][:3]):
            tenths = (months.get(day.replace(day=1)) or [])[day.day - 1 : day.day]
            found[moment] = tenths[0] / 10 if tenths and tenths[0] is not None else None
    return found


def _holds(day: date, kept_from: date | None, kept_to: date, again_from: date | None) -> bool:
    return (kept_from or day) <= day <= kept_to and day < (again_from or date.max)


def _read(view: View, day: date, wanted: set[UUID] | None) -> tuple[dict[UUID, float], set[UUID]]:
    """The scores that hold, and whose do not."""
    if wanted is not None and (ahead := _ahead(view).get((day, frozenset(wanted)))) is not None:
        return dict(ahead[0]), set(ahead[1])
    rows = [(_uuid(raw), tenths) for raw, tenths in _SCORE.iter_unpack(_told(view, day, wanted))]
    found = {account: tenths / 10 for account, tenths in rows if tenths >= 0}
    return found, {account for account, tenths in rows if tenths == _OTHER}


def _told(view: View, day: date, wanted: set[UUID] | None) -> bytes:
    """The accounts with the tenths of their scores, or what stands for none and for those that do not hold."""
    sql, asked = _SCORES, {"day": day, "place": day.day, "month": day.replace(day=1), "wanted": None}
    if wanted is not None:
        sql, asked = f"{_SCORES} where a.account = any(%(wanted)s)", {**asked, "wanted": list(wanted)}
    told = view.connection.execute(sql.encode(), asked, prepare=True, binary=True).fetchone()
    return bytes((told and told[0]) or b"")


@lru_cache(maxsize=100_000)
def _uuid(raw: bytes) -> UUID:
    return UUID(bytes=raw)


def _day(zone: str, moment: datetime) -> date | None:
    """The day that ends with a moment, in a time zone."""
    following = (moment + MICROSECOND).astimezone(ZoneInfo(zone))
    return following.date() - timedelta(days=1) if following.time() == time.min else None


def _known(view: View) -> _Known | None:
    if not view.keeps or view.supposed or not view.complete or known_in(view) is not None:
        return None
    if "health days" not in view.of_transaction:
        view.of_transaction["health days"] = _look(view)
    found: _Known | None = view.of_transaction["health days"]
    return found


def _look(view: View) -> _Known | None:
    standings = standings_of(view)
    if not _is_ready(view) or any(each.name not in standings for each in MODELS):
        return None
    kept = view.connection.execute("select position, last_event, edition, zone from health_days_known").fetchone()
    if kept is None:
        return None
    position, last_event, edition, zone = kept
    upto = max(standings[each.name].position for each in MODELS)
    if edition != edition_of(view) or position > upto or end_seen(view, position) != last_event:
        return None
    news = _news(view, position, upto) if position < upto else []
    if len(news) > MOST_NEWS:
        return None
    return _Known(zone, touched(view.connection, news), families(view.connection))


def _news(view: View, after: int, upto: int) -> list[tuple[str, UUID, bytes]]:
    sql = f"{_NEWS} limit {MOST_NEWS + 1}"
    return view.connection.execute(sql.encode(), (after, upto, topics()), prepare=True).fetchall()


def _is_ready(view: View) -> bool:
    """Whether the tables are there: not while an older database waits for its migrations."""
    about = view.connection.info
    place = about.host, about.port, about.dbname
    if place not in _ready:
        found = view.connection.execute("select to_regclass('health_days_known') is not null").fetchone()
        if not found or not found[0]:
            return False
        _ready.add(place)
    return True
