"""Pages: a cursor holds where a list stopped and the clocks at which it began, so that pages fit together."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.errors import Fault, Malformed
from projections.engine import Clock


class Page(msgspec.Struct, array_like=True, frozen=True):
    """A place in a list: after which line, at which clocks, of which question."""

    question: bytes
    as_of: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    known_at: int | None = None
    after: UUID | None = None
    name: str = ""

    def after_line(self, clock: Clock, line: UUID, name: str = "") -> Page:
        """The page that follows a line."""
        return Page(self.question, clock.as_of, clock.known_at, line, name)


def page_of(cursor: str | None, query: msgspec.Struct) -> Page:
    """The page that a cursor asks for; the first without one. Raises Malformed for another question's cursor."""
    question = _question(query)
    if cursor is None:
        return Page(question)
    try:
        page = msgspec.msgpack.decode(urlsafe_b64decode(cursor.encode()), type=decodable(Page))
    except (ValueError, msgspec.DecodeError):
        raise Malformed(Fault("cursor", cursor[:80], "not a cursor: take `next` of the page before")) from None
    if page.question != question or page.known_at is None or not 0 <= page.known_at < 2**53:
        raise Malformed(Fault("cursor", cursor[:80], "belongs to another question: keep all parameters, or start anew"))
    return page


def next_page(page: Page | None) -> str | None:
    """The cursor of a page."""
    return urlsafe_b64encode(msgspec.msgpack.encode(page)).decode() if page else None


def _question(query: msgspec.Struct) -> bytes:
    """What must stay the same from page to page: everything but where it goes on and how long it is."""
    stated = {k: v for k, v in msgspec.structs.asdict(query).items() if k not in ("cursor", "limit", "wait_for")}
    return sha256(msgspec.json.encode(stated, order="sorted")).digest()[:8]
