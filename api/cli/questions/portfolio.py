"""kams portfolio: the portfolio of customers (客户组合) in the terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output, sheets
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.options import none_of
from domain.language.catalogue import either, say, term

if TYPE_CHECKING:
    from projections.portfolio import Method, PortfolioAnswer, PortfolioLine
    from projections.portfolio_why import WhyAnswer

HEADER = [
    "#",
    "account",
    "name",
    "overall",
    "fuzzy",
    "revenue",
    "class",
    "boston",
    "matrix",
    "key status",
    "review due",
]
HISTORY = ["at", "decision", "type", "justification", "what we change", "position"]


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(portfolio)


def portfolio(
    model: Annotated[
        str, typer.Option("--model", metavar="KEY", help="The selection model; key-accounts if left out.")
    ] = "key-accounts",
    method: Annotated[
        str, typer.Option("--method", metavar="METHOD", help="Rank by weighted, abc, boston, matrix or fuzzy.")
    ] = "weighted",
    why: Annotated[
        str, typer.Option("--why", metavar="ACCOUNT", help="Why is this customer key? Id, external id or name.")
    ] = "",
    reviews_due: Annotated[
        bool, typer.Option("--reviews-due", help="Only key accounts whose review is due, or unjustified.")
    ] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The portfolio (客户组合): customers ranked by the selection model, key status, reviews, what is proposed."""
    from api.names import find_account
    from projections.portfolio import portfolio as ask
    from projections.portfolio_why import why as ask_why

    wanted = _method(method)
    with opened(as_of, known_at, no_wait) as (_, view):
        if why:
            show_why(ask_why(view, find_account(view, why), model), json, csv)
        else:
            show(ask(view, model, wanted, reviews_due=reviews_due), json, csv)


def _method(text: str) -> Method:
    from projections.portfolio import Method

    try:
        return Method(text)
    except ValueError:
        raise none_of(text, Method, "--method") from None


def show(answer: PortfolioAnswer, json: bool, csv: bool) -> None:
    """The ranking as a table, then what is proposed."""
    rows = [_row(line) for line in answer.customers]
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(*sheets.portfolio(answer))
        return
    if not rows:
        output.say("No customers recorded.")
        return
    title = say(
        "Portfolio by {model}, edition {edition}: {objective}",
        model=answer.model,
        edition=answer.edition,
        objective=answer.objective,
    )
    output.print_table(title, HEADER, rows)
    output.say(
        say(
            "{key_accounts} key accounts of at most {portfolio_limit}; amounts {from_day} to {to_day} in {currency}.",
            key_accounts=answer.key_accounts,
            portfolio_limit=answer.portfolio_limit,
            from_day=answer.from_day,
            to_day=answer.to_day,
            currency=answer.currency or say("no currency"),
        )
    )
    _legend(answer)
    if answer.proposals:
        proposed = [
            (term("Action", each.action), each.external_id, each.name, "; ".join(each.reasons))
            for each in answer.proposals
        ]
        output.print_table("\nProposed, to be decided", ["action", "account", "name", "why"], proposed)


def _legend(answer: PortfolioAnswer) -> None:
    """What the marks in the table say, and whether there are more key accounts than the model allows."""
    if answer.key_accounts > answer.portfolio_limit:
        over = answer.key_accounts - answer.portfolio_limit
        output.say(say("More than the model allows: {over} too many, to be withdrawn or the limit raised.", over=over))
    scores = [line.score for line in answer.customers if line.score]
    states = [line.status for line in answer.customers if line.status]
    if any(not score.current for score in scores):
        output.say("* scored by another edition of the model")
    if any(state.overdue or not state.justified for state in states):
        output.say("! review overdue, or key status without a justification")


def _row(line: PortfolioLine) -> list[Any]:
    status, score = line.status, line.score
    others = [cell.cell and say(cell.cell) for key, cell in line.cells.items() if key != "boston"]
    boston = line.cells.get("boston")
    due = f"{status.review_due}{'!' if status.overdue or not status.justified else ''}" if status else ""
    return [
        line.rank,
        line.external_id or str(line.account),
        line.name,
        _mark(score.totals.get("overall") if score else None, current=score is not None and score.current),
        _mark(score.fuzzy_total if score else None, current=score is not None and score.current),
        output.Amount(line.revenue),
        line.abc,
        say(boston.cell) if boston and boston.cell else "–",
        (others[0] if others else None) or "–",
        term("RelationshipType", status.relationship_type) if status else "",
        due,
    ]


def _mark(number: Decimal | None, *, current: bool) -> str:
    """A total; with an asterisk where it was scored by another edition."""
    return "–" if number is None else f"{number:.2f}{'' if current else '*'}"


def show_why(answer: WhyAnswer, json: bool, csv: bool) -> None:
    """The standing, each decision with its justification, each criterion."""
    line = answer.customer
    history = [
        (
            each.at.date(),
            term("KeyDecision", each.decision),
            term("RelationshipType", each.relationship_type) if each.relationship_type else say("none"),
            "; ".join(said for said in (each.justification, each.override, each.portfolio_reason) if said),
            each.improvement,
            str(each.position),
        )
        for each in answer.history
    ]
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(HISTORY, history)
        return
    standing = (
        say(
            "{relationship_type} since {since}",
            relationship_type=term("RelationshipType", line.status.relationship_type),
            since=line.status.since.date(),
        )
        if line.status
        else say("no key account")
    )
    output.print_table(f"{line.name}: {standing}", HEADER, [_row(line)])
    if history:
        output.print_table("\nWhy, the newest decision first", HISTORY, history)
    else:
        output.say("Nobody ever granted key status.")
    criteria = [
        (
            term("CriterionGroup", each.group),
            either(each.name, each.name_zh),
            f"{each.weight.normalize():f}",
            "–" if each.score is None else f"{each.score:f}",
        )
        for each in answer.criteria
    ]
    title = "\n" + say(
        "Criteria of {model}, edition {edition}: {objective}",
        model=answer.model,
        edition=answer.edition,
        objective=answer.objective,
    )
    output.print_table(title, ["group", "criterion", "weight", "score"], criteria)
    reached = [
        (
            term("Measure", each.measure),
            f"{each.at_least:f}",
            "–" if each.found is None else f"{each.found:f}",
            _met(each.met),
        )
        for each in line.thresholds
    ]
    if reached:
        output.print_table("\nThresholds", ["measure", "at least", "found", "reached"], reached)


def _met(met: bool | None) -> str:
    return say({True: "yes", False: "no", None: "not known"}[met])
