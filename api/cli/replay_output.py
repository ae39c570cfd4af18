"""A replay as people and machines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.account_output import money_words, stated_words
from api.cli.fact_words import CSV, Words, csv_rows, who
from api.cli.funnel_output import stamp
from api.cli.zones import titled
from domain.language.catalogue import field_words, in_context, say, term

if TYPE_CHECKING:
    from api.replay import LearnedAnswer, ReplayAnswer, ReplayLine
    from api.replay_state import ReplayState

STEPS_HEADER = ["step", "position", "occurred", "what happened", "before → after", "recorded by"]
DIFFERENT_HEADER = ["about", "what", "known then", "known now"]
LATE_HEADER = ["position", "occurred", "recorded", "what happened", "recorded by"]
DEALS_HEADER = ["opportunity", "title", "stage", "outcome", "amount", "close on", "owner"]
MOST_PEOPLE = 12


def show(answer: ReplayAnswer, json: bool, csv: bool, words: Words) -> None:
    """The steps, what held after them, and what became known since."""
    if json:
        output.print_json(answer)
    elif csv:
        rows = ([line.number, *row] for line in answer.steps for row in csv_rows(line))
        output.print_csv(["step", *CSV], rows)
    elif not answer.count:
        output.console().print(say("Nothing of it was recorded by then."))
        show_learned(answer.learned, words)
    else:
        title = say("Replay of {name} as of {stamp}", name=answer.name, stamp=stamp(answer))
        output.print_table(title, STEPS_HEADER, [_row(line, words) for line in answer.steps])
        if answer.earlier is not None:
            output.say(say("Earlier steps: --before {position}", position=answer.earlier))
        show_state(answer.state, words)
        show_learned(answer.learned, words)


def show_step(answer: ReplayAnswer, json: bool, csv: bool, words: Words) -> None:
    """One step in full."""
    if json or csv:
        show(answer, json, csv, words)
        return
    (line,) = answer.steps
    show_line(answer.name, line, answer.count, words)
    show_state(answer.state, words)
    beside = [f"--step {number}" for number in (answer.previous, answer.next) if number]
    output.say(say("Beside it: {steps}", steps=", ".join(beside) or say("nothing")))
    show_learned(answer.learned, words)


def show_line(name: str, line: ReplayLine, count: int, words: Words) -> None:
    """A step without the state after it."""
    title = say("{name}: step {number} of {count}", name=name, number=line.number, count=count)
    output.print_table(titled(title), ["", ""], words.facts_of(line))
    if line.changes:
        output.print_table("\nBefore → after", ["what", "before", "after"], words.change_rows(line.changes))


def _row(line: ReplayLine, words: Words) -> tuple[Any, ...]:
    day = words.day(line.occurred_at)
    return line.number, line.position, day, words.told(line), words.changes(line.changes), who(line)


def show_state(state: ReplayState, words: Words) -> None:
    """What held, section by section."""
    output.print_table("\nState after it", ["", ""], _account(state))
    if state.people:
        header = [in_context("people", name) for name in ("name", "title")]
        people = [(each.shown, each.title) for each in state.people]
        output.print_table("\nPeople", header, people[:MOST_PEOPLE])
    if state.team:
        team = [(each.name or str(each.member), term("TeamFunction", each.function.value)) for each in state.team]
        output.print_table("\nTeam", [in_context("people", "name"), "function"], team)
    if state.opportunities:
        output.print_table("\nOpportunities", DEALS_HEADER, _deals(state, words))


def _account(state: ReplayState) -> list[tuple[str, str]]:
    first = [("manager", state.manager_name or str(state.manager))] if state.manager else []
    profile = [
        (in_context("account", name.replace("_", " ")), output.shown(stated_words(value), escaped=False))
        for name, value in state.profile.items()
    ]
    standing = term("RelationshipType", state.relationship_type) if state.relationship_type else say("none")
    counts = ", ".join(f"{field_words(part)} {count}" for part, count in state.open.items()) or say("nothing")
    return [*first, *profile, ("key status", standing), ("open", counts)]


def _deals(state: ReplayState, words: Words) -> list[tuple[Any, ...]]:
    return [
        (
            deal.external_id,
            deal.title,
            words.stages.get(deal.stage, deal.stage),
            term("Outcome", deal.outcome) if deal.outcome else say("open"),
            money_words(deal.amount) if deal.amount else None,
            deal.close_on,
            deal.owner_name or deal.owner,
        )
        for deal in state.opportunities
    ]


def show_learned(found: LearnedAnswer | None, words: Words) -> None:
    """Known then against known now: what differs, and the facts that make the difference."""
    if found is None:
        return
    output.console().print()
    if not (found.different or found.late or found.withdrawn):
        output.console().print(say("Nothing became known about that moment since."))
        return
    rows = [
        (each.subject_name or str(each.subject), words.path(one), words.before(one), words.after(one))
        for each in found.different
        for one in each.changes
    ]
    title = say("Known at {then:,} and at {now:,}", then=found.then.position, now=found.now.position)
    output.print_table(title, DIFFERENT_HEADER, rows)
    if found.late:
        output.print_table("\nCame late", LATE_HEADER, [words.late(line) for line in found.late])
    if found.withdrawn:
        output.print_table("\nWithdrawn since", LATE_HEADER, [words.late(line) for line in found.withdrawn])
        output.print_table("\nWithdrawn by", LATE_HEADER, [words.late(line) for line in found.by])
