"""What-if over HTTP: a question under other policies, side by side with what was. It records nothing."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec

from api.asking import Clocks, LongLimit, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, member_of
from api.moments import When
from api.policies import POLICIES
from api.questions.visits import seen_account
from api.what_if import FOUND, Parameters, WhatIfQuestion, answered, cut, key_for, kind_of, must_have_no_key
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.funnel import By
from projections.portfolio import Method
from projections.suppositions import Supposition
from projections.view import View
from projections.whatif.side_by_side import Ends
from projections.whatif.supposing import supposed_as_of, supposed_document, supposed_edition


class Override(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One policy that is supposed to have held instead: its kind as in `/policies/{kind}`, its key where there are
    several, and either a whole `document` as it is set, or the number of an `edition`, or `as_of` when it stood so.
    Without a kind, `as_of` takes all policies of that moment."""

    policy: str = ""
    key: str = ""
    document: dict[str, Any] | None = None
    edition: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    as_of: When | None = None


class WhatIfBody(Clocks, kw_only=True, forbid_unknown_fields=True):
    """A question under `overrides`, as of a moment; or as a series, at the ends of periods (`every`; default: months)
    from one day to another. `gates` looks at the advances of these days. Each question takes the parameters that it
    takes by itself; `period` of a forecast may be several, separated by commas."""

    question: WhatIfQuestion
    overrides: Annotated[list[Override], msgspec.Meta(max_length=40)]
    account: Named | None = None
    member: Named | None = None
    owner: Named | None = None
    territory: str = ""
    product: str = ""
    by: By | None = None
    period: str = ""
    model: str = DEFAULT_MODEL
    method: Method = Method.WEIGHTED
    rule: str = ""
    first: date | None = msgspec.field(name="from", default=None)
    last: date | None = msgspec.field(name="to", default=None)
    every: Ends | None = None
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """The what-if."""
    about = (
        "The same history under other policies, side by side with what was: health, portfolio, funnel, forecast,"
        " findings, gates or visits. A question: nothing is recorded, however often it is asked."
    )
    return [
        Endpoint(
            "POST", "/what-if", "what-if", about, _what_if, FOUND, body=WhatIfBody, tag="what-if", asks=True,
        )
    ]  # fmt: skip


def _what_if(call: Call) -> Reply:
    body = call.body(WhatIfBody)
    with viewing(call, body) as view:
        said = Parameters(
            account=seen_account(call, body.account),
            member=member_of(call, body.member),
            owner=member_of(call, body.owner),
            territory=body.territory,
            product=body.product,
            by=body.by,
            period=body.period,
            model=body.model,
            method=body.method,
            rules=tuple(name.strip() for name in body.rule.split(",") if name.strip()),
            first=body.first,
            last=body.last,
            every=body.every,
        )
        supposed = [one for n, each in enumerate(body.overrides) for one in _supposed(call, view, n, each)]
        answer = answered(view, call.doors.journal, body.question, said, supposed)
    cut(answer, body.limit)
    return Reply(answer)


def _supposed(call: Call, view: View, number: int, stated: Override) -> list[Supposition]:
    field = f"overrides[{number}]"
    if sum(each is not None for each in (stated.document, stated.edition, stated.as_of)) != 1:
        raise Malformed(Fault(field, "", say("state one of document, edition and as_of")))
    moment = call.doors.calendar.moment(f"{field}.as_of", stated.as_of)
    if moment is not None and not stated.policy and not stated.key:
        return supposed_as_of(view, POLICIES.values(), moment, everything=True)
    policy = kind_of(f"{field}.policy", stated.policy)
    must_have_no_key(f"{field}.key", stated.policy, stated.key)
    key = key_for(stated.policy, stated.key, stated.document)
    if stated.document is not None:
        try:
            return [supposed_document(view, policy, key, stated.document)]
        except Malformed as refusal:
            raise Malformed(*(_within(f"{field}.document", fault) for fault in refusal.faults)) from refusal
    if stated.edition is not None:
        return [supposed_edition(view, policy, key, stated.edition)]
    assert moment is not None
    return supposed_as_of(view, [policy], moment, key=stated.key)


def _within(field: str, fault: Fault) -> Fault:
    return Fault(f"{field}.{fault.field}", fault.found, fault.reason)
