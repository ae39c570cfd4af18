"""Forgetting a person, and what is held about one, over HTTP."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

import msgspec

from api.asking import Clocks, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import is_identifier
from api.people import ForgettingAnswer, Somebody, forget_somebody, somebody
from api.person_report import PersonReport, report
from api.shared_texts import people_names
from domain.errors import NotFound
from domain.journal.context import Context, digest_of
from domain.member import KeyScope, Role
from domain.visibility import Visibility


class ForgetBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why, without naming the person; and which texts about others, too, go with him. `dry_run` changes nothing."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    also_shared: tuple[UUID, ...] = ()
    all_shared: bool = False
    dry_run: bool = False


class ReportQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """What is held now."""


def endpoints() -> list[Endpoint]:
    """Forgetting and reporting."""
    forgetting = "Forget a person for ever: destroys the keys of his data and of texts about him alone."
    reporting = "Everything held about a person, opened; for whoever asks what is held about himself."
    return [
        Endpoint(
            method="POST",
            path="/people/{id}/forget",
            name="Person.forget",
            about=forgetting,
            handle=_forget,
            answer=ForgettingAnswer,
            body=ForgetBody,
            tag="people",
        ),
        Endpoint(
            method="GET",
            path="/people/{id}/report",
            name="people report",
            about=reporting,
            handle=_report,
            answer=PersonReport,
            query=ReportQuery,
            tag="people",
        ),
    ]


def _forget(call: Call) -> Reply:
    call.asker.must_have(KeyScope.ADMIN)
    call.asker.must_be(Role.ADMIN)
    body = call.body(ForgetBody)
    call.doors.readiness.must_be_filled()
    with call.doors.reader.view(Visibility.whole(call.asker.member), now=call.now) as view:
        one = somebody(call.doors.journal, view, _stated(call))

    def names(people: Collection[UUID]) -> dict[UUID, str]:
        with call.doors.reader.view(call.asker.visibility, now=call.now) as view:
            return people_names(call.doors.journal, view, people)

    answer = forget_somebody(
        call.doors.journal,
        one,
        _context(call, one, body),
        reason=body.reason,
        also=body.also_shared,
        all_shared=body.all_shared,
        register=call.doors.register,
        dry_run=body.dry_run,
        names=names,
        personal=call.asker.visibility.personal,
    )
    call.opened_personal = call.opened_personal or any(
        place.text for each in answer.texts_left for place in each.places
    )
    return Reply(answer)


def _context(call: Call, one: Somebody, body: ForgetBody) -> Context:
    return Context(
        at=call.now,
        actor=call.asker.member,
        command_id=call.command_id,
        digest=digest_of(msgspec.msgpack.encode([one.person, body])),
        correlation_id=call.correlation_id,
    )


def _report(call: Call) -> Reply:
    call.asker.must_be(Role.ADMIN, Role.AUDITOR)
    with viewing(call, call.query(ReportQuery)) as view:
        one = somebody(call.doors.journal, view, _stated(call))
        answer = report(call.doors.journal, view, one)
    call.exported = call.opened_personal = True
    return Reply(answer)


def _stated(call: Call) -> UUID:
    stated = str(call.path["id"])
    if not is_identifier(stated):
        raise NotFound(kind="person", key=stated[:80])
    return UUID(stated)
