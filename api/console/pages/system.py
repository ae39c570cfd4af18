"""System (系统): whether everything works (read models, workers, seal, servers), and what to do where it does not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psycopg

from api.checks import Check
from api.console.frame import Frame, Moments, page
from api.console.streaming import age_words
from api.delivery_troubles import troubles_of
from api.endpoints import Call, Endpoint
from api.health_checks import (
    check_append_only,
    check_feed,
    check_models,
    check_restored,
    check_role,
    check_workers,
)
from api.seal import must_audit
from domain.access_log import ACCESS_LOG, AccessLog
from domain.language.catalogue import say
from domain.seal.standing import AnchorProgress, SealFault, Standing, anchor_progress, seal_fault, standing
from projections.engine.engine import ModelStatus, Rebuild, Status
from projections.engine.parking import Parked
from projections.streams.subscriptions import subscriptions
from projections.working import Worker, workers_seen

MOST_PARKED = 20
SLOW = 60.0
"""Seconds after which what is not sealed is said to wait."""


@dataclass(frozen=True)
class ModelLine:
    """A read model, how far behind it is, and in a word how it does."""

    status: ModelStatus
    behind: int
    tone: str
    word: str


def endpoints() -> list[Endpoint]:
    """The page, and what it asks for again and again."""
    return [page("/system", "system", _system), page("/system-now", "system_now", _now)]


def _system(frame: Frame[Moments]) -> Mapping[str, Any]:
    """Whether everything works."""
    must_audit(frame.call.asker)
    return {"title": say("System")}


def _now(frame: Frame[Moments]) -> Mapping[str, Any]:
    """How everything stands now."""
    must_audit(frame.call.asker)
    call, journal, engine = frame.call, frame.call.doors.journal, frame.call.doors.engine
    status = engine.status()
    with journal.pool.connection() as connection:
        workers = workers_seen(connection)
        seal, fault, anchors = standing(connection), seal_fault(connection), anchor_progress(connection)
        checks = [_said(each) for each in _checks(call, connection, status, workers, fault)]
        server = connection.info.server_version
    return {
        "head": status.head,
        "models": sorted((_line(each, status.head) for each in status.models), key=lambda each: -each.behind),
        "parked": _parked(call, status)[:MOST_PARKED],
        "rebuilds": [(each, _share(each, status.head)) for each in engine.rebuilds()],
        "workers": [(each, _duties(each)) for each in workers],
        "alive": sum(each.alive for each in workers),
        "seal": seal,
        "sealed": _sealed(seal, fault, anchors),
        "access_log_until": _until(call),
        "database": f"PostgreSQL {server // 10000}.{server % 10000}",
        "valkey": _valkey(call),
        "version": _version(),
        "checks": checks,
        "names": check_words(),
        "troubles": sum(not each.ok or bool(each.remedy) for each in checks),
        "age": age_words,
        "at": call.now,
    }


def check_words() -> dict[str, str]:
    """What is looked at, in words."""
    return {
        "read_models": say("Read models"),
        "workers": say("Workers"),
        "feed": say("Feed for integrators"),
        "append_only": say("Journal only grows"),
        "database_role": say("Role in the database"),
        "restored": say("Restored"),
        "seal": say("Seal"),
        "deliveries": say("Deliveries"),
    }


def _line(status: ModelStatus, head: int) -> ModelLine:
    behind = max(0, head - status.position)
    if status.parked:
        return ModelLine(status, behind, "bad", say("{count} [row|rows] parked", count=status.parked))
    if not behind:
        return ModelLine(status, behind, "good", say("up to date"))
    return ModelLine(status, behind, "warn" if status.lag_seconds < SLOW else "bad", say("behind"))


def _duties(worker: Worker) -> str:
    """What a worker alone does now; subscriptions are counted."""
    named = [each for each in worker.leases if ":" not in each]
    webhooks = len(worker.leases) - len(named)
    return ", ".join([*named, *([say("{count} [subscription|subscriptions]", count=webhooks)] if webhooks else [])])


def _share(one: Rebuild, head: int) -> float:
    return one.position / head if head else 1.0


def _parked(call: Call, status: Status) -> list[Parked]:
    waiting = {each.model for each in status.models if each.parked}
    engine = call.doors.engine
    return [line for model in engine.models if model.name in waiting for line in engine.parked(model)]


def _sealed(seal: Standing, fault: SealFault | None, anchors: list[AnchorProgress]) -> tuple[str, str]:
    """How the seal does: a tone and words."""
    if fault is not None:
        return "bad", say("Nothing is sealed: {reason}", reason=fault.reason)
    if any(each.contradicts for each in anchors):
        return "bad", say("An anchor contradicts the journal: `kams audit verify` says more.")
    if seal.unsealed and seal.age_seconds > SLOW:
        return "warn", say("Events that wait to be sealed: {count}.", count=seal.unsealed)
    return "good", say("Everything is sealed but the newest moment.")


def _until(call: Call) -> datetime | None:
    """Until when the access log is sealed; None where no hour was sealed yet."""
    log = call.doors.journal.streams.state(AccessLog, ACCESS_LOG)
    return log.until if log.until.year > 1 else None


def _valkey(call: Call) -> tuple[str, str]:
    """Whether Valkey answers: a tone and words."""
    asks = call.doors.valkey_answers
    if asks is None:
        return "plain", say("not asked from here")
    started = time.perf_counter()
    if not asks():
        return "bad", say("does not answer: workers look by themselves, each minute")
    return "good", say("answers in {count} ms", count=round((time.perf_counter() - started) * 1000))


def _version() -> str:
    try:
        return version("kams")
    except PackageNotFoundError:
        return say("unknown")


def _said(check: Check) -> Check:
    return Check(check.name, check.ok, say(check.found), say(check.remedy))


def _checks(
    call: Call, connection: psycopg.Connection, status: Status, workers: list[Worker], fault: SealFault | None
) -> Iterator[Check]:
    """What the doctor finds that costs little."""
    alive = any(each.alive for each in workers)
    yield check_models(status, alive=alive, embedded=False)
    yield check_workers(connection, embedded=False)
    yield check_feed(connection, embedded=False)
    yield check_append_only(connection)
    yield check_role(connection)
    yield check_restored(connection)
    if fault is not None:
        yield Check("seal", ok=False, found=fault.reason, remedy=say("`kams doctor` says more about the key."))
    live = [each for each in subscriptions(call.doors.journal) if not each.ended]
    for one in live:
        for trouble in troubles_of(connection, one, call.now):
            yield Check("deliveries", ok=True, found=trouble.found, remedy=trouble.remedy)
