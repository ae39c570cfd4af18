"""kams competition: who wins against whom with which strategy (竞争); kams contest: the contest for one deal."""

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
from api.cli.options import day
from api.cli.questions.qualification import Floor, Since, Until, counted
from domain.language.catalogue import either, in_context, say, term

if TYPE_CHECKING:
    from projections.competition import CompetitionAnswer, CompetitorLine, Record
    from projections.proportions import Share

HEADER = ["competitor", "met", "open", "open value", "won", "lost", "to them", "win rate", "95 %", "unseen"]
RECORD_HEADER = ["", "", "won", "lost", "to them", "win rate", "95 %"]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(competition)
    app.command()(contest)


def competition(
    competitor: Annotated[
        str, typer.Option("--competitor", metavar="NAME", help="Only this one, with its open deals.")
    ] = "",
    since: Since = None,
    until: Until = None,
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
    """Competition (竞争): who wins against whom with which strategy, on what, and where they lead."""
    from api.names import reading
    from api.process_words import process_words
    from api.titles import openings
    from projections.competition import competition as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(
            view,
            filters_of(made, view, owner, territory, product, account),
            competitor=competitor,
            since=day("--from", since),
            until=day("--to", until),
            floor=floor,
            read=reading(made.journal, view, "text"),
        )
        if csv and not json:
            deals = [deal for line in answer.competitors for deal in line.open_deals or []]
            opened_deals = openings(made.journal, {deal.opportunity for deal in deals})
            output.print_csv(*sheets.competition(answer, opened_deals))
            _show_missing(answer, json)
        else:
            show(answer, json, process_words(view))


def contest(
    opportunity: Annotated[str, typer.Argument(metavar="OPPORTUNITY", help="Id or external id.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The contest for one deal: criteria (决策标准), decision process, competitors, strategies (竞争策略)."""
    from api.cli.contest_output import show as show_contest
    from api.names import find_opportunity, reading, stakeholder_names
    from api.process_words import process_words
    from api.titles import openings
    from projections.contest import contest as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        found = find_opportunity(made.journal, view, opportunity)
        answer = ask(view, found, lambda text, field: reading(made.journal, view, field)(text))
        people = stakeholder_names(made.journal, view, [answer.account] if answer.account else [])
        opening = openings(made.journal, [found]).get(found)
        deal = f"{opening.title} ({opening.external_id or found})" if opening else str(found)
        show_contest(answer, json, csv, people, deal, process_words(view))


def show(answer: CompetitionAnswer, json: bool, stages: Mapping[str, str]) -> None:
    """All competitors as a table; a single one with its records, criteria and open deals. `stages` are names by key."""
    rows = [_row(line) for line in answer.competitors]
    if json:
        output.print_json(answer)
    elif not rows:
        output.say(
            say(
                "No competitor was met on a deal that is open or was closed from {since} to {until}.",
                since=answer.since,
                until=answer.until,
            )
        )
    else:
        title = say(
            "Competition, deals closed {since} to {until} and open ones, in {currency}",
            since=answer.since,
            until=answer.until,
            currency=answer.currency,
        )
        output.print_table(title, [in_context("competition", name) for name in HEADER], rows)
        output.say(say("Where nobody had been identified: won {known}.", known=" ".join(counted(answer.uncontested))))
        for line in answer.competitors if len(rows) == 1 else []:
            _show_one(line, stages)
    _show_missing(answer, json)


def _row(line: CompetitorLine) -> list[Any]:
    counts = [
        line.competitor,
        line.met,
        line.open,
        output.Amount(line.open_value),
        line.won,
        line.lost,
        line.lost_to_them,
    ]
    return [*counts, *_rate(line.win_rate), line.unseen]


def _rate(share: Share) -> list[str]:
    if share.rate is None:
        return ["–", say("{whole} are too few", whole=share.whole)]
    return [f"{share.rate:.0%}", say("{low:.0%} to {high:.0%}", low=share.low, high=share.high)]


def _show_one(line: CompetitorLine, stages: Mapping[str, str]) -> None:
    records = {"strategy": line.strategies, "product": line.products, "territory": line.territories}
    rows = [_record(what, each) for what, found in records.items() for each in found]
    if rows:
        output.print_table("\nBy", RECORD_HEADER, rows)
    if line.criteria:
        criteria = [
            (term("CriterionKind", each.kind), each.compared, each.ahead, each.level, each.behind)
            for each in line.criteria
        ]
        output.print_table("\nBy their criteria", ["kind", "compared", "they lead", "level", "we lead"], criteria)
    deals = [_open_deal(deal, stages) for deal in line.open_deals or []]
    if deals:
        output.print_table("\nOpen against them", ["opportunity", "stage", "value", "strategy", "they lead by"], deals)


def _open_deal(deal: Any, stages: Mapping[str, str]) -> list[Any]:
    leads = ", ".join(f"{lead.text or lead.criterion} ({lead.ours:+} : {lead.theirs:+})" for lead in deal.leads)
    value = "–" if deal.value is None else output.Amount(deal.value)
    return [
        deal.opportunity,
        stages.get(deal.stage, deal.stage),
        value,
        term("Strategy", deal.strategy) if deal.strategy else "–",
        leads,
    ]


def _record(what: str, record: Record) -> list[Any]:
    key = either(record.key, term("Strategy", record.key)) if what == "strategy" else record.key
    return [what, key or say("(none)"), record.won, record.lost, record.lost_to_them, *_rate(record.win_rate)]


def _show_missing(answer: CompetitionAnswer, json: bool) -> None:
    if json:
        return
    for currency, count in answer.missing_rates.items():
        output.say(say("{count} amounts in {currency} are in no sum: set a rate.", count=count, currency=currency))
    for product, count in answer.missing_prices.items():
        output.say(
            say(
                "{count} deals without an amount are in no sum: {product} has no list price.",
                count=count,
                product=product,
            )
        )
