"""What a reader of the stream asks for: which events, by his rights."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.bodies import SEPARATED
from api.endpoints import Call
from api.identity import Named, account_of
from domain.account.account import Account
from domain.aggregate import EVENTS
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.member import KeyScope
from domain.policies.territories import Territories
from domain.rights import TERRITORIES
from domain.subscription.subscription import StreamFilter
from projections.streams.reach import reached

Types = Annotated[
    str,
    msgspec.Meta(
        description="Stored names of events, or roots for all of theirs, separated by commas.",
        examples=["Account.VisitLogged,Opportunity"],
        extra=SEPARATED,
    ),
]
Regions = Annotated[
    str,
    msgspec.Meta(
        description="Keys of territories, separated by commas, each with all that lie below it; an event is in the "
        "territory that its account had when it was recorded.",
        extra=SEPARATED,
    ),
]

NO_SUCH_TYPE = (
    "no such event; one looks like Account.VisitLogged, or Account for all of its: GET /schemas, or"
    " `kams events schemas`, lists them"
)


class Which(msgspec.Struct, kw_only=True):
    """Which events; all where nothing is stated. An account counts with those merged into it; `imports=false` leaves
    out what was imported."""

    account: Named | None = None
    type: Types = ""
    territory: Regions = ""
    imports: bool = True


def filter_of(call: Call, which: Which) -> StreamFilter:
    """What is asked for. Raises NotAllowed, NotFound for an account that the asker does not see, Malformed."""
    call.asker.must_have(KeyScope.STREAM, KeyScope.READ)
    account = account_of(call, which.account)
    if account is not None:
        call.doors.access.must_see(call.asker, Account, account)
    wanted = StreamFilter(
        accounts=(account,) if account else (),
        types=_topics(which.type),
        territories=_known(call, which.territory),
        imports=which.imports,
    )
    return reached(call.doors.journal, call.doors.access, wanted)


def must_not_end_before(after: int, to: int | None) -> None:
    """Refuse a stretch whose end lies before its beginning. Raises Malformed."""
    if to is not None and to < after:
        raise Malformed(Fault("to", str(to), say("expected a position from {after} (`after`) on", after=after)))


def _topics(wanted: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in _listed(wanted):
        matching = [topic for topic in EVENTS if name in (topic, topic.partition(".")[0])]
        if not matching:
            raise Malformed(Fault("type", name[:80], NO_SUCH_TYPE))
        found += matching
    return tuple(dict.fromkeys(found))


def _known(call: Call, wanted: str) -> tuple[str, ...]:
    names = _listed(wanted)
    if not names:
        return ()
    tree = call.doors.access.newest.state(Territories, TERRITORIES)
    known = ", ".join(sorted(tree.territories)) or "none"
    for name in names:
        if name not in tree.territories:
            raise Malformed(Fault("territory", name[:80], say("no such territory; there are: {known}", known=known)))
    return tuple(names)


def _listed(stated: str) -> list[str]:
    return [name for name in (each.strip() for each in stated.split(",")) if name]
