"""Keeping the scores of days: a worker looks at what was recorded, and reckons again whom it concerned.

Every step is one transaction. What is known up to a position is marked first, reckoned after: whoever reads meanwhile
sees the mark. One process at a time keeps. Of all accounts the newest days come first, then those of a heat map, then
what lies before (see `turns`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg

from domain.aggregate import BEGINNING
from domain.journal.locks import AdvisoryLock
from domain.policies.calendar import day_of
from projections.accounts import ACCOUNTS
from projections.engine import models_asked
from projections.health_days.touched import MODELS, Touched, families, topics, touched
from projections.health_days.turns import EVER, Days, Turns
from projections.health_days.walking import DAY, Walked, walk
from projections.kept_answers import standings_of
from projections.standing import end_of
from projections.view import View

AT_ONCE = 2_000
"""So many events are looked at in one step."""
_FORMULAS = (
    *("health_components", "health_effects", "health_exposure", "health_facts", "health_gathering", "health_issues"),
    *("health_outlook", "health_plan", "health_purchases", "relationship_health", "threads", "plan_facts"),
    *("plan_measures", "plan_values", "issue_times", "reporting"),
)
_NEWS = """
select position, topic, aggregate_id, state from events where position > %s and position <= %s and topic = any(%s)
order by position limit %s"""
_MONTH = """
insert into health_days (month, account, scores) values (%(month)s, %(account)s, %(scores)s)
on conflict (month, account) do update set scores = health_days.scores[1:%(kept)s] || excluded.scores[%(first)s:]"""


def edition_of(view: View) -> str:
    """What else scores rest on: the models that stand, and the formulas of this program."""
    standings = standings_of(view)
    built = [(each.name, standings.get(each.name)) for each in MODELS]
    text = repr([(name, each and (each.version, each.rebuilt_at)) for name, each in built])
    return blake2b((text + _formulas()).encode(), digest_size=16).hexdigest()


@cache
def _formulas() -> str:
    texts = (files("projections").joinpath(f"{name}.py").read_bytes() for name in _FORMULAS)
    own = files("projections.health_days").joinpath("walking.py").read_bytes()
    return blake2b(b"\0".join([*texts, own]), digest_size=16).hexdigest()


def keep_days(
    connection: psycopg.Connection, view: View, seconds: float, stops: Callable[[], bool] = lambda: False
) -> bool:
    """A step by what the view sees (of everything, as of now, begun under `lock`): marks whom news concern, then
    reckons for so long, or until it is told to stop. Whether more is to be done."""
    ends, zone = monotonic() + seconds, view.policies.company.time_zone
    if not view.policies.company.currency or any(each.name not in standings_of(view) for each in MODELS):
        return False
    position = min(standings_of(view)[each.name].position for each in MODELS)
    if not _goes_on(connection, view, zone, position):
        _begin_anew(connection, view, zone, position)
        return True
    if _mark_news(connection, view, position):
        return True
    turns = Turns(connection, day_of(view.policies.company, view.clock.as_of), families(view.connection))
    while monotonic() < ends and not stops():
        days = turns.next()
        if days is None:
            return False
        with models_asked() as asked:
            walked = walk(view, days.family, days.first, days.last)
        _see_that_all_is_known(asked)
        _write(connection, days, walked)
    return True


def lock(connection: psycopg.Connection) -> bool:
    """Be the one who keeps, as long as the connection lives; False where somebody else is."""
    found = connection.execute("select pg_try_advisory_lock(%s)", (AdvisoryLock.HEALTH_DAYS,)).fetchone()
    return bool(found and found[0])


def _see_that_all_is_known(asked: set[Any]) -> None:
    unknown = asked - set(MODELS)
    assert not unknown, f"health is made of rows whose events nobody looks at: {unknown}"


def _goes_on(connection: psycopg.Connection, view: View, zone: str, position: int) -> bool:
    sql = "select position, last_event, edition, zone from health_days_known"
    found = connection.execute(sql).fetchone()
    if found is None:
        return False
    known, last_event, edition, its_zone = found
    is_same = (edition, its_zone) == (edition_of(view), zone)
    return is_same and known <= position and end_of(view.connection, known) == last_event


def _begin_anew(connection: psycopg.Connection, view: View, zone: str, position: int) -> None:
    with connection.transaction():
        for table in ("health_days", "health_days_accounts", "health_days_known"):
            connection.execute(f"delete from {table}".encode())
        everybody = " union ".join(f"select key from {table}" for table in (ACCOUNTS.table, ACCOUNTS.history))
        found = [key for (key,) in view.connection.execute(everybody.encode())]
        connection.execute("insert into health_days_accounts (account) select unnest(%s::uuid[])", (found,))
        connection.execute(
            "insert into health_days_known (position, last_event, edition, zone) values (%s, %s, %s, %s)",
            (position, end_of(view.connection, position), edition_of(view), zone),
        )


def _mark_news(connection: psycopg.Connection, view: View, position: int) -> bool:
    """Mark whom news up to a position concern; whether there are more."""
    (known,) = connection.execute("select position from health_days_known").fetchone() or (0,)
    if known >= position:
        return False
    asked = known, position, topics(), AT_ONCE
    news = view.connection.execute(_NEWS, asked, prepare=True).fetchall()
    reached = news[-1][0] if len(news) == AT_ONCE else position
    found = touched(view.connection, [(topic, stream, state) for _, topic, stream, state in news])
    with connection.transaction():
        _mark(connection, view, found)
        connection.execute(
            "update health_days_known set position = %s, last_event = %s", (reached, end_of(view.connection, reached))
        )
    return len(news) == AT_ONCE


def _mark(connection: psycopg.Connection, view: View, found: Touched) -> None:
    if found.accounts:
        connection.execute(
            "insert into health_days_accounts (account, again_from) select * from unnest(%s::uuid[], %s::date[])"
            " on conflict (account) do update"
            " set again_from = least(health_days_accounts.again_from, excluded.again_from)",
            (list(found.accounts), [_day(view, each) for each in found.accounts.values()]),
        )
    if found.everybodys is not None:
        today = day_of(view.policies.company, view.clock.as_of)
        Turns(connection, today, {}).mark_everybody(_day(view, found.everybodys))


def _day(view: View, moment: datetime) -> date:
    return EVER if moment == BEGINNING else day_of(view.policies.company, moment)


def _write(connection: psycopg.Connection, days: Days, walked: Walked) -> None:
    with connection.transaction():
        if days.anew:
            connection.execute("delete from health_days where account = any(%s)", (days.family,))
        rows = [row for account in days.family for row in _months(account, walked)]
        with connection.cursor() as cursor:
            cursor.executemany(_MONTH, rows)
        kept_from = walked.kept_from if days.first is None else days.kept_from
        connection.execute(
            "insert into health_days_accounts (account, kept_from, kept_to)"
            " select account, %s, %s from unnest(%s::uuid[]) account on conflict (account) do update"
            " set kept_from = excluded.kept_from, kept_to = excluded.kept_to, again_from = null",
            (kept_from, days.kept_to, days.family),
        )


def _months(account: UUID, walked: Walked) -> list[dict[str, Any]]:
    """The rows of an account: each month from the first of its days that were reckoned."""
    found: dict[date, list[int | None]] = {}
    day = walked.first
    for score in walked.scores[account]:
        found.setdefault(day.replace(day=1), []).append(score)
        day += DAY
    rows = []
    for month, scores in found.items():
        kept = walked.first.day - 1 if month == walked.first.replace(day=1) else 0
        row = {"month": month, "account": account, "scores": [None] * kept + scores}
        rows.append({**row, "kept": kept, "first": kept + 1})
    return rows
