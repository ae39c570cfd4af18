"""Calling a forecast on the command line: submit, adjust, and what each layer was worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened, up_to_date
from api.cli.options import MemberArgument, Note, On, day, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.forecast_layers import CallLine, CallsAnswer

Period = Annotated[str, typer.Option("--period", metavar="P", help="2017-Q4, 2017-10, 2017 or two days A..B.")]
Currency = Annotated[
    str, typer.Option("--currency", metavar="CODE", help="Of the amounts; the company's if not stated.")
]
LAYERS = ("owner", "manager")
COLUMNS = (
    "period", "member", "name", "layer", "amount", "best_case", "pipeline", "computed", "model_version", "reason", "by",
    "by_name", "said_at", "position", "actual", "error", "computed_error", "helped",
)  # fmt: skip


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("submit")(submit)
    group.command("adjust")(adjust)
    group.command("calls")(calls)


def submit(
    period: Period,
    commit: Annotated[str, typer.Option("--commit", metavar="A", help="What the period will surely bring, all told.")],
    best_case: Annotated[
        str | None, typer.Option("--best-case", metavar="A", help="What it may bring; the commit included.")
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", metavar="A", help="With all that is open; the best case included.")
    ] = None,
    currency: Currency = "",
    member: Annotated[str, typer.Option("--member", metavar="MEMBER", help="Whose call; your own if not stated.")] = "",
    on: On = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Call a period (预测提交): each amount is of the whole period, what is closed included. The computed figure of
    the moment is kept beside it."""
    body = {"period": period, "commit": commit, "best_case": best_case, "pipeline": pipeline}
    _give("submit", member, body, ("commit", "best_case", "pipeline"), currency, on, note, json)


def adjust(
    member: MemberArgument,
    period: Period,
    layer: Annotated[str, typer.Option("--layer", metavar="WHAT", help="owner (one's own) or manager.")],
    amount: Annotated[str, typer.Option("--amount", metavar="A", help="What the whole period will bring.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    currency: Currency = "",
    on: On = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Put an amount beside the computed one (预测调整), as its owner or as his manager. The computed one stays."""
    if layer not in LAYERS:
        raise none_of(layer, LAYERS, "--layer")
    body = {"period": period, "layer": layer, "amount": amount, "reason": reason}
    _give("adjust", member, body, ("amount",), currency, on, note, json)


def _give(
    name: str,
    member: str,
    body: dict[str, Any],
    amounts: tuple[str, ...],
    currency: str,
    on: str | None,
    note: str | None,
    json: bool,
) -> None:
    from api.cli.calling import Counter, Stated
    from api.cli.forecasting.learning import learned_at
    from api.cli.member_commands import member_id
    from domain.forecast_call.forecast_call import ForecastCall

    with up_to_date(no_wait=False) as (made, asker):
        at = Counter(made)
        who = member_id(at, member) if member else asker.member
        with made.reader.view(asker.visibility) as view:
            code = currency or view.currency
            learned_at(made, view)  # so that the figure of the model stands beside the call
        money = {
            each: None if body[each] is None else {"amount": body[each].replace(",", ""), "currency": code}
            for each in amounts
        }
        given = at.give(ForecastCall, name, {}, {**body, **money, "member": str(who)}, Stated(on, note))
    if json:
        output.print_json(given)
    elif given.positions:
        said = {"period": body["period"], "position": given.position}
        text = (
            "Called {period}, position {position}." if name == "submit" else "Adjusted {period}, position {position}."
        )
        output.say(say(text, **said))
    else:
        output.say(say("Unchanged, the call of {period} says so already.", period=body["period"]))


def calls(
    member: Annotated[str, typer.Option("--member", metavar="MEMBER", help="Only this person's.")] = "",
    since: Annotated[
        str | None, typer.Option("--from", metavar="D", help="Periods that end on this day or later.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Periods that end by this day.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """What people called and what was adjusted (预测提交), and of periods that are over: did the adjustment help?"""
    from api.forecast_names import name_calls
    from api.names import find_member
    from projections.forecast_layers import calls as ask

    first, last = day("--from", since), day("--to", to)
    with opened(as_of, known_at, no_wait) as (made, view):
        who = find_member(made.journal, view, member) if member else None
        answer = ask(view, member=who, first=first, last=last)
        name_calls(made.journal, view, answer.calls, answer.scores)
    if json:
        output.print_json(answer)
    elif csv:
        rows = ([_plain(getattr(line, column)) for column in COLUMNS] for line in answer.calls)
        output.print_csv([*COLUMNS, "currency"], ([*row, answer.currency] for row in rows))
    else:
        show(answer)


def _plain(value: Any) -> Any:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def show(answer: CallsAnswer) -> None:
    """The calls, and how near each layer was."""
    from api.cli.funnel_output import say_missing_rates, stamp

    if not answer.calls:
        output.say("No forecast was called.")
        return
    title = say("Forecast calls as of {stamp}", stamp=stamp(answer))
    header = ["period", "person", "layer", "amount", "computed", "actual", "helped", "reason"]
    output.print_table(title, header, [_row(line) for line in answer.calls])
    if answer.scores:
        header = ["person", "layer", "periods", "error", "of the computed", "bias", "helped", "hurt"]
        output.print_table(
            "\nDid it help?",
            header,
            [
                [s.name or str(s.member), say(s.layer), s.periods, s.error, s.computed_error, s.bias, s.helped, s.hurt]
                for s in answer.scores
            ],
        )
    say_missing_rates(answer.missing_rates)


def _row(line: CallLine) -> list[Any]:
    helped = "" if line.helped is None else say("yes") if line.helped else say("no")
    who = line.name or str(line.member)
    return [line.period, who, say(line.layer), line.amount, line.computed, line.actual, helped, line.reason]
