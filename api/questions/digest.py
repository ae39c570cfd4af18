"""The weekly digest over HTTP: as JSON, and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import msgspec

from api.asking import Clocks, question, viewing
from api.digests.letter import digest, letter
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, member_of
from domain.rights import rights_of
from domain.visibility import Visibility
from projections.digest import Digest
from projections.view import View

HTML = "text/html"


class DigestQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Whose, by default one's own; of which ISO week (2026-W44), by default that of `as_of`."""

    member: Named | None = None
    week: str = ""


def endpoints() -> list[Endpoint]:
    """The digest."""
    about = "The weekly digest of a member: what is due, what the last week changed, what the quarter will bring."
    page = "The same as a page in the member's language that prints well and loads nothing."
    shown = question("/digest/page", "digest.page", page, _page, str, DigestQuery)
    return [question("/digest", "digest", about, _digest, Digest, DigestQuery), replace(shown, media=HTML)]


def _digest(call: Call) -> Reply:
    with _viewing(call) as (view, member, week):
        return Reply(digest(call.doors.journal, view, member, week))


def _page(call: Call) -> Reply:
    with _viewing(call) as (view, member, week):
        return Reply(letter(call.doors.journal, view, member, week).html.encode())


@contextmanager
def _viewing(call: Call) -> Iterator[tuple[View, UUID, str]]:
    """A view with the member's own rights; what is sealed opens only where the asker may read it, too."""
    query = call.query(DigestQuery)
    member = member_of(call, query.member) or call.asker.member
    call.doors.access.must_see_member(call.asker, member)
    theirs = rights_of(call.doors.access.newest, member)
    allowed = may_read(theirs, call.asker.visibility)
    call.opened_personal = call.opened_personal or allowed.personal
    asker = msgspec.structs.replace(call.asker, visibility=allowed)
    with viewing(replace(call, asker=asker), query) as view:
        yield view, member, query.week


def may_read(theirs: Visibility, asker: Visibility) -> Visibility:
    """A member's rights, without those to personal data where who asks for him has none."""
    return msgspec.structs.replace(theirs, personal=theirs.personal and asker.personal)
