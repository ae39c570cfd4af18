"""Audit (审计): who did what and when, the newest first, narrowed by anything; one event by itself; whom to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from api.asking import Clocks, Position
from api.console.asked import questions
from api.console.explained import behind
from api.console.facts import Facts, Shown
from api.console.frame import Frame, page
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, identified, is_identifier, with_external_id
from api.moments import When
from api.names import member_names
from api.questions.audit_trail import TrailQuery, asked
from api.titles import openings
from api.trail import cursor_of, place_of, trail
from api.trail import page as page_of
from api.trail_lines import ACCESS, TrailLine, TrailTeller
from domain.aggregate import EVENTS, Recorded
from domain.decodable import decodable
from domain.errors import NotFound
from domain.journal.trail import Found
from domain.language.catalogue import event_words, say, term
from domain.member import Member, Role
from domain.opportunity.opportunity import Opportunity
from projections.looking_up import MOST, accounts_like, members_numbered
from projections.view import View

PROVE = frozenset({Role.AUDITOR, Role.ADMIN})
"""Who reads the whole trail, the seal and the access log."""


class AuditQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Who or what is looked for (`q`); an event by its position; which facts of the trail: of an account, opportunity
    or member, of a kind, by somebody or by an origin, recorded `from` `to`."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    position: Position | None = None
    account: Named | None = None
    opportunity: Named | None = None
    member: Named | None = None
    kind: str = ""
    who: Annotated[str, msgspec.Meta(max_length=200)] = ""
    origin: Literal["", "worker", "import"] = ""
    since: When | None = msgspec.field(name="from", default=None)
    to: When | None = None
    correlation: UUID | None = None
    corrections: bool = False
    overrides: bool = False
    access: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 25
    cursor: str | None = None


class Hit(msgspec.Struct):
    """Something that was looked for, and where its history is."""

    kind: str
    name: str
    number: str
    path: str
    parameters: dict[str, str]


def endpoints() -> list[Endpoint]:
    """The trail."""
    pack = questions()["evidence pack"]
    return [
        page("/audit", "audit", _audit, AuditQuery),
        Endpoint(
            "GET", "/console/audit/trail.csv", "console.audit.csv", "The trail as CSV.", _csv, bytes, AuditQuery,
            media="text/csv", etag=False, session=True,
        ),
        replace(
            pack, path="/console/audit/report/{id}", name="console.audit.report", handle=_pack,
            session=True, etag=False, ready=None,
        ),
    ]  # fmt: skip


def must_oversee(frame: Frame[Any]) -> None:
    """Refuse who has no use for the audit pages. Raises NotAllowed."""
    frame.call.asker.must_be(Role.AUDITOR, Role.ADMIN, Role.DIRECTOR)


def proves(frame: Frame[Any]) -> bool:
    """Whether the asker reads the whole trail, the seal and the access log."""
    return bool(frame.call.asker.roles & PROVE)


def _audit(frame: Frame[AuditQuery]) -> Mapping[str, Any]:
    """The trail, an event, or what was looked for."""
    must_oversee(frame)
    query = frame.query
    shown: dict[str, Any] = {"title": say("Audit"), "proves": proves(frame), "hits": None, "event": None, "lines": None}
    if query.position is not None:
        return {**shown, **_event(frame, query.position), "tab": "trail"}
    with frame.view() as view:
        if query.q:
            shown["hits"] = _hits(frame, view, query.q.strip())
        if proves(frame):
            shown |= _trail(frame, view)
    return {**shown, "tab": "trail"}


def _trail(frame: Frame[AuditQuery], view: View) -> Mapping[str, Any]:
    query, call = frame.query, frame.call
    facts = Facts(frame, view)
    narrowed = asked(call, view, msgspec.convert(_wanted(query), decodable(TrailQuery), strict=False))
    member = identified(call, Member, query.member) if query.member else None
    if member:
        filters = msgspec.structs.replace(narrowed.filters, streams=(member,))
        narrowed = msgspec.structs.replace(narrowed, filters=filters)
    place = place_of(query.cursor)
    lines, following = page_of(trail(Places(call.doors.journal, view), narrowed, place), query.limit, place)
    return {
        "lines": told(facts, lines),
        "next": cursor_of(following),
        "kinds": _kinds(),
        "about": _about(facts, query, member),
    }


class Places(TrailTeller):
    """Tells of facts only where they are: a page tells those that it shows, and no whole chunk."""

    def lines(self, found: Sequence[Found]) -> list[TrailLine]:
        """A line for each, without words."""
        return [
            TrailLine(position=each.position, recorded_at=each.recorded_at, fact=each.event.topic)
            if isinstance(each, Recorded) and each.recorded_at is not None
            else super(Places, self).lines([each])[0]
            for each in found
        ]


def _wanted(query: AuditQuery) -> dict[str, Any]:
    """The parameters of the API's trail, of those that are stated."""
    stated = {
        "account": query.account,
        "opportunity": query.opportunity,
        "actor": query.origin or query.who,
        "kind": query.kind,
        "from": query.since,
        "to": query.to,
        "correlation": query.correlation and str(query.correlation),
        "corrections": query.corrections,
        "overrides": query.overrides,
        "access": query.access,
    }
    return {name: value for name, value in stated.items() if value}


def _csv(call: Call) -> Reply:
    query = call.query(AuditQuery)
    stated = {name: "true" if value is True else value for name, value in _wanted(query).items()}
    clocks = {name: value for name in ("as_of", "known_at") if (value := getattr(query, name))}
    wanted = replace(call, raw_query=urlencode({**stated, **clocks, "format": "csv"}).encode())
    reply = questions()["audit.trail"].handle(wanted)
    call.exported = wanted.exported
    return _saved(reply, "trail.csv")


def _pack(call: Call) -> Reply:
    return _saved(questions()["evidence pack"].handle(call), "evidence.html")


def _saved(reply: Reply, name: str) -> Reply:
    return replace(reply, headers={**reply.headers, "Content-Disposition": f'attachment; filename="{name}"'})


def told(facts: Facts, lines: list[TrailLine]) -> list[Shown | TrailLine]:
    """Lines of the journal as they are shown, those of the access log as they are."""
    shown = facts.at(line.position for line in lines if line.source != ACCESS and line.position and not line.error)
    return [line if line.source == ACCESS else shown.get(line.position or 0) or facts.shown(line) for line in lines]


def _about(facts: Facts, query: AuditQuery, member: UUID | None) -> list[tuple[str, str]]:
    """What the trail is narrowed to, and the parameter that says so."""
    named = {"account": query.account, "opportunity": query.opportunity}
    found = [
        (name, facts.name_of(UUID(stated)) if is_identifier(stated) else stated)
        for name, stated in named.items()
        if stated
    ]
    if member:
        found.append(("member", facts.name_of(member)))
    if query.correlation:
        found.append(("correlation", str(query.correlation)[:8]))
    return found


def _event(frame: Frame[AuditQuery], position: int) -> Mapping[str, Any]:
    """One event, as far as the asker sees it. Raises NotFound."""
    behind(frame.call, f"events?positions={position}", frame.query, limit=1, skip=0)
    with frame.view() as view:
        facts = Facts(frame, view)
        shown = facts.at([position])[position]
        fact = frame.call.doors.journal.streams.at([position])[position]
        account = facts.account_of(position)
    return {"event": shown, "fact": fact, "account": account, "title": event_words(fact.event.topic).capitalize()}


def _hits(frame: Frame[AuditQuery], view: View, text: str) -> list[Hit]:
    """Accounts by name or external id, an opportunity by its external id, members by external id or name."""
    found = [
        Hit("account", each.name, each.external_id, f"/console/audit/replay/{each.account}", {})
        for each in accounts_like(view, text)
    ]
    found += _deal(frame, text)
    if proves(frame):
        members = dict(members_numbered(view, text))
        names = member_names(frame.call.doors.journal, view)
        members |= {key: "" for key, name in names.items() if text.lower() in name.lower()}
        found += [
            Hit("member", names.get(key, ""), number, "/console/audit", {"member": str(key)})
            for key, number in list(members.items())[:MOST]
        ]
    return found


def _deal(frame: Frame[AuditQuery], text: str) -> list[Hit]:
    call = frame.call
    key = UUID(text) if is_identifier(text) else with_external_id(call, Opportunity, text)
    opened = openings(call.doors.journal, [key]).get(key) if key else None
    if opened is None or key is None:
        return []
    with suppress(NotFound):
        call.doors.access.must_see(call.asker, Opportunity, key)
        path = f"/console/audit/replay/{opened.account}"
        return [Hit("opportunity", opened.title, opened.external_id, path, {"opportunity": str(key)})]
    return []


def _kinds() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Aggregates with their events, as they are chosen from."""
    found: dict[str, list[tuple[str, str]]] = {}
    for topic in sorted(EVENTS):
        found.setdefault(topic.partition(".")[0], []).append((topic, event_words(topic)))
    return [(root, term("aggregates", _snake(root)), topics) for root, topics in sorted(found.items())]


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() and place else each.lower() for place, each in enumerate(name))
