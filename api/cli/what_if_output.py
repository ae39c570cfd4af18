"""How a what-if is shown: what was supposed, then both columns side by side, or a line for each moment of a series."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from api.cli import output
from api.cli.funnel_output import stamp
from api.cli.output import Amount
from api.cli.zones import local
from api.what_if import Found
from domain.language.catalogue import say, term
from projections.whatif.findings import FindingsWhatIf
from projections.whatif.funnel import ForecastWhatIf, FunnelWhatIf
from projections.whatif.gates import GatesWhatIf
from projections.whatif.health import HealthWhatIf
from projections.whatif.portfolio import PortfolioWhatIf
from projections.whatif.service import ServiceWhatIf
from projections.whatif.side_by_side import Overridden, WhatIfAnswer
from projections.whatif.visits import VisitsWhatIf

Sheet = tuple[Sequence[str], list[Sequence[Any]]]
MOST_FIELDS, MOST_LINES, MOST_REASONS = 10, 40, 3

HEALTH = ("as of", "account", "name", "it was", "it would be", "difference", "band was", "band", "why")
PORTFOLIO = ("as of", "account", "name", "rank was", "rank", "total was", "total", "class was", "class",
             "proposed was", "proposed", "not scored by")  # fmt: skip
FUNNEL = ("as of", "group", "process", "stage", "deals was", "deals", "amount was", "amount", "weighted was",
          "weighted", "difference")  # fmt: skip
FORECAST = ("as of", "period", "figure", "it was", "it would be", "difference")
FINDINGS = ("as of", "what becomes of it", "finding", "about", "deal", "what", "positions")
VISITS = ("as of", "period", "account", "name", "cadence was", "cadence", "longest gap", "kept was", "kept")
SERVICE = ("raised", "issue", "severity", "level", "promise", "due was", "due", "done", "kept was", "kept")
GATES = ("at", "what becomes of it", "deal", "from stage", "to stage", "missing was", "missing", "override",
         "became", "value", "position")  # fmt: skip


def show(answer: Found, json: bool, csv: bool) -> None:
    """JSON and CSV have every line; people see those that differ."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(*_sheet(answer, everything=True))
    else:
        _heading(answer)
        header, rows = _summary(answer) if _is_series(answer) else _sheet(answer, everything=False)
        if rows:
            output.print_table("", *_without_first(header, rows[:MOST_LINES], keep=_is_series(answer)))
        if left := len(rows[MOST_LINES:]):
            output.console().print(say("… and {count} more: --json and --csv have all.", count=left))
        if not rows:
            output.console().print(say("Nothing differs."))
        _footing(answer)


def _without_first(header: Sequence[str], rows: list[Sequence[Any]], *, keep: bool) -> Sheet:
    """The moment stands in the heading, where there is one alone."""
    if keep or header[0] != "as of":
        return header, rows
    return header[1:], [row[1:] for row in rows]


def _is_series(answer: Found) -> bool:
    return not isinstance(answer, GatesWhatIf | ServiceWhatIf) and len({point.as_of for point in answer.points}) > 1


def _heading(answer: WhatIfAnswer) -> None:
    unread = {(each.policy, each.key) for each in answer.not_affected}
    rows = [row for each in answer.overridden if (each.policy, each.key) not in unread for row in _fields(each)]
    title = say("What if, as of {stamp}", stamp=stamp(answer))
    output.print_table(title, ("policy", "supposed", "field", "it was", "it would be"), rows)
    output.console().print()


def _fields(each: Overridden) -> Iterable[Sequence[Any]]:
    """What differs in a policy that the question reads."""
    name = f"{each.policy} {each.key}".strip()
    differ = [field for field in each.fields if (field.was or "–") != (field.would_be or "–")]
    for field in differ[:MOST_FIELDS]:
        yield name, each.source, field.field, field.was or "–", field.would_be or "–"
    if left := len(differ[MOST_FIELDS:]):
        yield name, each.source, say("… and {count} more", count=left), "", ""
    if not differ:
        yield name, each.source, say("no field differs"), "", ""


def _footing(answer: WhatIfAnswer) -> None:
    if isinstance(answer, GatesWhatIf):
        _became(answer)
    if isinstance(answer, ServiceWhatIf):
        _kept(answer)
    if unread := ", ".join(f"{each.policy} {each.key}".strip() for each in answer.not_affected):
        output.console().print(say("Not read by this question: {policies}.", policies=unread))
    for line in answer.stays:
        output.console().print(line)
    output.console().print(say("Nothing was recorded."))


def _kept(answer: ServiceWhatIf) -> None:
    """How many promises were kept, and would be."""
    for each in answer.whole:
        output.console().print(
            say("{promise}: {kept_was} kept and {missed_was} missed; it would be {kept} kept and {missed} missed.",
                promise=term("Due", each.which), kept_was=each.kept_was, missed_was=each.missed_was,
                kept=each.kept, missed=each.missed)
        )  # fmt: skip


def _became(answer: GatesWhatIf) -> None:
    """How many advances would have gone otherwise, and what became of the opportunities."""
    told = say(
        "{advances} advances from {first} to {last}: {stopped} would have been stopped, {freed} would have needed no"
        " override, {still} would still have needed one.",
        advances=answer.advances, first=answer.first, last=answer.last, stopped=answer.stopped, freed=answer.freed,
        still=answer.still,
    )  # fmt: skip
    output.console().print(told)
    for fate in answer.became:
        outcome = term("Outcome", fate.outcome) if fate.outcome != "open" else say("open")
        output.console().print(
            say("Of those stopped, {outcome}: {count}, {value} {currency}.", outcome=outcome, count=fate.count,
                value=Amount(fate.value), currency=answer.currency)
        )  # fmt: skip
    if answer.not_judged:
        output.console().print(
            say("{count} advances to stages that the process does not have.", count=answer.not_judged)
        )


def _sheet(answer: Found, *, everything: bool) -> Sheet:
    """A line for each thing at each moment, with both columns; only those that differ, or all."""
    if isinstance(answer, HealthWhatIf):
        return HEALTH, [
            _health(point.as_of, line)
            for point in answer.points
            for line in point.accounts
            if everything or line.difference or line.band_was != line.band
        ]
    if isinstance(answer, PortfolioWhatIf):
        return PORTFOLIO, [
            _place(point.as_of, line)
            for point in answer.points
            for line in point.customers
            if everything or line.changed
        ]
    if isinstance(answer, FunnelWhatIf):
        return FUNNEL, [_stage(point.as_of, line) for point in answer.points for line in point.stages]
    if isinstance(answer, ForecastWhatIf):
        return FORECAST, [
            (_day(point), point.period, term("fields", each.figure), each.was, each.would_be, each.difference)
            for point in answer.points
            for each in point.figures
            if everything or each.was is not None or each.would_be is not None
        ]
    if isinstance(answer, FindingsWhatIf):
        return FINDINGS, [_finding(point.as_of, line) for point in answer.points for line in point.findings]
    if isinstance(answer, VisitsWhatIf):
        return VISITS, [
            _cadence(point, line)
            for point in answer.points
            for line in point.cadence
            if everything or line.kept_was != line.kept
        ]
    if isinstance(answer, ServiceWhatIf):
        return SERVICE, [row for line in answer.issues for row in _promises(line) if everything or row[-2] != row[-1]]
    return GATES, [_advance(line) for line in answer.lines]


def _health(as_of: Any, line: Any) -> Sequence[Any]:
    why = "; ".join(
        f"{term('health', each.name)} {each.points:+.1f}"
        for each in sorted(line.components, key=lambda one: -abs(one.points))[:MOST_REASONS]
        if each.points
    )
    bands = [term("bands", each) if each else "–" for each in (line.band_was, line.band)]
    return as_of.date(), line.external_id, line.name, line.was, line.would_be, line.difference, *bands, why


def _place(as_of: Any, line: Any) -> Sequence[Any]:
    proposed = [", ".join(term("Action", each) for each in some) for some in (line.proposed_was, line.proposed)]
    totals = [None if each is None else f"{each:.2f}" for each in (line.total_was, line.total)]
    return (
        as_of.date(), line.external_id, line.name, line.rank_was, line.rank, *totals, line.class_was, line.class_,
        *proposed, ", ".join(line.missing),
    )  # fmt: skip


def _stage(as_of: Any, line: Any) -> Sequence[Any]:
    return (
        as_of.date(), line.group, line.process, line.name, line.count_was, line.count, line.amount_was, line.amount,
        line.weighted_was, line.weighted, line.difference,
    )  # fmt: skip


def _finding(as_of: Any, line: Any) -> Sequence[Any]:
    about = line.name or term("SubjectKind", line.kind.value)
    positions = " ".join(map(str, line.positions))
    return (
        as_of.date(), term("Turn", line.turn), term("findings", line.rule), about, line.external_id, line.text,
        positions,
    )  # fmt: skip


def _cadence(point: Any, line: Any) -> Sequence[Any]:
    kept = [say("yes") if each else say("no") for each in (line.kept_was, line.kept)]
    return (
        _day(point), point.period, line.external_id, line.name, line.cadence_was, line.cadence,
        f"{line.longest_gap_days:.1f}", *kept,
    )  # fmt: skip


def _promises(line: Any) -> Iterable[Sequence[Any]]:
    said = {True: say("yes"), False: say("no"), None: "–"}
    level = term("ServiceLevel", line.service_level)
    for each in line.promises:
        moments = [local(at) if at else None for at in (each.due_was, each.due, each.done)]
        yield (
            line.raised.date(), line.external_id or str(line.issue), line.severity, level, term("Due", each.which),
            *moments, said[each.kept_was], said[each.kept],
        )  # fmt: skip


def _advance(line: Any) -> Sequence[Any]:
    became = term("Outcome", line.outcome) if line.outcome else say("open, at {stage}", stage=line.stage_now)
    missing = " ".join(dict.fromkeys(each.question for each in line.missing))
    return (
        line.at.date(), term("GateTurn", line.turn), line.external_id or str(line.opportunity), line.from_stage,
        line.to_stage, " ".join(line.missing_was), missing, line.override, became,
        None if line.value is None else Amount(line.value), line.position,
    )  # fmt: skip


def _summary(answer: Found) -> Sheet:
    """A line for each moment of a series, both columns."""
    columns: dict[type, tuple[Sequence[str], Callable[[Any], Iterable[Any]]]] = {
        HealthWhatIf: (
            ("as of", "green was", "green", "yellow was", "yellow", "red was", "red", "changed"),
            lambda p: [*_pairs(p.bands_were, p.bands, "green", "yellow", "red"), p.changed],
        ),
        PortfolioWhatIf: (
            ("as of", "A was", "A", "B was", "B", "C was", "C", "changed"),
            lambda p: [
                *(sum(getattr(each, side) == name for each in p.customers)
                  for name in "ABC" for side in ("class_was", "class_")),
                p.changed,
            ],
        ),
        FunnelWhatIf: (
            ("as of", "weighted was", "weighted", "difference"),
            lambda p: [p.weighted_was, p.weighted, p.difference],
        ),
        FindingsWhatIf: (
            ("as of", "findings was", "findings", "appear", "vanish"),
            lambda p: [sum(p.were.values()), sum(p.would_be.values()), p.appear, p.vanish],
        ),
        VisitsWhatIf: (
            ("as of", "period", "accounts", "kept was", "kept"),
            lambda p: [p.period, p.accounts, p.kept_was, p.kept],
        ),
    }  # fmt: skip
    if isinstance(answer, ForecastWhatIf):
        return _weighted(answer)
    header, cells = columns[type(answer)]
    return header, [(_day(point), *cells(point)) for point in getattr(answer, "points", [])]


def _weighted(answer: ForecastWhatIf) -> Sheet:
    header = ("as of", "period", "commit was", "commit", "weighted was", "weighted", "difference")
    rows: list[Sequence[Any]] = []
    for point in answer.points:
        figures = {each.figure: each for each in point.figures}
        commit, weighted = figures["commit"], figures["weighted"]
        both = commit.was, commit.would_be, weighted.was, weighted.would_be, weighted.difference
        rows.append((_day(point), point.period, *both))
    return header, rows


def _pairs(was: dict[str, int], would: dict[str, int], *names: str) -> Iterable[int]:
    return (each.get(name, 0) for name in names for each in (was, would))


def _day(point: Any) -> Any:
    return point.as_of.date()
