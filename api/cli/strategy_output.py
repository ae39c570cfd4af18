"""The key account strategy and its goals as people and spreadsheets read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.cli import output
from domain.language.catalogue import say, term
from domain.objective import FAR_BEHIND

if TYPE_CHECKING:
    from projections.control_point_standing import PointLine
    from projections.strategy_cascade import CascadeAnswer, GoalLine, ObjectiveLine
    from projections.strategy_standing import StrategyAnswer, StrategyLine

POINTS = ["process", "control point", "what", "period", "due", "state", "days overdue", "owner", "evidence"]
GOALS = ["goal", "of", "target", "", "due", "value", "line", "behind", "in plans", "in no plan"]
MOST_BEHIND, WHOLE = 3, Decimal(1)
SHEET = [
    "kind", "level", "id", "title", "territory", "account", "metric", "baseline", "target", "currency", "unit",
    "fiscal year", "due", "value", "expected", "behind", "against", "in goals", "in plans", "counted", "gap",
    "gap share", "left out", "positions",
]  # fmt: skip


def show(answer: StrategyAnswer, names: Mapping[UUID, str], json: bool, csv: bool, *, every: bool) -> None:
    """The strategy as a whole; as CSV its control points."""
    points = answer.control_points if every or csv else _telling(answer.control_points)
    rows = [_point(each, names) for each in points]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(
            [*POINTS, "positions"], [[*row, _positions(each)] for row, each in zip(rows, points, strict=True)]
        )
    elif answer.strategy is None:
        _say_that_none_is_in_force()
    else:
        _say(answer, answer.strategy)
        questions = [(term("KeyQuestion", each.question.value), each.answer or None) for each in answer.questions]
        output.print_table("\n" + say("Questions"), ["question", "answer"], questions, context="strategy")
        processes = [
            (term("KeyProcess", each.process.value), _name(names, each.owner), " → ".join(each.steps), each.method)
            for each in answer.processes
        ]
        output.print_table(
            "\n" + say("Processes"), ["process", "owner", "steps", "method"], processes, context="strategy"
        )
        if rows:
            output.print_table("\n" + say("Control points on {day}", day=answer.day), POINTS, rows, context="strategy")
        else:
            output.say("No control points are defined.")
        if hidden := len(answer.control_points) - len(points):
            output.say(say("{hidden} settled earlier: state --all.", hidden=hidden))


def _print(text: str) -> None:
    output.console().print(output.shown(text))


def _say_that_none_is_in_force() -> None:
    output.say("No key account strategy is in force: `kams strategies` lists drafts and those to come.")


def _telling(points: Sequence[PointLine]) -> list[PointLine]:
    """What is open, and of each control point what was settled last."""
    found, seen = [], set[tuple[str, str]]()
    for each in points:
        settled = each.reached_on is not None or each.missed_on is not None
        if not settled or (each.process, each.control_point) not in seen:
            found.append(each)
        if settled:
            seen.add((each.process, each.control_point))
    return found


def _say(answer: StrategyAnswer, line: StrategyLine) -> None:
    state = term("StrategyState", line.state.value)
    output.console().print(f"[bold]{output.shown(line.title)}[/bold] ({state})")
    for name, text in answer.statement.items():
        if name != "title":
            output.console().print(f"{output.label(name.replace('_', ' '))}: {output.shown(text)}")
    if line.in_force_from:
        _print(
            say("In force from {day}, next review due on {due}.", day=line.in_force_from, due=line.review_due or "–")
        )
    if line.review_overdue:
        _print(say("Its review is overdue."))
    if line.override:
        _print(say("Adopted incomplete: {reason}", reason=line.override))


def _point(each: PointLine, names: Mapping[UUID, str]) -> list[Any]:
    state = say("reached late") if each.late else term("PointState", each.state.value)
    return [
        term("KeyProcess", each.process.value),
        each.control_point,
        each.text,
        each.period,
        each.due,
        state,
        each.days_overdue or None,
        _name(names, each.owner),
        each.evidence,
    ]


def show_goals(answer: CascadeAnswer, accounts: Mapping[UUID, str], json: bool, csv: bool, *, every: bool) -> None:
    """The cascade as a tree; below each goal how many account plans take it on and the three most behind, or every
    one."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(SHEET, [row for goal in answer.goals for row in _sheet(goal, accounts)])
    elif answer.strategy is None:
        _say_that_none_is_in_force()
    elif not answer.goals:
        output.say("No goals recorded.")
    else:
        title = say("Goals of {title} on {day}", title=answer.strategy.title, day=answer.day)
        rows = [row for goal in answer.goals for row in _tree(goal, accounts, every=every)]
        output.print_table(title, GOALS, rows, context="strategy")
        _remarks(answer)


def _remarks(answer: CascadeAnswer) -> None:
    top = [goal for goal in answer.goals if goal.parent is None or goal.level == 0]
    for goal in top:
        if goal.gap_share:
            _print(say("{share} of “{title}” is in no account plan.", share=_share(goal.gap_share), title=goal.title))
    if hidden := sum(goal.left_out for goal in top):
        _print(say("{hidden} objectives of accounts that you may not see are left out.", hidden=hidden))
    for currency, number in answer.missing_rates.items():
        _print(say("{number} amounts in {currency} have no rate and are left out.", number=number, currency=currency))
    if answer.not_shown:
        output.say(say("{not_shown} more goals: state --limit.", not_shown=answer.not_shown))


def _tree(goal: GoalLine, accounts: Mapping[UUID, str], *, every: bool) -> Iterator[list[Any]]:
    indent = "  " * goal.level
    of = goal.territory or say("the company")
    unit = goal.currency or goal.unit or term("Metric", goal.metric.value)
    figures = (_whole(each, goal.currency) for each in (goal.value, goal.expected))
    yield [
        f"{indent}{goal.title}", of, _whole(goal.against, goal.currency), unit, goal.due, *figures,
        _share(goal.behind), _whole(goal.in_plans, goal.currency), _share(goal.gap_share),
    ]  # fmt: skip
    if goal.objectives:
        late = [each for each in goal.objectives if (each.behind or 0) > FAR_BEHIND]
        plans, behind = (len({each.plan or each.objective for each in some}) for some in (goal.objectives, late))
        told = f"{indent}{say('{plans} account plans', plans=plans)}", say("{behind} behind", behind=behind)
        yield [*told, *[""] * (len(GOALS) - 2)]
        for each in goal.objectives if every else late[:MOST_BEHIND]:
            yield _objective(each, indent, accounts)


def _objective(each: ObjectiveLine, indent: str, accounts: Mapping[UUID, str]) -> list[Any]:
    whole = (_whole(figure, each.currency) for figure in (each.value, each.expected))
    return [
        f"{indent}  · {each.title}",
        accounts.get(each.account, "") if each.account else "",
        _whole(each.target, each.currency),
        each.currency or each.unit or term("Metric", each.metric.value),
        each.due,
        *whole,
        _share(each.behind),
        _whole(each.counted, each.currency),
        "",
    ]


def _whole(figure: Decimal | None, currency: str) -> Decimal | None:
    """Money as people compare it: in whole units."""
    return figure if figure is None or not currency else figure.quantize(WHOLE)


def _sheet(goal: GoalLine, accounts: Mapping[UUID, str]) -> Iterator[list[Any]]:
    yield [
        "goal", goal.level, str(goal.goal), goal.title, goal.territory, None, term("Metric", goal.metric.value),
        goal.baseline, goal.target, goal.currency, goal.unit, goal.fiscal_year, goal.due, goal.value, goal.expected,
        goal.behind, goal.against, goal.in_goals, goal.in_plans, None, goal.gap, goal.gap_share, goal.left_out,
        _positions(goal),
    ]  # fmt: skip
    for each in goal.objectives:
        account = accounts.get(each.account, "") if each.account else ""
        yield [
            "objective", goal.level + 1, str(each.objective), each.title, None, account,
            term("Metric", each.metric.value), each.baseline, each.target, each.currency, each.unit, each.fiscal_year,
            each.due, each.value, each.expected, each.behind, None, None, None, each.counted, None, None, None,
            _positions(each),
        ]  # fmt: skip


def _positions(line: PointLine | GoalLine | ObjectiveLine) -> str:
    found = getattr(line, "positions", None) or [getattr(line, "position", 0)]
    return " ".join(map(str, found))


def _share(share: Decimal | None) -> str | None:
    return None if share is None else f"{share:.0%}"


def _name(names: Mapping[UUID, str], member: UUID | None) -> str | None:
    return names.get(member, str(member)[:8]) if member else None
