"""Every forecast that was shown or scheduled, as it was, with what it rests on. What a forecast said is evidence: rows
are added, never changed.

What is kept names nobody: owners, territories and products by their keys, opportunities by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec
import psycopg
import structlog

from domain.decodable import decodable
from domain.visibility import Visibility

if TYPE_CHECKING:
    from projections.deals import Filters

Reason = Literal["shown", "scheduled"]
NO_MODEL = "none"
DEALS = "deals"
"""What stands for the period where single opportunities were forecast, not a period."""
MOST_DEALS = 20_000
"""A forecast of more opportunities is kept without them: a company of a million would keep all of it every week."""

EVERYTHING = "everything"

log = structlog.get_logger()


def scope_of(visibility: Visibility) -> str:
    """Under what a forecast is kept: everything, or what a member saw of it. Nobody reads another's."""
    return EVERYTHING if visibility.everything else str(visibility.member)


class KeptFigures(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """The forecast of one group, or of the whole (an empty key), in the reporting currency."""

    key: str
    p10: Decimal | None
    p50: Decimal | None
    p90: Decimal | None
    closed: Decimal
    commit: Decimal
    best_case: Decimal
    pipeline: Decimal
    weighted: Decimal


class KeptDeal(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """The forecast of one opportunity; days are those of a win, where it was near enough to be said."""

    opportunity: UUID
    stage: str
    amount: Decimal | None
    p_win: float | None
    p_win_within: float | None
    p10_close: date | None = None
    p50_close: date | None = None
    p90_close: date | None = None


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a forecast said. `by` and `filters` are what was asked; `within` the days of `p_win_within`."""

    currency: str
    by: str = ""
    filters: dict[str, str] = {}
    within: int = 0
    whole: KeptFigures | None = None
    groups: list[KeptFigures] = []
    deals: list[KeptDeal] = []
    left_out: int = 0


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A forecast that was kept. `known_at` and `position` are positions in the journal; `model` the method."""

    id: int
    kept_at: datetime
    reason: str
    as_of: datetime
    known_at: int
    position: int
    period: str
    first_day: date
    last_day: date
    scope: str
    model: str
    model_version: str
    content: Content


_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_decode = msgspec.msgpack.Decoder(decodable(Content)).decode
_SAID = ("reason", "known_at", "position", "period", "first_day", "last_day", "scope", "model", "model_version")
_KEEP = f"""
insert into forecasts (digest, as_of, {", ".join(_SAID)}, content)
values (%(digest)s, %(as_of)s, {", ".join(f"%({name})s" for name in _SAID)}, %(content)s)
on conflict (digest) do nothing returning id"""
_COLUMNS = ", ".join(name for name in Kept.__struct_fields__)


def keep(
    connection: psycopg.Connection,
    *,
    reason: Reason,
    answer: Any,
    first: date,
    last: date,
    period: str = DEALS,
    filters: Filters | None = None,
    by: str = "",
    scope: str,
) -> int | None:
    """Keep what was answered (a ForecastAnswer or a DealsAnswer): the number under which it is kept; None where the
    same was kept before on the same day, or where it cannot be kept: who asked gets his answer all the same."""
    try:
        row = _row(reason, answer, (first, last), period, content_of(answer, filters, by), scope)
        with connection.transaction():
            found = connection.execute(_KEEP.encode(), row).fetchone()
    except (psycopg.Error, msgspec.MsgspecError, AttributeError) as error:
        log.warning("forecast not kept", period=period, reason=str(error).strip())
        return None
    return int(found[0]) if found else None


def is_kept_since(connection: psycopg.Connection, moment: datetime) -> bool:
    """Whether a scheduled forecast as of a moment or later is kept."""
    asked = "select from forecasts where reason = 'scheduled' and as_of >= %s limit 1"
    return connection.execute(asked, (moment,)).fetchone() is not None


def _row(
    reason: str, answer: Any, days: tuple[date, date], period: str, content: Content, scope: str
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "reason": reason,
        "known_at": answer.known_at.position,
        "position": getattr(answer, "position", answer.known_at.position),
        "period": period,
        "first_day": days[0],
        "last_day": days[1],
        "scope": scope,
        "model": getattr(answer, "model", NO_MODEL) or NO_MODEL,
        "model_version": getattr(answer, "model_version", "") or "",
    }
    encoded = _encode(content)
    said = _encode([answer.as_of.date(), *(row[name] for name in _SAID)])
    digest = blake2b(said + encoded, digest_size=32).digest()
    return {**row, "as_of": answer.as_of, "content": encoded, "digest": digest}


def content_of(answer: Any, filters: Filters | None = None, by: str = "") -> Content:
    """What is kept of an answer: figures by group, and per opportunity."""
    asked = msgspec.structs.asdict(filters) if filters else {}
    stated = {name: str(value) for name, value in asked.items() if value}
    deals = getattr(answer, "deals", None)
    if isinstance(deals, list):
        kept = [_deal(each) for each in deals[:MOST_DEALS]] if len(deals) <= MOST_DEALS else []
        left_out = len(deals) - len(kept)
        within = getattr(answer, "within", 0)
        return Content(currency=answer.currency, filters=stated, within=within, deals=kept, left_out=left_out)
    groups = answer.groups if isinstance(getattr(answer, "groups", None), list) else []
    return Content(
        currency=answer.currency,
        by=by,
        filters=stated,
        whole=_figures("", answer),
        groups=[_figures(each.key, each) for each in groups],
    )


def _figures(key: str, of: Any) -> KeptFigures:
    p10, p50, p90 = (_set(getattr(of, name, None)) for name in ("p10", "p50", "p90"))
    return KeptFigures(key, p10, p50, p90, of.closed, of.commit, of.best_case, of.pipeline, of.weighted)


def _deal(of: Any) -> KeptDeal:
    names = ("stage", "amount", "p_win", "p_win_within", "p10_close", "p50_close", "p90_close")
    return KeptDeal(of.id, *(_set(getattr(of, name, None)) for name in names))


def _set(value: Any) -> Any:
    return None if value is msgspec.UNSET else value


def kept(
    connection: psycopg.Connection,
    *,
    scope: str | None = None,
    period: str | None = None,
    periods: bool | None = None,
    over_by: date | None = None,
    first_from: date | None = None,
    kept_by: datetime | None = None,
    known_at: int | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[Kept]:
    """What was kept, the newest first: of one scope; of one `period`; `periods` alone or opportunities alone; of
    periods that begin at `first_from` at the earliest and are over by the end of a day; kept by a moment, of what the
    journal held at a position; below a number; at most so many."""
    conditions = {
        "scope = %(scope)s": scope is not None,
        "period = %(period)s": period is not None,
        "(period <> %(deals)s) = %(periods)s": periods is not None,
        "last_day <= %(over_by)s": over_by is not None,
        "first_day >= %(first_from)s": first_from is not None,
        "kept_at <= %(kept_by)s": kept_by is not None,
        "position <= %(known_at)s": known_at is not None,
        "id < %(before)s": before is not None,
    }
    wanted = [condition for condition, asked in conditions.items() if asked]
    where = f" where {' and '.join(wanted)}" if wanted else ""
    sql = f"select {_COLUMNS} from forecasts{where} order by id desc limit %(limit)s"
    asked: Mapping[str, Any] = {
        "scope": scope,
        "period": period,
        "deals": DEALS,
        "periods": periods,
        "over_by": over_by,
        "first_from": first_from,
        "kept_by": kept_by,
        "known_at": known_at,
        "before": before,
        "limit": limit,
    }
    return [_kept(row) for row in connection.execute(sql.encode(), asked)]


def _kept(row: Iterable[Any]) -> Kept:
    *head, content = row
    return Kept(**dict(zip(Kept.__struct_fields__, [*head, _decode(content)], strict=True)))
