"""Gates of another sales process: which advances it would have stopped, and what became of those opportunities."""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.aggregate import EVENTS
from domain.journal.mapper import Decoder
from domain.language.catalogue import either
from domain.opportunity.opportunity import Opportunity
from domain.policies.calendar import day_of
from domain.policies.gates import Answer, GateFinding, gates_between
from domain.policies.sales_process import SalesProcess
from projections.answers import ANSWERS
from projections.deals import Filters, conditions, deals_sql, end_of, start_of
from projections.funnel import first_day_of_year
from projections.opportunities import FUNNEL
from projections.versions import versions_sql
from projections.view import View
from projections.whatif.side_by_side import Compared, WhatIfAnswer


class GateTurn(enum.StrEnum):
    """What another process makes of an advance: it would be `stopped`, an advance that needed an override would be
    `freed` of it, an advance that needed one would `still` need it, though for other answers."""

    STOPPED = "stopped"
    FREED = "freed"
    STILL = "still"


class MissingAnswer(msgspec.Struct):
    """A question that did not speak for us at that moment, by the answers known then, and what was answered."""

    stage: str
    question: str
    text: str
    answer: Answer | None
    mandatory: bool


class AdvanceUnder(msgspec.Struct):
    """An advance (or an opening at a later stage) that another process would judge otherwise. `override` is the reason
    for which it passed unmet gates; `missing_was` are the questions open then at these gates. What became of the
    opportunity as of the answer's clocks: its `stage_now`, or `outcome` with `closed`; `value` is what it is worth, or
    was signed for, in the reporting currency. Title and external id are put in at the door."""

    turn: GateTurn
    opportunity: UUID
    account: UUID | None
    owner: UUID | None
    process: str
    from_stage: str
    to_stage: str
    at: datetime
    position: int
    override: str
    missing_was: list[str]
    missing: list[MissingAnswer]
    stage_now: str
    outcome: str
    closed: datetime | None
    value: Decimal | None
    external_id: str = ""
    title: str = ""


class Fate(msgspec.Struct):
    """What became of opportunities: how many, and what they are worth or were signed for."""

    outcome: str
    count: int
    value: Decimal


class GatesWhatIf(WhatIfAnswer, kw_only=True):
    """The advances from `first` to `last` under both processes. `advances` counts all, and openings past
    a gate, `not_judged` those whose stage
    the process does not have; `became` is what became of the opportunities that would have been stopped, each once.
    `lines` are those that would be judged otherwise, in the order of time."""

    first: date
    last: date
    advances: int
    unmet_was: int
    stopped: int
    freed: int
    still: int
    not_judged: int
    became: list[Fate]
    lines: list[AdvanceUnder]
    not_shown: int = 0


class Move(msgspec.Struct, frozen=True):
    """An advance, or the opening of an opportunity, as it was recorded."""

    opportunity: UUID
    account: UUID | None
    owner: UUID | None
    process: str
    at: datetime
    position: int
    from_stage: str
    to_stage: str
    override: str
    gates: tuple[GateFinding, ...]


def gates_under(compared: Compared, first: date | None = None, last: date | None = None) -> GatesWhatIf:
    """Every advance of some days (default: the fiscal year up to `as_of`) judged again by the gates of the supposed
    process, by the answers that were known when it was recorded."""
    for was, would in compared.pairs():
        first = first or first_day_of_year(was)
        last = last or day_of(was.policies.company, was.clock.as_of)
        moves = _moves(was, first, last)
        answers = _answers(was, {each.opportunity for each in moves})
        judged = [(move, _findings(move, would, answers[move.opportunity])) for move in moves]
        judged = [(move, findings) for move, findings in judged if move.from_stage or move.gates or findings]
        lines = [_line(would, *each, answers[each[0].opportunity]) for each in judged if _turn(*each)]
        became = _see_what_became(was, lines)
    turns = Counter(_turn(*each) for each in judged)
    return GatesWhatIf(
        **compared.about(),
        first=first or date.min,
        last=last or date.max,
        advances=len(judged),
        unmet_was=sum(bool(_unmet(move.gates)) for move, _ in judged),
        stopped=turns[GateTurn.STOPPED],
        freed=turns[GateTurn.FREED],
        still=turns[GateTurn.STILL],
        not_judged=sum(findings is None for _, findings in judged),
        became=became,
        lines=lines,
    )


Findings = tuple[GateFinding, ...] | None


class _Said(msgspec.Struct, frozen=True):
    """An answer: since when and by which fact it holds, and from which position on it was taken back."""

    at: datetime
    position: int
    question: str
    answer: Answer
    taken_back: int | None


def _moves(view: View, first: date, last: date) -> list[Move]:
    """The advances and openings of some days, of opportunities that the asker may see, in the order of time."""
    wanted, asked = conditions(Filters(), view)
    wanted += ["valid_from between %(starts)s and %(ends)s"]
    asked |= {"starts": start_of(view, first), "ends": end_of(view, last)}
    rows = versions_sql(FUNNEL, "account, owner, process", " and ".join(wanted))
    sql = (
        f"select distinct on (e.position) v.*, e.topic, e.state from ({rows}) v join events e on e.position = v.cause"
        " where e.topic = any(%(topics)s) order by e.position"
    )
    asked["topics"] = [Opportunity.Opened.topic, Opportunity.StageAdvanced.topic]
    found = view.connection.execute(sql.encode(), view.parameters(**asked)).fetchall()
    return sorted((_move(view, *row) for row in found), key=lambda move: (move.at, move.position))


def _move(
    view: View,
    key: UUID,
    at: datetime,
    position: int,
    account: UUID | None,
    owner: UUID | None,
    process: str,
    topic: str,
    state: bytes,
) -> Move:
    event: Any = Decoder(EVENTS[topic]).full(position, bytes(state)).event
    came, to = ("", event.stage) if isinstance(event, Opportunity.Opened) else (event.from_, event.to)
    goes_on = view.leads_to(account) if account else None
    return Move(key, goes_on, owner, process, at, position, came, to, event.override, event.gates)


def _answers(view: View, opportunities: Collection[UUID]) -> Mapping[UUID, list[_Said]]:
    """Our answers about opportunities, those taken back since among them, in the order of time."""
    where = "where kind = 1 and competitor = '' and opportunity = any(%(keys)s)"
    columns = "select opportunity, valid_from, cause, question, answer"
    sql = (
        f"{columns}, null::int8 as gone from {ANSWERS.table} {where} union all"
        f" {columns}, retracted_at from {ANSWERS.history} {where} order by 2, 3"
    )
    found: dict[UUID, list[_Said]] = defaultdict(list)
    for key, at, position, question, answer, gone in view.connection.execute(
        sql.encode(), {"keys": list(opportunities)}
    ):
        found[key].append(_Said(at, position, question, Answer(answer), gone))
    return found


def _then(move: Move, answers: Collection[_Said]) -> dict[str, Answer]:
    """The answers that held at an advance, by what was recorded before it."""
    return {
        each.question: each.answer
        for each in answers
        if (each.at, each.position) < (move.at, move.position)
        and each.position < move.position
        and (each.taken_back is None or each.taken_back > move.position)
    }


def _findings(move: Move, would: View, answers: Collection[_Said]) -> Findings:
    """How the gates on the way would have stood; None where the process does not have the stage."""
    process = would.policies.process(move.process)
    keys = process.keys()
    if move.to_stage not in keys:
        return None
    came = keys.index(move.from_stage) if move.from_stage in keys else -1
    return gates_between(process, came, keys.index(move.to_stage), _then(move, answers))


def _unmet(findings: Findings) -> list[GateFinding]:
    return [each for each in findings or () if not each.met]


def _turn(move: Move, findings: Findings) -> GateTurn | None:
    """What the other process makes of an advance; None where it judges as was judged, or cannot."""
    was, would = _unmet(move.gates), _unmet(findings)
    if findings is None or not (was or would):
        return None
    if not was:
        return GateTurn.STOPPED
    if not would:
        return GateTurn.FREED
    return GateTurn.STILL if _open(was) != _open(would) else None


def _open(findings: list[GateFinding]) -> list[str]:
    return sorted({question for each in findings for question in each.open})


def _line(would: View, move: Move, findings: Findings, answers: Collection[_Said]) -> AdvanceUnder:
    process, then = would.policies.process(move.process), _then(move, answers)
    turn = _turn(move, findings)
    assert turn is not None
    return AdvanceUnder(
        turn=turn,
        opportunity=move.opportunity,
        account=move.account,
        owner=move.owner,
        process=move.process,
        from_stage=move.from_stage,
        to_stage=move.to_stage,
        at=move.at,
        position=move.position,
        override=move.override,
        missing_was=_open(_unmet(move.gates)),
        missing=[each for finding in _unmet(findings) for each in _missing(process, finding, then)],
        stage_now="",
        outcome="",
        closed=None,
        value=None,
    )


def _missing(process: SalesProcess, finding: GateFinding, answers: Mapping[str, Answer]) -> list[MissingAnswer]:
    gate = process.stages[process.place(finding.stage)].gate
    mandatory = gate.mandatory if gate else ()
    asked = [process.question(key) for key in finding.open]
    return [
        MissingAnswer(finding.stage, each.key, either(each.text, each.text_zh), answers.get(each.key),
                      each.key in mandatory)
        for each in asked
    ]  # fmt: skip


def _see_what_became(view: View, lines: list[AdvanceUnder]) -> list[Fate]:
    """Fill in how each opportunity stands as of the view's clocks, and sum up those that would have been stopped."""
    sql, asked = deals_sql(view, Filters(), also="key = any(%(keys)s)")
    asked["keys"] = list({line.opportunity for line in lines})
    sql += " select key, stage, outcome, closed, case when outcome = 'won' then signed_value else value end from valued"
    now = {key: told for key, *told in view.connection.execute(sql.encode(), asked)}
    became: dict[str, dict[UUID, Decimal]] = defaultdict(dict)
    for line in lines:
        line.stage_now, line.outcome, line.closed, line.value = now[line.opportunity]
        if line.turn is GateTurn.STOPPED:
            became[line.outcome or "open"][line.opportunity] = line.value or Decimal(0)
    return [
        Fate(outcome, len(values), view.money(sum(values.values(), Decimal(0))))
        for outcome, values in sorted(became.items())
    ]
