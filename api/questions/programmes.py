"""Partner programmes over HTTP (金钥匙合作伙伴): all, one with its partners, one partner over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

import msgspec

from api.asking import Clocks, Limit, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import identified
from api.opening import opened
from domain.account.account import Account
from domain.member import KeyScope
from domain.partner_programme.partner_programme import PartnerProgramme
from projections.partner_answer import PartnerAnswer, ProgrammeAnswer, ProgrammesAnswer
from projections.programmes import partner, programme, programmes

Periods = Annotated[int, msgspec.Meta(ge=1, le=120)]


class ProgrammesQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """All programmes."""

    limit: Limit = 50


class ProgrammeQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """A programme with so many of its partners, each with so many of its newest `periods`."""

    periods: Periods = 8
    limit: LongLimit = 500


class PartnerQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """So many of the newest `periods` of a partner; default: all."""

    periods: Periods | None = None


def endpoints() -> list[Endpoint]:
    """Everything that is asked about programmes."""
    every = "The partner programmes; what is counted are partners whose accounts the asker may see."
    whole = "A programme: its terms by edition, and the standing of each partner, those below threshold first."
    single = "One partner over time: scores of both sides, rewards due and granted, downstream customers."
    show = question("/programmes/{id}", "programmes.show", whole, _programme, ProgrammeAnswer, ProgrammeQuery)
    one = question(
        "/programmes/{id}/partners/{account}", "programmes.partner", single, _partner, PartnerAnswer, PartnerQuery
    )
    return [
        question("/programmes", "programmes", every, _programmes, ProgrammesAnswer, ProgrammesQuery),
        replace(show, tag="programmes"),
        replace(one, tag="programmes"),
    ]


def _programmes(call: Call) -> Reply:
    query = call.query(ProgrammesQuery)
    with viewing(call, query) as view:
        answer = programmes(view)
        answer.cut(query.limit)
        return Reply(answer)


def _programme(call: Call) -> Reply:
    query = call.query(ProgrammeQuery)
    key = _seen(call)
    with viewing(call, query) as view:
        answer = programme(view, key, periods=query.periods)
        answer.cut(query.limit)
        return Reply(answer)


def _partner(call: Call) -> Reply:
    query, stated = call.query(PartnerQuery), call.path["account"]
    key = _seen(call)
    account = identified(call, Account, stated[:200])
    call.doors.access.must_see(call.asker, Account, account)
    with viewing(call, query) as view:
        return Reply(
            partner(view, key, account, periods=query.periods, read=lambda text, field: opened(call, text, field))
        )


def _seen(call: Call) -> UUID:
    """The programme in the path, for one who reads."""
    key: UUID = call.path["id"]
    call.asker.must_have(KeyScope.READ)
    call.doors.access.must_be_there(PartnerProgramme, key)
    return key
