"""What customers bring, class by class and one after the other, and where one lies in a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from api.console import formats
from api.console.accounts.lines import filters_from
from api.console.accounts.portfolio import measure_name
from api.console.composing.asked import Asked
from api.console.facts import exact
from api.console.formats import capital
from api.console.telling import Group, LineTold, Why
from api.identity import account_of
from domain.account.account import Account
from domain.errors import Fault, Malformed, NotFound
from domain.language.catalogue import say
from domain.policies.selection_definition import Measure
from projections.account_list import listed
from projections.explained_portfolio import CELLS
from projections.portfolio import PortfolioAnswer, PortfolioLine, portfolio

ZERO = Decimal(0)


def of_class(asked: Asked) -> Why:
    """What the customers of a class bring, of those that the filters of the list choose: their revenue, or its share of
    what all customers bring."""
    answer, wanted = portfolio(asked.view, positions=False), asked.one("abc")
    bought = {line.account: line for line in answer.customers}
    chosen = listed(asked.view, filters_from(asked.frame, asked.one))
    own = [line for each in chosen if (line := bought.get(each.account)) and line.abc == wanted]
    own.sort(key=lambda each: (-each.revenue, each.name))
    cell = asked.one("cell", "share")
    values = [each.share if cell == "share" else each.revenue if cell == "revenue" else Decimal(1) for each in own]
    unit = {"share": "ratio", "revenue": asked.view.currency}.get(cell, "count")
    made = say("The customers of the class, with what each brings; a class holds who together brings its share of all.")
    title = say("Class {name}", name=wanted)
    return _summed(asked, title, made, own, values, unit, cell if cell != "count" else "share")


def cumulative(asked: Asked) -> Why:
    """The shares of a customer and of all that bring more. Raises NotFound."""
    answer, line = _line(asked)
    before = [each for each in answer.customers if (each.cumulative, -each.share) < (line.cumulative, -line.share)]
    own = [*sorted(before, key=lambda each: each.cumulative), line]
    values = [each.share for each in own]
    made = say("The shares of all that bring more, and its own.")
    return _summed(asked, say("Cumulative"), made, own, values, "ratio", "share", total=line.cumulative)


def _summed(
    asked: Asked,
    title: str,
    made: str,
    own: Sequence[PortfolioLine],
    values: Sequence[Decimal],
    unit: str,
    cell: str,
    total: Decimal | None = None,
) -> Why:
    shown = asked.page(list(zip(own, values, strict=True)))
    groups = [
        Group(name=each.name, said=exact(value, unit), link=f"portfolio/{each.account}?cell={cell}", facts=[])
        for each, value in shown
    ]
    value = sum(values, ZERO) if total is None else total
    return asked.why(title, made, exact(value, unit), groups, count=len(own), shown=len(shown))


def axis(asked: Asked) -> Why:
    """Where a customer lies on an axis of a matrix. Raises NotFound, Malformed."""
    answer, line = _line(asked)
    model = asked.view.policies.selection_model(answer.model)
    matrix = next((each for each in model.matrices if each.key == asked.one("matrix")), None)
    name = asked.one("axis")
    if matrix is None or name not in ("x", "y"):
        raise Malformed(Fault("axis", name[:80], say("expected x or y, and the key of a matrix")))
    measure, value = getattr(matrix, name).measure, getattr(line.cells[matrix.key], name)
    cells = {Measure.GROWTH: "revenue"}.get(measure, measure)
    groups = []
    if cells in CELLS:
        said = exact(line.revenue, asked.view.currency) if measure == Measure.GROWTH else formats.number(value, 2)
        link = f"portfolio/{line.account}?cell={cells}"
        groups.append(Group(name=capital(measure_name(model, cells)), said=said, link=link, facts=[]))
    elif line.score:
        facts = asked.events([line.score.position])
        groups.append(Group(name=say("Scored"), said=formats.number(value, 2), facts=facts))
    lines: list[LineTold] = []
    if measure == Measure.GROWTH:
        lines.append((say("in the period before"), exact(line.revenue_before, asked.view.currency), []))
    made = say("Where the customer lies on this axis of the matrix, as of the model\u2019s period.")
    told = [(say("Account"), line.name)]
    return asked.why(measure_name(model, measure), made, formats.number(value, 2), groups, lines=lines, asked=told)


def _line(asked: Asked) -> tuple[PortfolioAnswer, PortfolioLine]:
    call = asked.frame.call
    account = account_of(call, asked.whom)
    assert account is not None
    call.doors.access.must_see(call.asker, Account, account)
    answer, end = portfolio(asked.view, positions=False), asked.view.leads_to(account)
    line = next((each for each in answer.customers if each.account == end), None)
    if line is None:
        raise NotFound(kind="account", key=asked.whom)
    return answer, line
