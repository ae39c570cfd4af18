"""`kams cost`: the cost of winning (赢单成本) in the terminal."""

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
from api.cli.options import none_of
from domain.language.catalogue import either, say, term

if TYPE_CHECKING:
    from projections.winning_cost import CostAnswer, OpportunityCost

HEADER = ["opportunity", "title", "outcome", "days", "cost", "allowed", "over limit", "samples", "won"]
GROUP_HEADER = ["", "deals", "won", "days", "cost", "of lost", "amount won", "cost per won"]


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("cost")(cost)


def cost(
    opportunity: Annotated[
        str, typer.Argument(metavar="[OPPORTUNITY]", help="Id or external id; all if left out.")
    ] = "",
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHAT", help="owner, account, product, period or outcome.")
    ] = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    period: Annotated[str, typer.Option("--period", help="Only deals expected to close then: 2017-Q4, 2017.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many opportunities, the dearest first.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The cost of winning (赢单成本): person-days and cost, against the limit allowed and the amount won."""
    from api.names import find_opportunity, with_names
    from api.process_words import process_words
    from api.titles import entitle
    from projections.winning_cost import cost_of_winning

    grouping = _group_by(by)
    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account, period)
        one = find_opportunity(made.journal, view, opportunity) if opportunity else None
        answer = cost_of_winning(view, filters, by=grouping, opportunity=one)
        answer.cut(limit)
        entitle(made.journal, answer.opportunities)
        kinds = {key: either(each.name, each.name_zh) for key, each in view.policies.rate_card.rates.items()}
        show(with_names(made.journal, view, answer, grouping), json, csv, {**process_words(view), **kinds})


def _group_by(by: str | None) -> Any:
    from projections.winning_cost import CostBy

    try:
        return CostBy(by) if by else None
    except ValueError:
        raise none_of(by, CostBy, "--by") from None


def show(answer: CostAnswer, json: bool, csv: bool, names: Mapping[str, str]) -> None:
    """Groups where they were asked for, then opportunities, the dearest first; a single one with its parts. `names`
    are those of stages and kinds of resources by key."""
    if json:
        output.print_json(answer)
        return
    groups = answer.groups if isinstance(answer.groups, list) else []
    header, rows = (GROUP_HEADER, [_group(each) for each in groups]) if groups else (HEADER, _lines(answer, 8))
    if csv:
        output.print_csv(*sheets.cost(answer))
        return
    if not rows:
        output.say("No resources, samples or concessions recorded.")
        return
    output.print_table(
        say("Cost of winning, in {currency}", currency=answer.currency or say("no currency")), header, rows
    )
    if len(answer.opportunities) == 1 and not groups:
        _show_parts(answer.opportunities[0], names)
    elif not groups:
        output.print_table("", GROUP_HEADER, [[say("all"), *_group(answer.total)[1:]]])
    if answer.not_shown:
        output.say(say("{not_shown} more opportunities: state --limit.", not_shown=answer.not_shown))
    for currency, count in sorted(answer.missing_rates.items()):
        output.say(
            say(
                "{count} amounts in {currency} are left out: no exchange rate of their day.",
                count=count,
                currency=currency,
            )
        )


def _lines(answer: CostAnswer, width: int) -> list[list[Any]]:
    return [
        [
            each.external_id or str(each.opportunity)[:width],
            output.cut(each.title, 20),
            term("Outcome", each.outcome) if each.outcome else say("open"),
            _number(each.person_days),
            each.cost,
            say("no go") if each.decision == "no_go" else each.cost_allowed,
            ", ".join(output.label(name.replace("person_days", "days")) for name in each.exceeded),
            each.samples_out,
            each.won_amount,
        ]
        for each in answer.opportunities
    ]


def _group(group: Any) -> list[Any]:
    return [
        group.name or group.key or "–",
        group.opportunities,
        group.won,
        _number(group.person_days),
        group.cost,
        group.cost_of_lost,
        group.won_amount,
        group.cost_per_won,
    ]


def _show_parts(one: OpportunityCost, names: Mapping[str, str]) -> None:
    for title, shares in (("\nBy resource", one.by_kind), ("\nBy stage", one.by_stage)):
        if shares:
            rows = [[names.get(share.key, share.key), _number(share.person_days), share.cost] for share in shares]
            output.print_table(title, ["", "days", "cost"], rows)
    facts: list[list[Any]] = [
        ["days allowed", _number(one.days_allowed)],
        ["samples overdue", one.samples_overdue],
        ["concessions", one.concessions],
        ["with nothing in return", one.for_nothing],
        ["conceded", one.conceded],
        ["cost per won amount", one.cost_per_won],
        ["positions", ", ".join(map(str, one.positions))],
    ]
    output.print_table("\nMore", ["", ""], facts)


def _number(days: Any) -> str:
    return "–" if days is None else str(days)
