"""Diff (差异): what changed between two moments, or in what was known about one, old beside new with the events."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from api.asking import Clocks
from api.console.facts import Facts, exact
from api.console.frame import Frame, page
from api.diff import Diff, DiffAnswer
from api.endpoints import Endpoint
from api.identity import Named, account_of
from api.moments import When
from api.questions.diff import DiffQuery, diff_of
from domain.language.catalogue import field_words, say, term
from domain.member import Role
from projections.forecast_change import FIGURES
from projections.health_moved import AccountMove

STEPS = (
    "new",
    "reopened",
    "increased",
    "moved_in",
    "revalued",
    "decreased",
    "moved_out",
    "lost",
    "disqualified",
    "won",
)
ADDS = frozenset(STEPS[:5])


class DiffPage(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Of everything, of an account, of an owner or a territory: from the moment `from` to the moment `to`, or what was
    known at `known_from` and at `known_to`, about the moment `to`."""

    account: Named | None = None
    owner: Named | None = None
    territory: str = ""
    since: When | None = msgspec.field(name="from", default=None)
    to: When | None = None
    known_from: str | None = None
    known_to: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 100


class Pair(msgspec.Struct):
    """A figure then and now, by what it changed, and the events behind that."""

    name: str
    then: str
    change: str
    now: str
    positions: list[int]
    note: str = ""


def endpoints() -> list[Endpoint]:
    """The diff."""
    return [page("/audit/diff", "audit_diff", _diff, DiffPage)]


def _diff(frame: Frame[DiffPage]) -> Mapping[str, Any]:
    """What changed."""
    frame.call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    query = frame.query
    shown: dict[str, Any] = {"title": say("Differences"), "proves": True, "tab": "diff", "answer": None, "of": ""}
    asked = any((query.since, query.known_from))
    found = diff_of(frame.call, _wanted(query)) if asked else None
    with frame.view() as view:
        facts = Facts(frame, view)
        if account := account_of(frame.call, query.account):
            shown["of"] = facts.name_of(account)
        if found is not None:
            shown |= _told(facts, found)
    return shown


def _wanted(query: DiffPage) -> DiffQuery:
    """As the API takes it: a diff of knowledge is about the moment of the page."""
    of_knowledge = bool(query.known_from)
    return DiffQuery(
        account=query.account,
        owner=query.owner,
        territory=query.territory,
        since=None if of_knowledge else query.since,
        to=None if of_knowledge else query.to or query.as_of,
        known_from=query.known_from,
        known_to=query.known_to if of_knowledge else None,
        known_at=None if of_knowledge else query.known_at,
        as_of=query.as_of if of_knowledge else None,
        limit=query.limit,
    )


def _told(facts: Facts, found: Diff) -> Mapping[str, Any]:
    answer = found.answer
    facts.names.update(found.teller.names)
    shown = [facts.shown(line) for line in answer.facts]
    back = facts.at(line.withdrawn_by for line in answer.facts if line.withdrawn_by)
    for line, each in zip(answer.facts, shown, strict=True):
        each.taken_back = back.get(line.withdrawn_by or 0)
    return {
        "answer": answer,
        "knowledge": answer.since == answer.as_of,
        "bridge": _bridge(answer),
        "items": [
            (found.title(each.opportunity), field_words(each.kind), exact(each.amount, answer.currency), each.positions)
            for each in sorted(answer.bridge.items, key=lambda each: -abs(each.amount))
        ],
        "forecast": _forecast(answer),
        "health": [_health(each) for each in answer.health],
        "facts_between": shown,
        "of_account": found.of_account,
        "no_amounts_changed": found.no_amounts_changed,
    }


def _bridge(answer: DiffAnswer) -> list[tuple[str, str, float, list[int]]]:
    """The steps from the open amount then to that of now, each with its share of the larger end, and its events."""
    bridge = answer.bridge
    whole = max(abs(bridge.start), abs(bridge.end), Decimal(1))
    behind: dict[str, set[int]] = {}
    for item in bridge.items:
        behind.setdefault(item.kind, set()).update(item.positions)
    lines = []
    for step in STEPS:
        if amount := getattr(bridge, step):
            signed = amount if step in ADDS else -amount
            share = float(abs(amount) / whole)
            lines.append(
                (field_words(step), exact(signed, answer.currency, signed=True), share, sorted(behind.get(step, ())))
            )
    return lines


def _forecast(answer: DiffAnswer) -> list[Pair]:
    change = answer.forecast
    found = []
    for figure in FIGURES:
        then, now = change.start[figure], change.end[figure]
        if then or now:
            moves = {at for move in change.moves if figure in move.changes for at in move.positions}
            told = (exact(then, answer.currency), exact(now - then, answer.currency, signed=True))
            found.append(Pair(field_words(figure), *told, exact(now, answer.currency), sorted(moves)))
    return found


def _health(move: AccountMove) -> Pair:
    reasons = "; ".join(
        f"{term('health', each.name)} {each.points:+.1f}: {each.reason}" for each in move.components if each.points
    )
    positions = sorted({position for each in move.components for position in each.positions})
    then, now = move.before, move.after
    change = "" if then is None or now is None else exact(Decimal(str(now)) - Decimal(str(then)), "points", signed=True)
    return Pair(move.name, _points(then), change, _points(now), positions, reasons)


def _points(score: float | None) -> str:
    return exact(None if score is None else Decimal(str(score)), "points")
