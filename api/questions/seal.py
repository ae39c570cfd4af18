"""The seal over HTTP: how it stands, checkpoints, and proofs of single events and between checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
import psycopg

from api.endpoints import Call, Endpoint, NoQuery, Reply
from api.seal import (
    CheckpointAnswer,
    ConsistencyAnswer,
    ProofAnswer,
    checkpoint_answer,
    consistency_answer,
    must_audit,
    proof_answer,
)
from domain.errors import Fault, Malformed
from domain.seal.standing import SealStatus, seal_status

T = TypeVar("T")
TEXT = "text/plain"
Size = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class CheckpointQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which checkpoint: of so many events; the newest if not stated."""

    size: Size | None = None


class ConsistencyQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """From how many events to how many."""

    first: Size
    to: Size


def endpoints() -> list[Endpoint]:
    """The seal."""
    return [
        _asked("/audit/seal", "seal", "How far the journal is sealed, by which key, known where.", _seal, SealStatus),
        _asked(
            "/audit/checkpoint",
            "checkpoint",
            "The newest checkpoint, or that of so many events. 409 where there is none.",
            _checkpoint,
            CheckpointAnswer,
            CheckpointQuery,
        ),
        _asked(
            "/audit/checkpoint/note",
            "checkpoint_note",
            "The same as text: the signed note alone (c2sp.org/tlog-checkpoint).",
            _note,
            str,
            CheckpointQuery,
            TEXT,
        ),
        _asked(
            "/audit/proof/{position}",
            "proof",
            "That an event is in the tree of the first checkpoint that seals it, or of that of so many events. 409 "
            "where it is not sealed yet.",
            _proof,
            ProofAnswer,
            CheckpointQuery,
        ),
        _asked(
            "/audit/consistency",
            "consistency",
            "That the first `from` events are the beginning of the first `to` ones. 409 where those are not sealed.",
            _consistency,
            ConsistencyAnswer,
            ConsistencyQuery,
        ),
    ]


def _asked(
    path: str,
    name: str,
    about: str,
    handle: Callable[[Call], Reply],
    answer: Any,
    query: type[msgspec.Struct] = NoQuery,
    media: str = "application/json",
) -> Endpoint:
    def audited(call: Call) -> Reply:
        must_audit(call.asker)
        return handle(call)

    return Endpoint("GET", path, name, about, audited, answer, query=query, tag="audit", media=media)


def _read(call: Call, ask: Callable[[psycopg.Connection], T]) -> T:
    return call.doors.journal.streams.read(ask)


def _seal(call: Call) -> Reply:
    return Reply(_read(call, seal_status))


def _checkpoint(call: Call) -> Reply:
    size = call.query(CheckpointQuery).size
    return Reply(_read(call, lambda connection: checkpoint_answer(connection, size)))


def _note(call: Call) -> Reply:
    size = call.query(CheckpointQuery).size
    return Reply(_read(call, lambda connection: checkpoint_answer(connection, size)).note.encode())


def _proof(call: Call) -> Reply:
    stated, size = call.path["position"], call.query(CheckpointQuery).size
    if not (stated.isascii() and stated.isdigit() and 0 < len(stated) < 16):
        raise Malformed(Fault("position", stated[:80], "expected a position: a number from 1 on"))
    return Reply(_read(call, lambda connection: proof_answer(connection, int(stated), size)))


def _consistency(call: Call) -> Reply:
    query = call.query(ConsistencyQuery)
    return Reply(_read(call, lambda connection: consistency_answer(connection, query.first, query.to)))
