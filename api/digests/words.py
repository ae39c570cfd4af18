"""What the digest says, line by line, in the spoken language: the same for the page and the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from domain.language.amounts import shown_amount
from domain.language.catalogue import say, term
from projections.digest import Audience, Digest, ForecastLine
from projections.digest_deals import DealChange, DealLine
from projections.digest_health import HealthLine
from projections.findings_answer import FindingLine
from projections.issue_list import IssueLine
from projections.plan_progress import PlanLine
from projections.todo import Todo
from projections.visit_list import VisitLine

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Line(msgspec.Struct, frozen=True):
    """A line: what stands first, what it says, what is said beside it; `tone` is how it is coloured: bad, warn, good or
    nothing."""

    lead: str
    text: str
    detail: str = ""
    tone: str = ""


class Part(msgspec.Struct, frozen=True):
    """A part of the digest with its title; `more` says how many lines are left out."""

    title: str
    lines: list[Line]
    more: str = ""


class Words:
    """Says one digest. `names` are those of our people, as far as the reader may know them; `stages` the names of
    stages in the spoken language."""

    def __init__(
        self, digest: Digest, names: Mapping[UUID, str], stages: Mapping[str, str], zone: str, own: UUID
    ) -> None:
        self._digest, self._names, self._stages, self._own = digest, names, stages, own
        self._zone = ZoneInfo(zone)

    def parts(self) -> list[Part]:
        """The parts that have something to say."""
        digest = self._digest
        titles = {
            "due": (say("To do this week"), [self._due(each) for each in digest.due]),
            "visits": (say("Visits of the week"), [self._visit(each) for each in digest.visits]),
            "new_findings": (say("New findings"), [self._finding(each) for each in digest.new_findings]),
            "open_findings": (say("Findings still open"), [self._finding(each) for each in digest.open_findings]),
            "issues": (say("Open issues"), [self._issue(each) for each in digest.issues]),
            "plans": (say("Account plans that ask for something"), [self._plan(each) for each in digest.plans]),
            "health": (say("Relationships that moved"), [self._health(each) for each in digest.health]),
            "deals": (say("Opportunities"), [self._deal(each) for each in digest.deals]),
            "forecast": (say("The quarter"), [self._forecast(each) for each in digest.forecast]),
        }
        return [
            Part(title, lines, say("and {n} more", n=more) if (more := digest.not_shown.get(name, 0)) else "")
            for name, (title, lines) in titles.items()
            if lines
        ]

    def _due(self, one: Todo) -> Line:
        late = one.due is not None and one.due < self._digest.first
        lead = f"{one.due}" if one.due else ""
        return Line(
            lead, _joined(one.name, one.reason), _joined(one.text, self._who(one.member)), "bad" if late else ""
        )

    def _visit(self, one: VisitLine) -> Line:
        what = term("VisitKind", one.what.value)
        who = ", ".join(name for each in one.people if (name := self._who(each)))
        return Line(self._moment(one.start), _joined(one.account_name, what), _joined(one.why, one.where, who))

    def _finding(self, one: FindingLine) -> Line:
        about = one.title or one.name or self._who(one.member)
        rule = term("findings", one.rule)
        who = self._who(one.member) if about != self._who(one.member) else ""
        beside = one.name if one.title else ""
        return Line("!" * one.weight, _joined(about, rule), _joined(beside, one.text, who), _weight(one.weight))

    def _issue(self, one: IssueLine) -> Line:
        due = one.resolution_due if one.responded else one.response_due
        when = say("due {at}", at=self._moment(due)) if due else ""
        if one.overdue_since:
            when = say("overdue since {at}", at=self._moment(one.overdue_since))
        text = _joined(one.account_name, term("IssueKind", one.kind.value), one.category, one.external_id)
        beside = _joined(when, one.description, self._who(one.escalated_to))
        return Line(say("severity {n}", n=one.severity), text, beside, "bad" if one.overdue_since else "")

    def _plan(self, one: PlanLine) -> Line:
        stones = say("milestones: {missed} missed, {due} due, {reached} reached",
                     missed=one.missed, due=one.due, reached=one.reached)  # fmt: skip
        behind = say("objectives behind their line: {behind} of {count}", behind=one.behind, count=one.objectives)
        tone = "bad" if one.missed else "warn" if one.behind else ""
        return Line(str(one.fiscal_year), _joined(one.name, one.external_id), _joined(stones, behind), tone)

    def _health(self, one: HealthLine) -> Line:
        lead = f"{one.before:.0f} → {one.after:.0f}"
        turns = say("turns red on {day} if nothing happens", day=one.turns_red_on) if one.turns_red_on else ""
        if one.band == "red":
            turns = say("red now")
        tone = {"red": "bad", "yellow": "warn", "green": "good"}.get(one.band or "", "")
        return Line(lead, one.name, _joined(turns, *one.why), tone)

    def _deal(self, one: DealLine) -> Line:
        tone = {DealChange.WON: "good", DealChange.LOST: "bad", DealChange.PUSHED: "warn"}.get(one.change, "")
        detail = _joined(self._money(one.amount), self._moved(one), self._who(one.owner))
        return Line(term("DealChange", one.change.value), _joined(one.name, one.title or one.external_id), detail, tone)

    def _moved(self, one: DealLine) -> str:
        if one.stage_before:
            before, after = (self._stages.get(each, each) for each in (one.stage_before, one.stage))
            return f"{before} → {after}"
        if one.change is DealChange.PUSHED:
            return say("expected {then}, now {now}", then=one.close_before or "–", now=one.close_on or "–")
        return say("expected {day}", day=one.close_on) if one.change is DealChange.CLOSING else ""

    def _forecast(self, one: ForecastLine) -> Line:
        share = f"{(100 * one.closed / one.target).quantize(Decimal(1), ROUND_HALF_EVEN)} %" if one.target else ""
        of = say("closed {closed} of {target} ({share})", closed=self._money(one.closed),
                 target=self._money(one.target), share=share)  # fmt: skip
        closed = of if one.target else say("closed {closed}, no target", closed=self._money(one.closed))
        rest = say(
            "commit {commit}, best case {best}, weighted {weighted}",
            commit=self._money(one.commit), best=self._money(one.best_case), weighted=self._money(one.weighted),
        )  # fmt: skip
        gap = say("gap {gap}", gap=self._money(one.gap)) if one.gap else ""
        lacking = (
            say("left out for want of a rate or price: {what}", what=", ".join(one.missing)) if one.missing else ""
        )
        return Line(one.period, _joined(one.name, closed), _joined(rest, gap, lacking))

    def _who(self, member: UUID | None) -> str:
        """Whose it is, where that is not the reader himself, or goes without saying."""
        if member is None or (member == self._own and self._digest.audience is Audience.OWN):
            return ""
        return self._names.get(member, "")

    def _money(self, amount: Decimal | None) -> str:
        return f"{shown_amount(amount)} {self._digest.currency}".strip() if amount is not None else ""

    def _moment(self, at: datetime | None) -> str:
        if at is None:
            return ""
        here = at.astimezone(self._zone)
        return f"{say(WEEKDAYS[here.weekday()])} {here:%m-%d %H:%M}"


def heading(digest: Digest) -> str:
    """Of which week and whose."""
    return say("Week {week}: {first} to {last}", week=digest.week, first=digest.first, last=digest.last)


def audience_words(digest: Digest) -> str:
    """Whose customers it is about."""
    return {
        Audience.OWN: say("your accounts"),
        Audience.TERRITORY: say("the accounts of your territories"),
        Audience.COMPANY: say("all accounts"),
    }[digest.audience]


def all_lines(digest: Digest) -> Iterator[Todo | FindingLine | DealLine]:
    """The lines that are about opportunities, whose titles are put in at the door."""
    yield from digest.due
    yield from digest.new_findings
    yield from digest.open_findings
    yield from digest.deals


def _weight(weight: int) -> str:
    return {3: "bad", 2: "warn"}.get(weight, "")


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
