"""`kams scorecard` and `kams skills`: managers (客户经理) and their levels of skill (技能水平) in the terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from domain.language.amounts import shown_amount
from domain.language.catalogue import either, say, term

if TYPE_CHECKING:
    from domain.policies.skill_model import Measured
    from projections.scorecards import Scorecard, ScorecardsAnswer, SkillStanding
    from projections.skill_history import SkillLine, SkillsAnswer
    from projections.view import View

Member = Annotated[str, typer.Option("--member", metavar="MEMBER", help="Only this member: id, external id or name.")]
HEADER = [
    "manager",
    "accounts",
    "key accounts",
    "open deals",
    "issues",
    "visits",
    "won",
    "win rate",
    "target met",
    "skills",
]
SKILL_HEADER = ["dimension", "proposed level", "confirmed level", "confirmed by", "what the level means"]
MEASURE_HEADER = ["measure", "value", "rests on", "stands for level", "positions"]
HISTORY_HEADER = [
    "member", "dimension", "period", "confirmed level", "proposed level", "edition", "rests on", "confirmed by", "when",
    "position",
]  # fmt: skip
IN_PERCENT = frozenset(
    {"sla_met", "commitments_kept", "cadence_kept", "cost_per_won", "logged_in_time", "objectives_met", "attainment",
     "win_rate", "forecast_accuracy"}
)  # fmt: skip
EVENTS_SHOWN = 4


def add(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("scorecard")(scorecard)
    app.command("skills")(skills)


def scorecard(
    member: Member = "",
    period: Annotated[str, typer.Option("--period", help="2026-Q4, 2026-10 or 2026; else the running quarter.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many managers.")] = 100,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Managers (客户经理): load, coverage, results and five dimensions of skill, from recorded facts only.

    A level is proposed by the skill model from measures that have facts, and stands once a director or an admin has
    confirmed it. You see yourself and your people; those who read everything see all.
    """
    from api.names import find_member
    from api.skill_names import name_scorecards
    from projections.scorecards import scorecards

    with opened(as_of, known_at, no_wait) as (made, view):
        one = find_member(made.journal, view, member) if member else None
        answer = scorecards(view, period, member=one)
        answer.cut(limit)
        name_scorecards(made.journal, view, answer)
        if json:
            output.print_json(answer)
        elif csv:
            output.print_csv(*_sheet(answer))
        else:
            _show(answer, view)


def _sheet(answer: ScorecardsAnswer) -> tuple[list[str], list[list[Any]]]:
    """A row per manager and measure, with the level of each."""
    header = ["member", "name", "period", "measure", "value", "facts", "level", "positions"]
    rows = [
        [card.member, card.name, answer.period, measured.measure.value, measured.value, measured.facts,
         _levels(card).get(measured.measure.value), " ".join(map(str, measured.positions))]
        for card in answer.scorecards
        for measured in card.measures
    ]  # fmt: skip
    return header, rows


def _levels(card: Scorecard) -> dict[str, int | None]:
    return {each.measure.value: each.level for skill in card.skills for each in skill.proposal.measures}


def _show(answer: ScorecardsAnswer, view: View) -> None:
    if not answer.scorecards:
        output.say("No managers recorded whose figures you may see.")
        return
    title = say("Managers in {period}, amounts in {currency}", period=answer.period, currency=answer.currency)
    output.print_table(title, HEADER, [_row(card) for card in answer.scorecards])
    if len(answer.scorecards) == 1:
        _show_one(answer.scorecards[0], view)
    if answer.not_shown:
        output.say(say("{not_shown} more managers: state --limit.", not_shown=answer.not_shown))
    for currency, count in sorted(answer.missing_rates.items()):
        words = "{count} amounts in {currency} are left out: no exchange rate of their day."
        output.say(say(words, count=count, currency=currency))


def _row(card: Scorecard) -> list[Any]:
    load, results = card.load, card.results
    visits = say("{logged} of {planned}", logged=load.visits_logged, planned=load.visits_planned)
    return [
        card.name or str(card.member), load.accounts, load.key_accounts, load.open_deals, load.open_issues, visits,
        shown_amount(round(results.won_amount)), _percent(results.win_rate), _percent(results.attainment),
        " ".join(_level(each) for each in card.skills),
    ]  # fmt: skip


def _level(standing: SkillStanding) -> str:
    """The confirmed level; one that is only proposed in brackets, a dash where facts are not enough."""
    if standing.confirmed is not None:
        return str(standing.confirmed)
    return f"({standing.proposal.level})" if standing.proposal.level else "–"


def _percent(share: Decimal | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


def _show_one(card: Scorecard, view: View) -> None:
    """The dimensions with the text of their levels, and the measures behind them."""
    rules = view.policies.skill_model.dimensions
    rows = []
    for each in card.skills:
        rule, level = rules[each.dimension], each.confirmed or each.proposal.level
        text = rule.levels[level - 1] if level else None
        meaning = either(text.text, text.text_zh) if text else say("not enough facts")
        proposed = each.proposal.level or say("not enough facts")
        rows.append([either(rule.name, rule.name_zh), proposed, each.confirmed or "–", each.confirmed_by_name, meaning])
    edition = view.policies.skill_model.edition
    output.print_table(say("Skills by edition {edition} of the skill model", edition=edition), SKILL_HEADER, rows)
    levels = _levels(card)
    measured = [
        [term("SkillMeasure", each.measure.value), _value(each), each.facts, levels.get(each.measure.value) or "–",
         _events(each)]
        for each in card.measures
    ]  # fmt: skip
    output.print_table(say("Measures"), MEASURE_HEADER, measured)


def _value(each: Measured) -> str:
    if each.value is None:
        return say("no facts")
    return f"{each.value * 100:.1f} %" if each.measure.value in IN_PERCENT else f"{each.value:.1f}"


def _events(each: Measured) -> str:
    shown = " ".join(map(str, each.positions[-EVENTS_SHOWN:]))
    return f"… {shown}" if len(each.positions) > EVENTS_SHOWN else shown


def skills(
    member: Member = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many lines.")] = 200,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Levels of skill (技能水平) over time: confirmed beside proposed, by whom, on how many facts."""
    from api.names import find_member
    from api.skill_names import name_skills
    from projections.skill_history import skill_history

    with opened(as_of, known_at, no_wait) as (made, view):
        answer, reasons = skill_history(view, find_member(made.journal, view, member) if member else None)
        answer.cut(limit)
        name_skills(made.journal, view, answer, reasons)
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(HISTORY_HEADER, _history(answer))
    elif answer.levels:
        output.print_table("Levels of skill", *_by_period(answer))
    else:
        output.say("No levels of skill recorded: kams command member ID skills.assess.")


def _history(answer: SkillsAnswer) -> list[list[Any]]:
    return [
        [each.name, each.dimension.value, each.period, each.level, each.proposed, each.edition, each.facts,
         each.confirmed_by_name, each.confirmed_at, each.position]
        for each in answer.levels
    ]  # fmt: skip


def _by_period(answer: SkillsAnswer) -> tuple[list[str], list[list[Any]]]:
    """A line per member and period: the confirmed levels that stand side by side, what was proposed in brackets."""
    from domain.policies.skill_model import SkillDimension

    found: dict[tuple[str, str, str], dict[SkillDimension, SkillLine]] = {}
    for each in answer.levels:
        if each.stands:
            found.setdefault((each.name, str(each.member), each.period), {})[each.dimension] = each
    header = [*(term("SkillDimension", each.value) for each in SkillDimension), "proposal", "confirmed by", "when"]
    rows = []
    for (name, member, period), levels in sorted(found.items()):
        newest = max(levels.values(), key=lambda each: each.confirmed_at)
        proposed = sum(each.proposed is not None for each in levels.values())
        told = say("{part} of {whole}", part=proposed, whole=len(levels)) if proposed else say("without")
        cells = [_both(levels.get(each)) for each in SkillDimension]
        by = newest.confirmed_by_name
        rows.append([name or member[:8], period, *cells, told, by, newest.confirmed_at.date()])
    return ["member", "period", *header], rows


def _both(line: SkillLine | None) -> str:
    if line is None:
        return "–"
    return str(line.level) if line.proposed is None else f"{line.level} ({line.proposed})"
