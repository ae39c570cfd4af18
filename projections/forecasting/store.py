"""Fitted models as they are kept: found again for a moment, never fitted here.

A model of a past moment stays what it is as long as nothing was recorded after it that could have been known at that
moment: an imported fact, a fact that counts as known always, or a withdrawal. Live facts that come later change
nothing that was knowable then. For now a model of the last seven days serves until something is imported.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg

from domain.policies.calendar import day_end, day_of
from domain.policies.company import Company
from projections.forecasting.model import Model, decode, encode, ours

SERVES = timedelta(days=7)
"""How long a model serves the questions as of now."""
TOO_LITTLE_SERVES = timedelta(days=1)
"""How long one serves that had too little to learn from: the next day there may be enough."""
MOST_WANTED = 100
"""More are not noted while so many wait: a question may ask again."""
IMPORTED = b"\xa6import"
"""How the origin of an imported fact stands in the journal's bytes. A text with the same bytes costs a fit, no more."""
ALWAYS_KNOWN = (
    "Company.Defined",
    "Member.TerritoryAssigned",
    "Member.TerritoryLeft",
    "PriceList.PriceSet",
)
"""Facts that count as known from when they occurred, whoever recorded them: calendar, teams, first list prices."""


class Wanted(msgspec.Struct, frozen=True):
    """A model that a question asks for: fitted as of `moment`, by the facts up to `known_at`. `lasting` where one that
    is fitted within the seven days before serves as well."""

    moment: datetime
    known_at: int
    lasting: bool


def wanted(company: Company, as_of: datetime, known_at: int, now: datetime) -> Wanted:
    """The model for a question as of a moment. For one of the days that are over: of the end of the last day that had
    ended then, so that all questions of a day share it; from today on of the moment itself, at most of now."""
    today = day_of(company, now)
    if day_of(company, as_of) >= today:
        return Wanted(min(as_of, now), known_at, lasting=True)
    end = day_end(company, day_of(company, as_of))
    if end > as_of:
        end = day_end(company, day_of(company, as_of - timedelta(days=1)))
    return Wanted(end, known_at, lasting=False)


def serving(connection: psycopg.Connection, asked: Wanted) -> Model | None:
    """The model that serves, the newest of several; None where one has to be fitted."""
    after = asked.moment - SERVES if asked.lasting else asked.moment
    sql = (
        "select version, known_at, fitted_as_of from forecast_models where fitted_as_of between %s and %s"
        " and starts_with(version, %s) order by fitted_as_of desc, known_at desc, version"
    )
    for version, known_at, fitted_as_of in connection.execute(sql, (after, asked.moment, ours())).fetchall():
        if not _changed(connection, asked, known_at):
            model = load(connection, version)
            if model is not None and (model.enough or fitted_as_of >= asked.moment - TOO_LITTLE_SERVES):
                return model
    return None


_CHANGED = """
select exists (select from events where position > %(low)s and position <= %(high)s and topic = any(%(topics)s)
    and (topic = any(%(always)s) or topic like '%%.FactWithdrawn' or position(%(imported)s in state) > 0))
"""


def _changed(connection: psycopg.Connection, asked: Wanted, known_at: int) -> bool:
    """Whether facts that would have taught a model otherwise lie between what it saw and what is to be known."""
    from projections.forecasting.decoding import TOPICS

    low, high = sorted((known_at, asked.known_at))
    if asked.lasting and known_at > asked.known_at:
        return True
    always, topics = ((), TOPICS.keys()) if asked.lasting else (ALWAYS_KNOWN, {*TOPICS, *ALWAYS_KNOWN})
    if asked.lasting:
        topics = {topic for topic in topics if not topic.endswith(".FactWithdrawn")}
    parameters: dict[str, Any] = {"low": low, "high": high, "imported": IMPORTED}
    found = connection.execute(_CHANGED, {**parameters, "topics": sorted(topics), "always": list(always)}).fetchone()
    return bool(found and found[0])


_decoded: dict[str, Model] = {}
_DECODED = 64


def load(connection: psycopg.Connection, version: str) -> Model | None:
    """The model of a version; decoded once in a process."""
    if (known := _decoded.get(version)) is not None:
        return known
    found = connection.execute("select numbers from forecast_models where version = %s", (version,)).fetchone()
    if found is None:
        return None
    if len(_decoded) >= _DECODED:
        _decoded.clear()
    _decoded[version] = decode(bytes(found[0]))
    return _decoded[version]


_SAVE = """
insert into forecast_models (version, method, fitted_as_of, known_at, deals, numbers)
values (%(version)s, %(method)s, %(fitted_as_of)s, %(known_at)s, %(deals)s, %(numbers)s)
on conflict (version) do update set fitted_as_of = excluded.fitted_as_of, known_at = excluded.known_at,
    made_at = clock_timestamp()
"""


def save(connection: psycopg.Connection, model: Model, asked: Wanted) -> None:
    """Keep a model that was fitted for what was asked. The same numbers are there once, with their newest clocks."""
    connection.execute(
        _SAVE,
        {
            "version": model.version,
            "method": model.method,
            "fitted_as_of": asked.moment,
            "known_at": asked.known_at,
            "deals": model.deals,
            "numbers": encode(model),
        },
    )


def note_wanted(connection: psycopg.Connection, asked: Wanted) -> None:
    """Note what a worker shall fit. What is asked as of now is not noted: the workers see to it by themselves."""
    if asked.lasting:
        return
    connection.execute(
        "insert into forecast_models_wanted (fitted_as_of, known_at) select %s, %s"
        " where (select count(*) from forecast_models_wanted) < %s on conflict do nothing",
        (asked.moment, asked.known_at, MOST_WANTED),
    )


def all_wanted(connection: psycopg.Connection) -> list[Wanted]:
    """What was noted, the longest waiting first."""
    rows = connection.execute("select fitted_as_of, known_at from forecast_models_wanted order by asked_at").fetchall()
    return [Wanted(moment, known_at, lasting=False) for moment, known_at in rows]


def strike_out(connection: psycopg.Connection, asked: Wanted) -> None:
    """What was wanted is there."""
    connection.execute(
        "delete from forecast_models_wanted where fitted_as_of = %s and known_at = %s", (asked.moment, asked.known_at)
    )


def forget_old(connection: psycopg.Connection, days: int = 60) -> int:
    """Let go of models made so many days ago: what they learned can be learned again. How many there were."""
    sql = "delete from forecast_models where made_at < clock_timestamp() - make_interval(days => %s)"
    return connection.execute(sql, (days,)).rowcount
