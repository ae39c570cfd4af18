"""Answers on the wire: with an ETag, as a stream, in the language of whoever asks."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response
from litestar.response import Stream

from api.endpoints import Endpoint, Reply
from api.reader import language_wanted
from api.streams.live import Live, LiveResponse
from domain.aggregate import BEGINNING
from domain.language.languages import Language, speaking
from projections.bridge import BridgeAnswer
from projections.view import Answer

NUMBERS = "text/plain; version=0.0.4; charset=utf-8"


def respond(endpoint: Endpoint, reply: Reply, request: Request[Any, Any, Any]) -> Response[Any]:
    """The answer on the wire, with an ETag; 304 where the asker has it already."""
    headers = {"Correlation-Id": str(correlation_of(request)), **reply.headers}
    if isinstance(reply.content, Live):
        return LiveResponse(reply.content, headers)
    if endpoint.media == NUMBERS:
        return Response(reply.content, media_type=NUMBERS, headers=headers)
    if isinstance(reply.content, Iterator):
        stream = spoken_on(reply.content, language_wanted(request))
        return Stream(stream, status_code=reply.status, media_type=reply.media or endpoint.media, headers=headers)
    content = reply.content if isinstance(reply.content, bytes) else msgspec.json.encode(reply.content)
    if endpoint.method == "GET" and endpoint.etag:
        etag = f'"{reply.etag or fingerprint(reply.content)}"'
        headers["ETag"] = etag
        if etag in (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")):
            return Response(b"", status_code=304, headers=headers)
    elif reply.etag:
        headers["ETag"] = f'"{reply.etag}"'
    media = reply.media or endpoint.media
    if media.startswith("text/html") and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 5, mtime=0)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Language, Accept-Encoding, Cookie"}
    return Response(content, status_code=reply.status, media_type=media, headers=headers)


def spoken_on(parts: Iterator[bytes], language: Language) -> Iterator[bytes]:
    """Parts of an answer, each made in its language after the conversation's own time."""
    while True:
        with speaking(language):
            part = next(parts, None)
        if part is None:
            return
        yield part


def fingerprint(content: Any) -> str:
    """What an answer says, whatever the time at which it was asked: the clock alone is no change."""
    if isinstance(content, Answer | BridgeAnswer):
        content = msgspec.structs.replace(content, as_of=BEGINNING)
    return sha256(content if isinstance(content, bytes) else msgspec.json.encode(content)).hexdigest()[:20]


def correlation_of(request: Request[Any, Any, Any]) -> UUID:
    """The identity of the request, in its answer, in the log and in what it records."""
    found = request.scope["state"].setdefault("correlation_id", uuid4())
    assert isinstance(found, UUID)
    return found
