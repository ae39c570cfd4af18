"""`kams experiments`, `kams experiment`, `kams segments`: small tests and where their accounts come from (营销测试)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from domain.experiment.effect import Effect
    from projections.experiment_answer import ExperimentAnswer, ExperimentLine, ExperimentsAnswer
    from projections.segments import SegmentsAnswer

HEADER = ["experiment", "title", "measure", "from", "until", "status", "groups", "effect", "95 %", "p", "decision"]
COLUMNS_CSV = [
    "experiment", "external id", "title", "segment", "measure", "from", "until", "status", "ended on", "decision",
    "group", "control", "left", "test", "group mean", "control mean", "effect", "low", "high", "p", "currency",
]  # fmt: skip
ACCOUNTS_HEADER = ["account", "name", "side", "result", "on", "left"]
SEGMENTS_HEADER = ["segment", "name", "accounts"]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(experiments)
    app.command()(experiment)
    app.command()(segments)


def experiments(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, those that run first.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """All experiments (营销测试), also those that were stopped: the effect of each with its 95 % interval."""
    from projections.experiment_answer import experiments as ask

    with opened(as_of, known_at, no_wait) as (_, view):
        answer = ask(view)
        answer.cut(limit)
        _show_all(answer, json, csv)


def experiment(
    which: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Id, external id or title.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """One experiment (营销测试): what was offered to whom, what the accounts came to, what is known of the effect."""
    from api.names import opening
    from projections.experiment_answer import experiment as ask
    from projections.experiment_answer import experiment_named

    with opened(as_of, known_at, no_wait) as (made, view):
        answer, lessons = ask(view, experiment_named(view, which))
        answer.lessons = opening(made.journal, view)(lessons, "lessons") if lessons else None
        _show_one(answer, json, csv)


def segments(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The segments (细分市场) and which customers are in each. Set them: kams policy set segments FILE."""
    from projections.segments import segments as ask

    with opened(as_of, known_at, no_wait) as (_, view):
        _show_segments(ask(view), json, csv)


def _show_all(answer: ExperimentsAnswer, json: bool, csv: bool) -> None:
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(COLUMNS_CSV, [_csv_row(each) for each in answer.experiments])
    elif not answer.experiments:
        output.say("No experiments recorded.")
    else:
        title = say("Experiments on {day}", day=answer.day)
        output.print_table(title, HEADER, [_row(each) for each in answer.experiments])
        if any(each.early and each.effect for each in answer.experiments):
            output.say("Before the last day: who looks often sees chance as effect.")
        if answer.not_shown:
            output.say(say("{not_shown} more experiments: state --limit.", not_shown=answer.not_shown))


def _show_one(answer: ExperimentAnswer, json: bool, csv: bool) -> None:
    rows = [_account_row(each) for each in answer.accounts]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(ACCOUNTS_HEADER, rows)
    else:
        line = answer.experiment
        output.print_table(line.title, ACCOUNTS_HEADER, rows)
        for sentence in _sentences(answer, line):
            output.say(sentence)


def _show_segments(answer: SegmentsAnswer, json: bool, csv: bool) -> None:
    if json:
        output.print_json(answer)
    elif csv:
        lines = [[each.key, each.name, at.external_id or str(at.account), at.name] for each in answer.segments
                 for at in each.accounts]  # fmt: skip
        output.print_csv(["segment", "name", "account", "account name"], lines)
    elif not answer.segments:
        output.say("No segments defined: kams policy set segments FILE.")
    else:
        rows = [[each.key, each.name, each.count] for each in answer.segments]
        output.print_table(say("Segments, edition {edition}", edition=answer.edition), SEGMENTS_HEADER, rows)


def _row(line: ExperimentLine) -> list[Any]:
    effect = line.effect
    return [
        line.external_id or str(line.experiment)[:8],
        output.cut(line.title, 28),
        term("ExperimentMeasure", line.measure.value),
        line.starts_on,
        line.until,
        say("overdue") if line.overdue else term("ExperimentStatus", line.status.value),
        f"{line.group_size} : {line.control_size}",
        _number(line, effect.difference) if effect else None,
        f"{_number(line, effect.low)} … {_number(line, effect.high)}" if effect else None,
        _chance(effect),
        term("ExperimentDecision", line.decision.value) if line.decision else None,
    ]


def _csv_row(line: ExperimentLine) -> list[Any]:
    found = line.effect
    effect: list[Any] = [None] * 7
    if found:
        means = [found.group_mean, found.control_mean]
        effect = [found.test.value, *means, found.difference, found.low, found.high, found.p_value]
    return [
        line.experiment, line.external_id, line.title, line.segment, line.measure.value, line.starts_on, line.until,
        line.status.value, line.ended_on, line.decision.value if line.decision else None, line.group_size,
        line.control_size, line.left, *effect, line.currency,
    ]  # fmt: skip


def _account_row(each: Any) -> list[Any]:
    side = say("group") if each.in_group else say("control group")
    reference = each.external_id or str(each.account)[:8]
    return [reference, each.name, side, each.value, each.result_on, each.reason if each.left else None]


def _sentences(answer: ExperimentAnswer, line: ExperimentLine) -> list[str]:
    """What is known of a test, in words."""
    offer = say("Offer: {offer}. {starts_on} to {until}.", offer=line.offer, starts_on=line.starts_on, until=line.until)
    found = [offer, *_about_effect(line)]
    if answer.unseen:
        found.append(say("{unseen} accounts of others are not shown; the effect counts them.", unseen=answer.unseen))
    if line.overdue:
        found.append(say("Its last day is over, and nobody has concluded it."))
    if line.decision:
        found.append(say("Decision: {decision}.", decision=term("ExperimentDecision", line.decision.value)))
    if line.reason:
        found.append(say("Stopped: {reason}.", reason=line.reason))
    if answer.lessons:
        found.append(say("Lessons: {lessons}", lessons=answer.lessons))
    return found


def _about_effect(line: ExperimentLine) -> list[str]:
    if (effect := line.effect) is None:
        return [say("No effect: two results or more are needed on each side.")]
    found = say(
        "Effect {difference} {currency} (95 %: {low} to {high}), {group} results against {control}; {test}.",
        difference=_number(line, effect.difference),
        currency=line.currency,
        low=_number(line, effect.low),
        high=_number(line, effect.high),
        test=term("EffectTest", effect.test.value),
        group=effect.group_count,
        control=effect.control_count,
    )
    early = say("Before the last day: who looks often sees chance as effect.")
    return [found, early] if line.early else [found]


def _number(line: ExperimentLine, value: Any) -> Any:
    """Shares as per cent, everything else with two digits."""
    return f"{value * 100:.1f} %" if line.yes_or_no else f"{value:,.2f}"


def _chance(effect: Effect | None) -> str | None:
    return None if effect is None or effect.p_value is None else f"{effect.p_value:.3f}"
