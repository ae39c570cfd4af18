"""Everything that goes wrong becomes a problem document (RFC 9457) here, and nowhere else."""

from __future__ import annotations

import http
import re
import traceback
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from psycopg_pool import PoolTimeout

from api.access import NotAllowed, NotSignedIn
from api.bodies import shown
from api.reader import COOKIE, is_page, language_wanted
from api.refusals import (
    AheadOfJournal,
    HostUnknown,
    NotAcceptable,
    NotForm,
    NotJson,
    NotMsgpack,
    NotYetReady,
    NotYetThere,
)
from api.signing_in.attempts import TooManyAttempts
from api.signing_in.same_site import CrossSiteRequest
from domain.claims import AlreadyClaimed
from domain.errors import Conflict, Fault, KamsError, Malformed, NotFound, Refused, RepeatedDifferently
from domain.journal.journal import TooBusy
from domain.journal.writer import JournalUnreachable
from domain.language.languages import speaking
from domain.seal.leaves import EventUnreadable
from domain.seal.notes import NoteUnreadable
from domain.seal.proofs import NoCheckpointOfSize, NotSealed, SealDamaged, SizesNotInOrder

MEDIA_TYPE = "application/problem+json"
NEVER_FIELDS = {"kind", "id", "position"}
"""Details that say what a refusal is about, under names that bodies have for something else."""
PART = re.compile(r"[.\[\]]+")
UNREACHABLE = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)

log = structlog.get_logger()


# The first class that fits decides.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (CrossSiteRequest, 403),
    (NotForm, 415),
    (TooManyAttempts, 429),
    (NotFound, 404),
    (Conflict, 412),
    (AheadOfJournal, 409),
    (NotJson, 400),
    (NotMsgpack, 400),
    (NotAcceptable, 406),
    (HostUnknown, 421),
    (Malformed, 422),
    (RepeatedDifferently, 422),
    (Refused, 409),
    (NotSealed, 409),
    (NoCheckpointOfSize, 409),
    (SealDamaged, 409),
    (NoteUnreadable, 409),
    (EventUnreadable, 409),
    (SizesNotInOrder, 422),
    (NotYetReady, 503),
    (NotYetThere, 503),
    (TooBusy, 503),
    (JournalUnreachable, 503),
    *((each, 503) for each in UNREACHABLE),
)


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong. `rule` is stable for machines; `faults` name every wrong field."""

    type: str
    title: str
    status: int
    detail: str
    rule: str = ""
    details: dict[str, Any] = {}
    faults: list[Fault] = []
    correlation_id: str = ""


def faults_of(refusal: Refused, raw_body: bytes) -> list[Fault]:
    """The fields of a body that a refusal is about, where its details name one."""
    try:
        body = msgspec.json.decode(raw_body or b"{}")
    except (msgspec.DecodeError, RecursionError):
        return []
    return faults_in(refusal, body) if isinstance(body, dict) else []


def faults_in(refusal: Refused, body: Mapping[str, Any]) -> list[Fault]:
    """The fields of a body, read already, that a refusal is about, and what it names besides."""
    return [fault for each in (refusal, *refusal.others) for fault in _faults_of_one(each, body)]


def _faults_of_one(refusal: Refused, body: Mapping[str, Any]) -> list[Fault]:
    details = {name: value for name, value in refusal.details.items() if name not in NEVER_FIELDS}
    named = [str(details.get(name)) for name in ("within", "field", "parameter")]
    named += [each for name in details for each in (name, f"{name}_id", f"{name}s")]
    if isinstance(refusal, AlreadyClaimed):
        named += [field for field, stated in body.items() if str(stated).strip() == details["value"]]
    found = [field for field in named if PART.split(field)[0] in body]
    found += sorted(refusal.about, key=lambda field: field not in body)
    return [Fault(field, shown(_found_in(body, field)), str(refusal)) for field in found[:1]]


def _found_in(body: Mapping[str, Any], field: str) -> Any:
    """What stands at a field such as `lines[0].quantity`; empty where nothing does."""
    found: Any = body
    for part in filter(None, PART.split(field)):
        if part.isdigit() and isinstance(found, list):
            found = found[int(part)] if int(part) < len(found) else ""
        else:
            found = found.get(part, "") if isinstance(found, Mapping) else ""
    return found


def status_of(error: Exception, method: str = "POST") -> int:
    """The HTTP status of an error; a question that is refused was a wrong question (422), not a conflict."""
    if isinstance(error, HTTPException):
        return error.status_code
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return 422 if kind is Refused and method in ("GET", "HEAD") else status
    return 500


def problem_of(error: Exception, status: int, correlation_id: str, faults: Sequence[Fault] = ()) -> Problem:
    """The document for an error; `faults` are those of a refusal. What nobody foresaw says no more than where to
    find it in the log."""
    title = http.HTTPStatus(status).phrase
    if isinstance(error, KamsError) and status != 500:
        return Problem(
            type=f"urn:kams:rule:{error.rule}",
            title=title,
            status=status,
            detail=str(error),
            rule=error.rule,
            details={key: _plain(value) for key, value in error.details.items()},
            faults=list(error.faults if isinstance(error, Malformed) else faults),
            correlation_id=correlation_id,
        )
    if isinstance(error, HTTPException):
        detail = error.detail
    elif status == 503:
        detail = "The database does not answer. Nothing was acknowledged; repeat the request."
    else:
        detail = "Something went wrong that should not. The server's log tells more under the correlation id."
    return Problem(type="about:blank", title=title, status=status, detail=detail, correlation_id=correlation_id)


def problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to an error, wherever it came from."""
    status = status_of(error, request.method)
    correlation_id = str(request.scope["state"].setdefault("correlation_id", uuid4()))
    if status == 500:
        trace = "".join(traceback.format_exception(error))  # as text: a renderer would show the variables, too
        log.error("request failed", path=request.url.path, correlation_id=correlation_id, trace=trace)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="kams"'
    if status == 503:
        headers["Retry-After"] = "1"
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.details["seconds"])
    headers["Content-Language"] = (language := language_wanted(request)).value
    with speaking(language):
        document = problem_of(error, status, correlation_id, request.scope["state"].get("faults", ()))
        if is_page(request) and "text/html" in request.headers.get("accept", ""):
            from api.console.problem_page import HTML, problem_page  # a page knows of problems, not they of it

            content = problem_page(document, request.cookies.get(COOKIE, ""), request.url.path, request.url.query)
            return Response(content, status_code=status, media_type=HTML, headers=headers)
    content = msgspec.json.encode(document)
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _plain(value: Any) -> Any:
    """A detail as JSON; what has no form of its own as its text."""
    return msgspec.to_builtins(value, enc_hook=str, str_keys=True)
