"""Qualification insight: which answers, known when, really went with winning.

Of every deal that was won or lost, the answers are taken as they stood at a moment of its life before its end (`When`).
Hindsight does not count: neither what was answered for the closing moment or later, nor what was recorded after the
end was, though it be dated before. That a yes went with winning does not say that it made us win.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.language.catalogue import either, say
from domain.policies.gates import Answer
from domain.policies.process_definition import Question, StageUnknown
from domain.policies.sales_process import SalesProcess
from projections.answers import ANSWERS
from projections.closed import CLOSED_WITHIN, closed_between, within
from projections.deals import Filters, placed_sql
from projections.opportunities import FUNNEL
from projections.proportions import FLOOR, Difference, Share, difference, share
from projections.versions import versions_sql
from projections.view import Answer as Head
from projections.view import View

US, THEM = "us", "competitors"
MOMENTS = (Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal(1))
"""Of a deal's life, at which the answers over time are counted; 1 is the end."""


class When(enum.StrEnum):
    """As of when answers count: half of the deal's life, so many days before its end (from its opening on, where it
    lived shorter), or the moment when it first entered a stage (who never did is left out)."""

    HALF_LIFE = "half_life"
    DAYS_BEFORE = "days_before"
    STAGE = "stage"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: deals closed from `since` to `until`, of one process or all; answers known `when`; nothing is
    said about fewer than `floor` closed deals on each side."""

    since: date | None = None
    until: date | None = None
    process: str = ""
    when: When = When.HALF_LIFE
    days: int = 30
    stage: str = ""
    floor: int = FLOOR


class Known(msgspec.Struct):
    """How many answers there were at a moment of the deals' lives (0 to 1): ours, and those of all competitors."""

    at: Decimal
    yes: int = 0
    no: int = 0
    unknown: int = 0


class QuestionInsight(msgspec.Struct):
    """A question of a process: won deals among those answered yes, no, and unknown or not at all, and among all that
    were not answered yes. `of` is us, or competitors: yes where any of them has a yes, among deals with a competitor.
    `difference` is the win rate given yes less that given anything else; null, with the reason in `silent`, where
    there are too few. `over_time` counts answers, not deals. `positions` are those of the answers counted."""

    process: str
    question: str
    text: str
    text_zh: str
    block: str
    against: bool
    of: str
    yes: Share
    no: Share
    unknown: Share
    not_yes: Share
    difference: Difference | None
    silent: str
    over_time: list[Known]
    positions: list[int]


class InsightAnswer(Head, kw_only=True):
    """The insight. `deals` were closed and counted; `left_out` never entered the stage; `hindsight` answers were
    recorded only after the end was, and count for nothing."""

    since: date
    until: date
    known_when: str
    floor: int
    deals: int
    won: int
    left_out: int
    hindsight: int
    questions: list[QuestionInsight]


class _Deal(msgspec.Struct):
    """A closed deal: `cut` is the moment as of which its answers count; `given` its answers, by party and question."""

    process: str
    won: bool
    opened: datetime
    closed: datetime
    cut: datetime
    given: dict[tuple[str, str], list[tuple[datetime, int, Answer]]]
    rivals: set[str]

    def answer(self, party: str, question: str, moment: datetime) -> tuple[Answer, int] | None:
        """The answer as it stood at a moment, and the position of its event."""
        stood = None
        for at, position, answer in self.given.get((party, question), ()):
            if at <= moment:
                stood = answer, position
        return stood


_CLOSING = f"""
, closing as (select placed.key, process, placed.outcome, opened, placed.closed, ended_by, entered from placed
    cross join lateral (select min(cause) filter (where v.outcome = placed.outcome and v.valid_from = placed.closed)
        as ended_by, min(valid_from) filter (where v.stage = %(entered_stage)s) as entered
        from ({versions_sql(FUNNEL, "outcome, closed, stage", "key = placed.key")}) v) ending)
"""
_DEALS = "select key, process, outcome, opened, closed, entered from closing order by closed, key"
_ANSWERS = f"""
select v.opportunity, v.competitor, v.question, v.valid_from, v.cause, v.answer, v.cause > closing.ended_by
from ({versions_sql(ANSWERS, "opportunity, competitor, question, answer", "true")}) v
join closing on closing.key = v.opportunity and v.valid_from < closing.closed order by v.valid_from, v.cause
"""


def insight(view: View, filters: Filters | None = None, asked: Asked | None = None) -> InsightAnswer:
    """What answers went with winning, up to the view's moment. Without a period: deals closed in its fiscal year.

    Raises PeriodBackwards, ProcessUnknown and StageUnknown."""
    filters, asked = filters or Filters(), asked or Asked()
    since, until = closed_between(view, asked.since, asked.until)
    _see_that_it_can_be_asked(view, asked)
    sql, parameters = _closed(view, filters, asked, since, until)
    found = view.connection.execute((sql + _DEALS).encode(), parameters).fetchall()
    deals = {row[0]: deal for row in found if (deal := _deal(asked, row[1:]))}
    hindsight = _fill(deals, view.connection.execute((sql + _ANSWERS).encode(), parameters))
    return InsightAnswer(
        **view.head(),
        since=since,
        until=until,
        known_when=_shown(view, asked),
        floor=asked.floor,
        deals=len(deals),
        won=sum(deal.won for deal in deals.values()),
        left_out=len(found) - len(deals),
        hindsight=hindsight,
        questions=_questions(view, asked, list(deals.values())),
    )


def _see_that_it_can_be_asked(view: View, asked: Asked) -> None:
    processes: list[SalesProcess] = view.policies.processes()
    if asked.process:
        processes = [view.policies.process(asked.process)]
        processes[0].must_exist(asked.process)
    stages = list(dict.fromkeys(stage.key for process in processes for stage in process.stages))
    if asked.when is When.STAGE and asked.stage not in stages:
        process = asked.process or ", ".join(process.key for process in processes)
        raise StageUnknown(process=process, stage=asked.stage, known=", ".join(stages))


def _closed(view: View, filters: Filters, asked: Asked, since: date, until: date) -> tuple[str, dict[str, Any]]:
    wanted = f"outcome in ('won', 'lost') and {CLOSED_WITHIN}"
    if asked.process:
        wanted += " and process = %(only_process)s"
    sql, parameters = placed_sql(view, filters, also=wanted)
    parameters |= {"only_process": asked.process, "entered_stage": asked.stage, **within(view, since, until)}
    return sql + _CLOSING, parameters


def _deal(asked: Asked, row: Any) -> _Deal | None:
    process, outcome, opened, closed, entered = row
    if asked.when is When.STAGE:
        cut = entered
    elif asked.when is When.DAYS_BEFORE:
        cut = max(closed - timedelta(days=asked.days), opened)
    else:
        cut = opened + (closed - opened) / 2
    return None if cut is None else _Deal(process, outcome == "won", opened, closed, cut, {}, set())


def _fill(deals: dict[UUID, _Deal], rows: Iterable[Any]) -> int:
    """Give the answers to the deals; returns how many were recorded too late to count."""
    late = set()
    for key, party, question, at, position, answer, hindsight in rows:
        deal = deals.get(key)
        if deal is None:
            continue
        if hindsight:
            late.add(position)
            continue
        deal.given.setdefault((party, question), []).append((at, position, Answer(answer)))
        if party:
            deal.rivals.add(party)
    return len(late)


def _shown(view: View, asked: Asked) -> str:
    if asked.when is When.STAGE:
        names = {stage.key: stage.name_zh for process in view.policies.processes() for stage in process.stages}
        stage = either(asked.stage, names.get(asked.stage, ""))
        return say("when the deal first entered the stage {stage}", stage=stage)
    if asked.when is When.DAYS_BEFORE:
        return say("{days} [day|days] before the deal's end", days=asked.days)
    return say("at half of the deal's life")


def _questions(view: View, asked: Asked, deals: list[_Deal]) -> list[QuestionInsight]:
    """Every question of every process that has deals here, in order: for us, and for competitors where one of them
    has an answer."""
    lines = []
    for process in sorted({deal.process for deal in deals}):
        ours = [deal for deal in deals if deal.process == process]
        contested = [deal for deal in ours if deal.rivals]
        for question in view.policies.process(process).questionnaire:
            lines.append(_line(process, question, US, ours, asked.floor))
            if any((rival, question.key) in deal.given for deal in contested for rival in deal.rivals):
                lines.append(_line(process, question, THEM, contested, asked.floor))
    return lines


def _line(process: str, question: Question, of: str, deals: list[_Deal], floor: int) -> QuestionInsight:
    closed, won, positions = dict.fromkeys(Answer, 0), dict.fromkeys(Answer, 0), list[int]()
    for deal in deals:
        answer, behind = _stood(deal, of, question.key)
        closed[answer] += 1
        won[answer] += deal.won
        positions += behind
    not_won, others = sum(won.values()) - won[Answer.YES], len(deals) - closed[Answer.YES]
    yes, not_yes = share(won[Answer.YES], closed[Answer.YES], floor), share(not_won, others, floor)
    apart = difference(yes, not_yes, floor)
    few = f"{yes.whole} answered yes, {not_yes.whole} not: {floor} of each are needed"
    return QuestionInsight(
        process=process,
        question=question.key,
        text=question.text,
        text_zh=question.text_zh,
        block=question.block,
        against=question.against,
        of=of,
        yes=yes,
        no=share(won[Answer.NO], closed[Answer.NO], floor),
        unknown=share(won[Answer.UNKNOWN], closed[Answer.UNKNOWN], floor),
        not_yes=not_yes,
        difference=apart,
        silent="" if apart else few,
        over_time=[_known(deals, of, question.key, moment) for moment in MOMENTS],
        positions=sorted(positions),
    )


def _stood(deal: _Deal, of: str, question: str) -> tuple[Answer, list[int]]:
    """The answer that counts: ours, or of the competitors a yes before a no before nothing known."""
    parties = [""] if of == US else sorted(deal.rivals)
    found = [known for party in parties if (known := deal.answer(party, question, deal.cut))]
    for answer in (Answer.YES, Answer.NO, Answer.UNKNOWN):
        behind = [position for each, position in found if each is answer]
        if behind:
            return answer, behind
    return Answer.UNKNOWN, []


def _known(deals: list[_Deal], of: str, question: str, at: Decimal) -> Known:
    found = Known(at)
    for deal in deals:
        moment = deal.opened + (deal.closed - deal.opened) * float(at)
        for party in [""] if of == US else deal.rivals:
            known = deal.answer(party, question, moment)
            if known:
                field = known[0].value
                setattr(found, field, getattr(found, field) + 1)
    return found
