"""Relationship health as people and machines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.funnel_output import stamp
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from uuid import UUID

    from projections.health_portfolio import HeatAnswer, HeatCell, TrendAnswer
    from projections.relationship_health import HealthAnswer
    from projections.view import View

COLOURS = {"red": "red", "yellow": "yellow", "green": "green"}
WIDTH = 16
NAME_WIDTH = 24
TAKEN = 75
NARROW = 100
"""Columns of a terminal that has no room for bars: there the score itself has the colour."""


def show(answer: HealthAnswer, json: bool, csv: bool) -> None:
    """All accounts, the coldest first; a single account with its components."""
    if json:
        output.print_json(answer)
    elif csv:
        header = ["account", "external id", "name", "score", "band", "turns red on"]
        rows = [(a.account, a.external_id, a.name, a.score, a.band, a.turns_red_on) for a in answer.accounts]
        output.print_csv(header, rows)
    else:
        _show_accounts(answer)
        if len(answer.accounts) == 1:
            _show_components(answer)


def _show_accounts(answer: HealthAnswer) -> None:
    from rich.table import Table

    console = output.console()
    known = [account for account in answer.accounts if account.score is not None]
    console.print("[bold]" + say("Relationship health as of {stamp}", stamp=stamp(answer)) + "[/bold]")
    table = Table(header_style="dim", box=None, pad_edge=False)
    bars = console.width >= NARROW
    for name in ("account", "", "score", *([""] if bars else []), "turns red on", "coldest component"):
        table.add_column(output.label(name), justify="right" if name == "score" else "left", no_wrap=True)
    room = max(console.width - (TAKEN if bars else TAKEN - WIDTH - 1), 20)
    for account in known:
        score, colour = account.score or 0.0, COLOURS.get(account.band or "", "white")
        coldest = min(account.components, key=lambda c: c.score)
        bar = [f"[{colour}]{'█' * round(WIDTH * score / 100)}[/{colour}]"] if bars else []
        turns = say("red now") if account.band == "red" else str(account.turns_red_on or "–")
        why = _shown(f"{said(coldest.name)}: {coldest.reason}", room)
        figure = f"{score:.0f}" if bars else f"[{colour}]{score:.0f}[/{colour}]"
        table.add_row(_shown(account.name, NAME_WIDTH), _shown(account.external_id, 12), figure, *bar, turns, why)
    console.print(table)
    if silent := len(answer.accounts) - len(known):
        output.console().print(say("{silent} accounts without any fact to judge by.", silent=silent))


def said(component: str) -> str:
    """The name of a component in the spoken language."""
    return term("health", component)


def _shown(text: str, width: int) -> str:
    return output.shown(output.cut(text, width))


def _show_components(answer: HealthAnswer) -> None:
    (account,) = answer.accounts
    rows: list[list[Any]] = []
    for component in account.components:
        behind = ", ".join(map(str, component.positions[:6])) + (" …" if len(component.positions) > 6 else "")
        rows.append(
            [said(component.name), f"{component.score:.0f}", f"{component.weight:.0f}", component.reason, behind]
        )
    output.print_table("", ["component", "score", "weight", "reason", "positions"], rows)


def show_moves(answer: Any, json: bool, csv: bool) -> None:
    """Which scores moved between two moments, and why."""
    header = ["account", "before", "after", "component", "from", "to", "points", "why"]
    rows = [
        (
            one.name,
            one.before,
            one.after,
            part.name if csv else said(part.name),
            part.before,
            part.after,
            f"{part.points:+}",
            part.reason,
        )
        for one in answer.accounts
        for part in one.components
    ]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(header, rows)
    else:
        output.print_table("What moved", header, rows)


def show_portfolio(view: View, account: UUID | None, heat: bool, json: bool, csv: bool) -> None:
    """The heat map, or the trend of scores."""
    from projections import health_portfolio

    if heat:
        _show_heat(health_portfolio.heat(view), json, csv)
    else:
        _show_trend(health_portfolio.trend(view, account), json, csv)


def _show_heat(answer: HeatAnswer, json: bool, csv: bool) -> None:
    rows = [
        (one.name, one.external_id, one.score, *(_score(one.cells.get(name)) for name in answer.components))
        for one in answer.accounts
    ]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(["account", "external id", "score", *answer.components], rows)
    else:
        _print_heat(answer)


def _score(cell: HeatCell | None) -> float | None:
    return cell.score if cell else None


def _print_heat(answer: HeatAnswer) -> None:
    from rich.table import Table

    console = output.console()
    console.print("[bold]" + say("Relationship health by component as of {stamp}", stamp=stamp(answer)) + "[/bold]")
    if not answer.accounts:
        console.print(say("No accounts recorded."))
        return
    table = Table(header_style="dim", box=None, pad_edge=False)
    for name in ("account", "score", *answer.components):
        table.add_column(
            said(name) if name in answer.components else output.label(name),
            justify="left" if name == "account" else "right",
        )
    for one in answer.accounts:
        cells = [_coloured(one.score, one.band), *(_of_cell(one.cells.get(name)) for name in answer.components)]
        table.add_row(_shown(one.name, NAME_WIDTH), *cells)
    console.print(table)


def _of_cell(cell: HeatCell | None) -> str:
    return _coloured(cell.score, cell.band) if cell else "[dim]–[/dim]"


def _coloured(score: float | None, band: str | None) -> str:
    colour = COLOURS.get(band or "", "dim")
    return "[dim]–[/dim]" if score is None else f"[{colour}]{score:.0f}[/{colour}]"


def _show_trend(answer: TrendAnswer, json: bool, csv: bool) -> None:
    header = [
        "account",
        "external id",
        *(say("{days} [day|days] ago", days=days) if days else "now" for days in answer.days),
        "change",
    ]
    names = ["account", "external id", *(f"{days} days ago" if days else "now" for days in answer.days), "change"]
    rows = [(one.name, one.external_id, *(point.score for point in one.points), one.change) for one in answer.accounts]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(names, rows)
    else:
        output.print_table(say("Trend of relationship health as of {stamp}", stamp=stamp(answer)), header, rows)
