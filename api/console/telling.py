"""Explanations told to people: what adds to a number, in words, with every event behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from api.console import formats
from api.console.explained import Behind
from api.console.facts import Became, Facts, Shown, exact
from api.console.figures import told
from api.console.formats import capital
from api.console.frame import Frame
from api.titles import openings
from domain.language.catalogue import either, field_words, say, term
from projections.explained import Because, Event, EventsAnswer, Explanation, Input, Line, Share
from projections.explained_health import ComponentShare, HealthExplanation
from projections.explained_rows import FieldLine, RowExplanation
from projections.names import account_names, names_of
from projections.view import View

FEW = 3
MOST_EVENTS, MOST_OF_ONE = 10, 200
LineTold = tuple[str, str, list[int]]
TIMES = frozenset({"coverage"})
"""Ratios that are said as so many times."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")
UNSHOWN = frozenset({"order", "measure", "cell", "by", "component", "field"})


class Fact(msgspec.Struct):
    """An event behind a number: what it added, and the fields of which it gave the value."""

    shown: Shown
    contribution: str
    gave: list[str]


class Group(msgspec.Struct, kw_only=True):
    """What adds to a number: an opportunity, a component, a field; `said` is what it adds, `share` its part of all. Of
    many events the newest are told, the `earlier` ones together."""

    name: str
    said: str
    note: str = ""
    share: float | None = None
    opened: bool = False
    link: str = ""
    facts: list[Fact]
    earlier: LineTold | None = None
    lines: list[LineTold] = []


class Why(msgspec.Struct, kw_only=True):
    """A number explained; `account` is the page on which more of it stands."""

    title: str
    made: str
    value: str = ""
    band: str = ""
    asked: list[tuple[str, str]]
    groups: list[Group]
    lines: list[LineTold] = []
    inputs: list[tuple[str, str, str, int | None]] = []
    notes: list[str] = []
    rest: str = ""
    count: int = 0
    shown: int = 0
    account: UUID | None = None
    account_as_of: str = ""


class Teller:
    """Tells an explanation to whoever asks; of events at positions, the newest `of` so many, a page."""

    def __init__(
        self, frame: Frame[Any], view: View, found: Behind, *, of: int = 0, limit: int = 200, skip: int = 0
    ) -> None:
        self._frame, self._view, self._found = frame, view, found
        self._of, self._limit, self._skip = of, limit, skip
        self._facts = Facts(frame, view)
        self._told: dict[int, Shown] = {}

    def why(self) -> Why:
        """The explanation as the page shows it."""
        answer = self._found.answer
        self._told = self._facts.at(self._positions(answer))
        match answer:
            case HealthExplanation():
                why = self._health(answer)
            case RowExplanation():
                why = self._row(answer)
            case EventsAnswer():
                why = self._events(answer)
            case _:
                why = self._sum(answer)
        why.title = capital(why.title)
        return why

    def _why(self, groups: list[Group], **more: Any) -> Why:
        title, made = told(self._found.figure, self._found.stated)
        for place, group in enumerate(groups):
            group.opened = len(groups) <= FEW or not place
        return Why(title=title, made=made, groups=groups, **{"asked": self._asked(), **more})

    def _sum(self, answer: Explanation) -> Why:
        self._found.stated = {**answer.question, **self._found.stated}
        notes = [answer.basis] if answer.basis else []
        if not (answer.shares or answer.lines or answer.basis):
            notes.append(say("Nothing adds to this figure."))
        unit = "times" if self._found.stated.get("cell") in TIMES else answer.unit
        rest = ""
        if answer.not_shown:
            rest = say("{number} more that are not shown", number=answer.not_shown)
            rest = f"{rest}: {exact(answer.not_shown_sum, unit)}"
        return self._why(
            [self._share(answer, each, unit) for each in answer.shares],
            value=exact(answer.value, unit),
            lines=self._lines(answer.lines, unit),
            inputs=[self._input(each) for each in answer.inputs],
            notes=[*notes, *_missing(answer)],
            rest=rest,
            count=answer.count,
            shown=len(answer.shares),
        )

    def _share(self, answer: Explanation, share: Share, unit: str) -> Group:
        name = share.title or share.external_id or share.account_name
        whole = abs(answer.value) if answer.value else Decimal(0)
        is_deal = share.opportunity is not None and self._found.figure != "portfolio"
        return Group(
            name=name or say("one of {count}", count=answer.count),
            note=share.account_name if share.account_name != name else "",
            said=exact(share.share, unit),
            share=float(abs(share.share) / whole) if whole else None,
            link=f"rows/funnel/{share.opportunity}" if is_deal else "",
            facts=self._because(share.events, unit),
            earlier=self._earlier(share.events, unit),
        )

    def _because(self, events: Sequence[Because], unit: str) -> list[Fact]:
        return [
            Fact(
                self._alone(each.position),
                exact(each.contribution, unit, signed=True),
                [field_words(name) for name in each.gave],
            )
            for each in self._newest(events)
            if each.position in self._told
        ]

    def _newest(self, events: Sequence[Because]) -> Sequence[Because]:
        return events[-(MOST_OF_ONE if self._found.stated.get("component") else MOST_EVENTS) :]

    def _earlier(self, events: Sequence[Because], unit: str) -> LineTold | None:
        """What the events add that are not told one by one."""
        before = events[: len(events) - len(self._newest(events))]
        added = sum((each.contribution for each in before), Decimal(0))
        return (
            (say("earlier events: {count}", count=len(before)), exact(added, unit, signed=True), []) if before else None
        )

    def _alone(self, position: int) -> Shown:
        """A fact that stands below what it is about."""
        return msgspec.structs.replace(self._told[position], about="")

    def _health(self, answer: HealthExplanation) -> Why:
        wanted = self._found.stated.get("component", "")
        groups = [self._component(answer, each) for each in answer.components if wanted in ("", each.name)]
        notes = [] if groups else [say("No component has facts.")]
        scores = {each.name: each.score for each in answer.components}
        asked = [(say("Account"), answer.name)]
        if wanted in scores:
            asked.append((say("Component"), capital(term("health", wanted))))
        return self._why(
            groups,
            value=exact(scores.get(wanted, answer.score), "points"),
            band="" if wanted else answer.band or "",
            asked=asked,
            lines=[] if wanted else self._lines(answer.lines, "points"),
            notes=notes,
            account=answer.account,
            account_as_of=self._found.clocks.as_of or "",
        )

    def _component(self, answer: HealthExplanation, each: ComponentShare) -> Group:
        stated = {"score": each.score, "weight": each.weight, "reason": each.reason}
        return Group(
            name=capital(term("health", each.name)),
            said=exact(each.points, "points", signed=True),
            note=say("score {score}, weight {weight}: {reason}", **stated),
            share=float(each.score) / 100,
            facts=self._because(each.events, "points"),
            earlier=(earlier := self._earlier(each.events, "points")),
            link=f"health/{answer.account}?component={each.name}" if earlier else "",
            lines=self._lines(each.lines, "points"),
        )

    def _row(self, answer: RowExplanation) -> Why:
        self._facts.names.update({UUID(key): name for key, name in answer.names.items()})
        whole = not self._found.stated.get("field")
        groups = [self._field(line, every=not whole) for line in answer.fields if not whole or _is_stated(line)]
        notes = [] if answer.there else [say("There is no such row any more; the last event removed it.")]
        value = "" if whole else self._facts.words.said(answer.fields[0].value, answer.fields[0].field)
        return self._why(groups, value=value, asked=[(say("Read model"), answer.model)], notes=notes)

    def _field(self, line: FieldLine, *, every: bool) -> Group:
        changes = line.changes[-MOST_OF_ONE if every else -1 :]
        facts = []
        for each in changes:
            if each.position in self._told:
                words = self._facts.words
                became = Became(
                    field_words(line.field), words.said(each.before, line.field), words.said(each.after, line.field)
                )
                shown = msgspec.structs.replace(self._told[each.position], changes=[became])
                facts.append(Fact(shown, "", []))
        earlier = len(line.changes) - len(changes)
        return Group(
            name=capital(field_words(line.field)),
            said=self._facts.words.said(line.value, line.field),
            note=say("changed {count} [time|times] before", count=earlier) if earlier else "",
            link=self._one_field(line.field) if earlier else "",
            facts=facts,
        )

    def _one_field(self, field: str) -> str:
        path = self._found.path
        return f"rows/{path['model']}/{path['row']}?field={field}"

    def _positions(self, answer: Any) -> set[int]:
        """The events that are told one by one."""
        match answer:
            case EventsAnswer():
                return {event.position for event in self._page(answer)}
            case RowExplanation() if self._found.stated.get("field"):
                return {change.position for line in answer.fields for change in line.changes[-MOST_OF_ONE:]}
            case RowExplanation():
                return {line.position for line in answer.fields if _is_stated(line)}
            case HealthExplanation():
                return {event.position for each in answer.components for event in self._newest(each.events)}
        return {event.position for share in answer.shares for event in self._newest(share.events)}

    def _page(self, answer: EventsAnswer) -> Sequence[Event]:
        return answer.events[::-1][self._skip : self._skip + self._limit]

    def _events(self, answer: EventsAnswer) -> Why:
        events, shown = answer.events, self._page(answer)
        facts = [Fact(self._told[each.position], "", []) for each in shown if each.position in self._told]
        notes = []
        if answer.missing:
            positions = ", ".join(map(str, answer.missing))
            notes.append(say("There is no event that may be seen at {positions}.", positions=positions))
        if self._of > len(events):
            notes.append(say("These are the newest {count} of {of} events.", count=len(events), of=self._of))
        group = Group(name=say("Events"), said=str(len(events)), facts=facts)
        return self._why([group] if facts else [], asked=[], notes=notes, count=len(events), shown=len(facts))

    def _asked(self) -> list[tuple[str, str]]:
        """What was asked for beside the figure itself, in words."""
        stated = dict(self._found.stated)
        by, group = stated.pop("by", ""), stated.pop("group", None)
        if by and group is not None:
            stated[by] = group
        outcome = stated.pop("outcome", "")
        if "since" in stated:
            stated.pop("from", None)
        found = [(field_words(name), self._named(name, value)) for name, value in stated.items() if name not in UNSHOWN]
        if "account" in self._found.path:
            found.append((field_words("account"), self._named("account", self._found.path["account"])))
        return [*found, (field_words("outcome"), term("Outcome", outcome))] if outcome not in ("", "open") else found

    def _named(self, name: str, value: str) -> str:
        if not value:
            return say("none")
        if name == "stage":
            return _stage_names(self._view).get(value, value)
        if name == "period":
            return formats.period(value)
        if DAY.fullmatch(value):
            return formats.day(value)
        try:
            key = UUID(value)
        except ValueError:
            return names_of(self._view, name, [value]).get(value, value) if name in ("territory", "product") else value
        if name in ("account", "outlets_of"):
            return account_names(self._view, [key]).get(key, value)
        if name in ("deal", "opportunity"):
            opened = openings(self._frame.call.doors.journal, [key]).get(key)
            return opened.title if opened else value
        return self._facts.teller.name_of(key) or names_of(self._view, "owner", [value]).get(value, value)

    def _lines(self, lines: Iterable[Line], unit: str) -> list[LineTold]:
        return [(self._line(each), exact(each.contribution, unit, signed=True), each.positions) for each in lines]

    def _line(self, line: Line) -> str:
        kind, *target = line.name.split(" ")
        if kind != "target":
            return _line(line.name)
        scope, key, period = target[0], " ".join(target[1:-1]), target[-1]
        return f"{say('target')} · {self._named(scope, key)} · {formats.period(period)}"

    def _input(self, each: Input) -> tuple[str, str, str, int | None]:
        kind = said if (said := say(each.kind)) != each.kind else field_words(each.kind)
        return kind, each.name or each.key, each.value, each.position


def _stage_names(view: View) -> dict[str, str]:
    processes = view.policies.processes()
    return {stage.key: either(stage.name, stage.name_zh) for each in processes for stage in each.stages}


def _is_stated(line: FieldLine) -> bool:
    return line.value not in (None, "", [], {}, ())


def _line(name: str) -> str:
    return {
        "time": say("what the passing of time took"),
        "rounding": say("rounding"),
        "never below 0": say("never below 0"),
    }.get(name, name)


def _missing(answer: Explanation) -> Sequence[str]:
    rates = [
        say(
            "{count} [amount|amounts] in {currency} [has|have] no exchange rate and [is|are] in no sum.",
            count=count,
            currency=currency,
        )
        for currency, count in answer.missing_rates.items()
    ]
    prices = [
        say(
            "{count} [opportunity|opportunities] for {product}, which has no list price, [is|are] in no sum.",
            count=count,
            product=product,
        )
        for product, count in answer.missing_prices.items()
    ]
    return [*rates, *prices]
