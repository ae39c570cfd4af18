"""kams qualification and kams insight: answers side by side (商机评估), and which of them went with winning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output, sheets
from api.cli.asking import (
    AccountKey,
    AsOf,
    Csv,
    Json,
    KnownAt,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    opened,
)
from api.cli.options import day, none_of
from api.process_words import block_name
from domain.language.catalogue import either, say, term

if TYPE_CHECKING:
    from projections.proportions import Share
    from projections.qualification import Block, GateLine, QualificationAnswer, QuestionLine
    from projections.qualification_insight import InsightAnswer, QuestionInsight

Since = Annotated[
    str | None,
    typer.Option("--from", metavar="D", help="Deals closed since this day; the fiscal year's first if left out."),
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="D", help="Deals closed up to this day; --as-of if left out.")
]
Floor = Annotated[int, typer.Option("--floor", min=1, help="Say nothing about fewer closed deals than this on a side.")]
SHOWN_HEADER = ["question", "answered for", "won if yes", "won if not", "difference", "95 %"]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(qualification)
    app.command()(insight)


def qualification(
    opportunity: Annotated[str, typer.Argument(metavar="OPPORTUNITY", help="Id or external id.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Qualification (商机评估): our answers and each competitor's side by side, and what the next gate still asks."""
    from api.names import find_opportunity, reading
    from api.process_words import process_words
    from projections.qualification import qualification as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        found = find_opportunity(made.journal, view, opportunity)
        answer = ask(view, found, reading(made.journal, view, "evidence"))
        show(answer, json, csv, process_words(view, answer.process))


def insight(
    since: Since = None,
    until: Until = None,
    process: Annotated[str, typer.Option("--process", metavar="KEY", help="Only this sales process.")] = "",
    when: Annotated[
        str, typer.Option("--when", help="As of when answers count: half_life, days_before or stage.")
    ] = "half_life",
    days: Annotated[int, typer.Option("--days", min=0, help="How many days before the end, for days_before.")] = 30,
    stage: Annotated[str, typer.Option("--stage", metavar="KEY", help="Which stage it entered, for stage.")] = "",
    floor: Floor = 10,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Which answers, known when, went with winning: win rates, their difference and its 95 % interval."""
    from projections.qualification_insight import Asked, When
    from projections.qualification_insight import insight as ask

    if when not in tuple(When):
        raise none_of(when, When, "--when")
    if when == When.STAGE and not stage:
        raise typer.BadParameter(say("state --stage: which stage the deal entered"), param_hint="--stage")
    asked = Asked(
        since=day("--from", since),
        until=day("--to", until),
        process=process,
        when=When(when),
        days=days,
        stage=stage,
        floor=floor,
    )
    with opened(as_of, known_at, no_wait) as (made, view):
        show_insight(ask(view, filters_of(made, view, owner, territory, product, account), asked), json, csv)


def show(answer: QualificationAnswer, json: bool, csv: bool, stages: Mapping[str, str]) -> None:
    """Blocks with their questions, then the gates. `stages` are names by key."""
    header = ["block", "question", "", "us", *answer.competitors, "answered", "evidence"]
    rows = [_row(answer, block, line, csv) for block in answer.blocks for line in block.questions]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(*sheets.qualification(answer))
    else:
        where = term("Outcome", answer.outcome) if answer.outcome else stages.get(answer.stage, answer.stage)
        output.print_table(
            say(
                "Qualification by {process}, {where}, as of {as_of:%Y-%m-%d}",
                process=answer.process,
                where=where,
                as_of=answer.as_of,
            ),
            header,
            rows,
        )
        scores = [_scores(answer, block) for block in answer.blocks]
        output.print_table("\nFor each", ["block", "us", *answer.competitors], scores)
        _show_gates(answer)


def _row(answer: QualificationAnswer, block: Block, line: QuestionLine, csv: bool) -> list[Any]:
    theirs = {given.competitor: term("Answer", given.answer.value) for given in line.theirs}
    asked = either(line.text, line.text_zh)
    ours, text = line.ours, say("{text} (against)", text=asked) if line.against else asked
    said = [term("Answer", ours.answer.value) if ours else "–", *(theirs.get(name, "–") for name in answer.competitors)]
    answered = [f"{ours.answered:%Y-%m-%d}", ours.evidence or ""] if ours else ["", ""]
    return [block.block if csv else block_name(block.block), line.question, text, *said, *answered]


def _scores(answer: QualificationAnswer, block: Block) -> list[Any]:
    return [
        block_name(block.block),
        f"{block.score:.0%}",
        *(f"{block.theirs[name]:.0%}" for name in answer.competitors),
    ]


def _show_gates(answer: QualificationAnswer) -> None:
    if not answer.gates:
        output.say("This process has no gates.")
        return
    header = ["gate of", "asks", "has", "", "missing (* mandatory)"]
    rows = [
        (g.name, f"{g.share:.0%} {block_name(g.block)}", f"{g.score:.0%}", _state(answer, g), _lacking(g))
        for g in answer.gates
    ]
    output.print_table("\nGates", header, rows)


def _state(answer: QualificationAnswer, gate: GateLine) -> str:
    state = say("passed" if gate.passed else "met" if gate.met else "not met")
    return say("next, {state}", state=state) if gate == answer.next_gate else state


def _lacking(gate: GateLine) -> str:
    return ", ".join(f"{key}*" if key in gate.mandatory else key for key in gate.missing)


def show_insight(answer: InsightAnswer, json: bool, csv: bool) -> None:
    """A line per question, for us and for competitors."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(*sheets.insight(answer))
    elif not answer.questions:
        output.say(
            say(
                "No deal with a questionnaire was won or lost from {since} to {until}.",
                since=answer.since,
                until=answer.until,
            )
        )
    else:
        title = say(
            "{won} of {deals} deals won, closed {since} to {until}",
            won=answer.won,
            deals=answer.deals,
            since=answer.since,
            until=answer.until,
        )
        shown = [_shown(answer, line) for line in answer.questions]
        output.print_table(
            say("{title}; answers as they stood {known_when}", title=title, known_when=answer.known_when),
            SHOWN_HEADER,
            shown,
        )
        output.say("What went with winning did not therefore make us win. – means: fewer than --floor on a side.")
    if not json and answer.hindsight:
        output.say(
            say(
                "{hindsight} answers were recorded only after the deal had ended: left out.", hindsight=answer.hindsight
            )
        )
    if not json and answer.left_out:
        output.say(say("{left_out} deals never entered that stage: left out.", left_out=answer.left_out))


def _shown(answer: InsightAnswer, line: QuestionInsight) -> list[Any]:
    several = len({each.process for each in answer.questions}) > 1
    question = f"{line.question} {either(line.text, line.text_zh)}{say(' (against)') if line.against else ''}"
    sides = [" ".join(filter(None, counted(side))).replace("–", "") for side in (line.yes, line.not_yes)]
    apart = line.difference
    interval = say("{low:+.0%} to {high:+.0%}", low=apart.low, high=apart.high) if apart else ""
    shown = f"{apart.difference:+.0%}" if apart else "–"
    return [f"{line.process}: {question}" if several else question, say(line.of), *sides, shown, interval]


def counted(share: Share) -> list[str]:
    """How many of how many, and the rate where it is said."""
    return [
        say("{part} of {whole}", part=share.part, whole=share.whole),
        "–" if share.rate is None else f"{share.rate:.0%}",
    ]
