"""Explanations as people and machines read them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.funnel_output import stamp
from api.cli.zones import local, titled
from domain.language.amounts import shown_amount
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.explained import Event, EventsAnswer, Explanation, Input, Share
    from projections.explained_models import ModelsAnswer
    from projections.explained_rows import Change, FieldLine, RowExplanation

HEADER = ["opportunity", "external id", "title", "account", "share", "position", "occurred at", "recorded at", "fact",
          "actor", "contribution", "gave", "unit"]  # fmt: skip
SHOWN = ["", "position", "occurred at", "what happened", "by", "contribution"]
INPUTS = ["", "key", "value", "position", "since"]
CHANGES = ["position", "occurred at", "what happened", "by", "before", "after", "contribution"]
FIELDS = ["field", "value", "position", "since", "what happened", "changes"]
EVENTS = ["position", "occurred at", "recorded at", "fact", "what happened", "by"]
ROW_HEADER = ["field", "value", "position", "occurred at", "before", "after", "contribution"]


def show(answer: Explanation, json: bool, csv: bool) -> None:
    """The figure, the shares with their events, what else it is made of, by what it was valued."""
    if json:
        output.print_json(answer)
    elif csv:
        rows = [_csv_row(answer, share, event) for share in answer.shares for event in share.events]
        rows += [
            ["", "", line.name, "", line.contribution, " ".join(map(str, line.positions)), *_NOTHING]
            for line in answer.lines
        ]
        output.print_csv(HEADER, rows)
    else:
        _show_shares(answer)
        _show_rest(answer)


_NOTHING = ("", "", "", "", "", "", "")


def _csv_row(answer: Explanation, share: Share, event: Any) -> list[Any]:
    return [
        share.opportunity, share.external_id, share.title, share.account_name, share.share, event.position,
        event.occurred_at, event.recorded_at, event.fact, event.actor_name or event.actor, event.contribution,
        " ".join(event.gave), answer.unit,
    ]  # fmt: skip


def _show_shares(answer: Explanation) -> None:
    asked = " · ".join(f"{output.label(name.replace('_', ' '))} {value}" for name, value in answer.question.items())
    title = say("Why: {asked}, as of {stamp}", asked=asked, stamp=stamp(answer))
    rows: list[list[Any]] = []
    for share in answer.shares:
        name = share.title or share.external_id or str(share.opportunity or share.account or "")
        rows.append([_bold(name, share.account_name), None, None, say("adds"), "", share.share])
        rows += [
            [
                "",
                event.position,
                f"{event.occurred_at:%Y-%m-%d}",
                event.text,
                event.actor_name or "",
                event.contribution,
            ]
            for event in share.events
        ]
    rows += [
        [output.label(line.name), " ".join(map(str, line.positions)), None, "", "", line.contribution]
        for line in answer.lines
    ]
    if answer.not_shown:
        rest = say("{number} more that are not shown", number=f"{answer.not_shown:,}")
        rows.append([rest, None, None, "", "", answer.not_shown_sum])
    total = "–" if answer.value is None else answer.value
    rows.append([say("together"), None, None, answer.unit, "", total])
    output.print_table(title, SHOWN, [[_blank(cell) for cell in row] for row in rows])


def _bold(name: str, account: str) -> str:
    return f"{name} · {account}" if account else name


def _blank(cell: Any) -> Any:
    return "" if cell is None else cell


def _show_rest(answer: Explanation) -> None:
    if answer.basis:
        output.console().print(answer.basis, markup=False)
    elif not answer.shares and not answer.lines:
        output.console().print(say("Nothing adds to this figure."))
    if answer.inputs:
        output.print_table("\nvalued and placed by", INPUTS, map(_input, answer.inputs))
    for currency, count in answer.missing_rates.items():
        output.console().print(
            say(
                "{count} [amount|amounts] in {currency} [has|have] no exchange rate and [is|are] in no sum.",
                count=count,
                currency=currency,
            )
        )
    for product, count in answer.missing_prices.items():
        output.console().print(
            say(
                "{count} [opportunity|opportunities] for {product}, which has no list price, [is|are] in no sum.",
                count=count,
                product=product,
            )
        )


def _input(each: Input) -> list[Any]:
    since = f"{each.occurred_at:%Y-%m-%d}" if each.occurred_at else ""
    return [output.label(each.kind), each.name or each.key, each.value, each.position or say("shipped"), since]


def show_row(answer: RowExplanation, json: bool, csv: bool, *, whole: bool) -> None:
    """Each field as it holds; with `whole`, every change of it."""
    if json:
        output.print_json(answer)
        return
    if csv:
        rows: list[list[Any]] = [
            [
                line.field,
                _plain(line.value),
                c.position,
                c.occurred_at,
                _plain(c.before),
                _plain(c.after),
                c.contribution,
            ]
            for line in answer.fields
            for c in line.changes
        ]
        output.print_csv(ROW_HEADER, rows)
        return
    title = say("Row {key} of {model} as of {stamp}", key=answer.key, model=answer.model, stamp=stamp(answer))
    words = {event.position: event for event in answer.events}
    if whole:
        changes = [change for line in answer.fields for change in line.changes]
        output.print_table(title, CHANGES, [_told(answer, each, words[each.position]) for each in changes])
    else:
        output.print_table(title, FIELDS, [_field(answer, line, words[line.position]) for line in answer.fields])
    if not answer.there:
        output.console().print(say("There is no such row any more; the last event removed it."))


def _change(line: FieldLine, each: Change) -> list[Any]:
    before, after = _plain(each.before), _plain(each.after)
    return [line.field, _plain(line.value), each.position, each.occurred_at, before, after, each.contribution]


def _told(answer: RowExplanation, each: Change, event: Event) -> list[Any]:
    added = "" if each.contribution is None else each.contribution
    day, who = f"{each.occurred_at:%Y-%m-%d}", event.actor_name or ""
    return [each.position, day, event.text, who, _named(answer, each.before), _named(answer, each.after), added]


def _field(answer: RowExplanation, line: FieldLine, event: Event) -> list[Any]:
    day = f"{event.occurred_at:%Y-%m-%d}"
    return [line.field, _named(answer, line.value), line.position, day, event.text, len(line.changes)]


def _named(answer: RowExplanation, value: Any) -> Any:
    name = answer.names.get(str(value))
    return f"{name} ({value})" if name else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return " ".join(f"{name}={each}" for name, each in value.items())
    if isinstance(value, Decimal):
        return shown_amount(value)
    return "" if value is None else str(value)


def show_models(answer: ModelsAnswer, json: bool, csv: bool) -> None:
    """Figures and read models."""
    if json:
        output.print_json(answer)
        return
    figures = [[each.figure, ", ".join(each.cells), ", ".join(each.places)] for each in answer.figures]
    models = [[each.model, ", ".join(each.fields), each.about] for each in answer.models]
    if csv:
        output.print_csv(["figure", "cells", "places"], [*figures, *models])
        return
    output.print_table("What can be explained", ["figure", "cells", "places"], figures)
    output.print_table("\nRows of read models", ["model", "fields"], [row[:2] for row in models])


def show_events(answer: EventsAnswer, json: bool, csv: bool) -> None:
    """Events in words."""
    if json:
        output.print_json(answer)
        return
    rows = [
        [each.position, each.occurred_at, each.recorded_at, each.fact, each.text, each.actor_name or each.actor]
        for each in answer.events
    ]
    if csv:
        output.print_csv(EVENTS, rows)
    else:
        shown = [
            (each.position, local(each.occurred_at), row[4], row[5])
            for each, row in zip(answer.events, rows, strict=True)
        ]
        output.print_table(titled(say("Events")), ["position", "occurred at", "what happened", "by"], shown)
        if answer.missing:
            positions = ", ".join(map(str, answer.missing))
            output.say(say("There is no event that may be seen at {positions}.", positions=positions))
