"""Scores of forecasts as people and machines read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from api.cli import output
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from projections.forecast_backtest import BacktestAnswer
    from projections.forecast_folds import FoldsAnswer
    from projections.forecast_scores import ScoresAnswer
    from projections.forecasting.judged import AmountLine, LeftOut, Standing, WinLine
    from projections.forecasting.scores import Bin

HEAD = ["what", "method", "layer", "kind", "issued", "by", "n"]
AMOUNTS = ["wape", "bias", "pinball", "coverage", "width"]
WINS = ["base", "auc", "brier", "logloss", "ece", "accuracy"]
TABLE = ["method", "layer", "issued", "by", "n", *AMOUNTS]
BOARD = ["method", "pinball", "wape", "coverage", "brier", "ece", ""]
METHODS = frozenset({"hazard", "stage_rates", "stage_weighted", "last_year", "last_quarter", "average_of_four"})


def show_scores(answer: ScoresAnswer, json: bool, csv: bool) -> None:
    """The scores of kept forecasts."""
    if _machines(answer, answer.methods, answer.wins, json, csv):
        return
    if not answer.methods and not answer.wins:
        output.say("No kept forecast can be scored yet: a period must be over, or a horizon have passed.")
    else:
        _show(answer.methods, answer.wins)
        show_board(answer.leaderboard, answer.proposed, answer.in_use)
        if answer.issued_from and answer.issued_to:
            output.say(
                say(
                    "{count} forecasts issued from {first:%Y-%m-%d} to {last:%Y-%m-%d}; the truth is as known on "
                    "{now:%Y-%m-%d}.",
                    count=answer.forecasts, first=answer.issued_from, last=answer.issued_to, now=answer.as_of,
                )
            )  # fmt: skip
    _show_left_out(answer.left_out)
    if answer.filtered:
        output.say(say("{count} forecasts were of a part of the deals, and count nowhere.", count=answer.filtered))


def show_backtest(answer: BacktestAnswer, json: bool, csv: bool) -> None:
    """The scores of a backtest."""
    if _machines(answer, answer.methods, answer.wins, json, csv):
        return
    _show(answer.methods, answer.wins)
    show_board(answer.leaderboard, answer.proposed, answer.in_use)
    output.say(
        say(
            "{issues} issue dates from {first} to {last}, {fits} models fitted; {without} without enough history.",
            issues=answer.issues, first=answer.since, last=answer.to, fits=answer.fits, without=answer.without_model,
        )
    )  # fmt: skip
    _show_left_out(answer.left_out)


def show_folds(answer: FoldsAnswer, json: bool, csv: bool) -> None:
    """The scores of a cross validation."""
    found = answer.folds
    names = ["rows", "distinct", "folds", "repeats", "n", "base_rate", "base_brier", *WINS[1:]]
    values = [getattr(found, name) for name in names]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(names, [values])
    elif not found.n:
        output.say(say("Not enough history: {basis}.", basis=found.basis))
    else:
        title = say("Deals without dates, {folds} folds, {repeats} times", folds=found.folds, repeats=found.repeats)
        rows = [[name.replace("_", " "), value] for name, value in zip(names, values, strict=True)]
        output.print_table(title, ["", "value"], rows)
        _show_calibration(found.calibration)


def show_board(board: Sequence[Standing], proposed: str | None, in_use: str) -> None:
    """The methods, the best first, which one is in use and which one is proposed."""
    from projections.forecasting.judged import LEAST_TO_PROPOSE

    rows = [
        [
            name_of(each.method), each.pinball, each.wape, each.coverage, each.brier, each.ece,
            " · ".join([say("in use")] * each.in_use + [say("proposed")] * each.proposed),
        ]
        for each in board
    ]  # fmt: skip
    if not rows:
        output.say("No method can be compared yet.")
        return
    output.print_table("\nMethods", BOARD, rows)
    if not proposed:
        text = (
            "Too little is scored to propose a method: it takes {least} periods of one kind, of the method in use "
            "and of the other."
        )
        output.say(say(text, least=LEAST_TO_PROPOSE))
    elif proposed != in_use:
        text = "{name} was nearer than {in_use}: `kams forecast methods --use {method}` takes it."
        output.say(say(text, name=name_of(proposed), in_use=name_of(in_use), method=proposed))


def name_of(method: str) -> str:
    """A method in words."""
    if method in METHODS:
        return term("ForecastMethod", method)
    return say("base rate") if method == "base_rate" else say("called") if method == "called" else method


def _machines(answer: Any, amounts: Sequence[AmountLine], wins: Sequence[WinLine], json: bool, csv: bool) -> bool:
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv([*HEAD, *AMOUNTS, *WINS], [*map(_amount_row, amounts), *map(_win_row, wins)])
    return json or csv


def _amount_row(line: AmountLine) -> list[Any]:
    head = ["revenue", line.method, line.layer, line.period_kind, line.issued, line.by, line.n]
    return [*head, *(getattr(line, name) for name in AMOUNTS), *[None] * len(WINS)]


def _win_row(line: WinLine) -> list[Any]:
    head = ["wins", line.method, "computed", line.kind, "", "", line.n]
    return [*head, *[None] * len(AMOUNTS), *(getattr(line, name) for name in WINS)]


def _show(amounts: Sequence[AmountLine], wins: Sequence[WinLine]) -> None:
    for kind in dict.fromkeys(line.period_kind for line in amounts):
        rows = [
            [name_of(line.method), say(line.layer), say(line.issued), say(line.by or "company"), line.n]
            + [getattr(line, name) for name in AMOUNTS]
            for line in amounts
            if line.period_kind == kind
        ]
        output.print_table("\n" + say("Revenue by {kind}", kind=say(kind)), TABLE, rows)
    for kind in dict.fromkeys(line.kind for line in wins):
        mine = [line for line in wins if line.kind == kind]
        rows = [[name_of(line.method), line.n, *(getattr(line, name) for name in WINS)] for line in mine]
        output.print_table("\n" + say("Wins, {kind}", kind=say(kind)), ["method", "n", *WINS], rows)
    learned = next((line for line in wins if line.kind == "within" and line.method == "hazard"), None)
    if learned is not None:
        _show_calibration(learned.calibration)


def _show_calibration(table: Sequence[Bin]) -> None:
    header = ["chance", "count", "mean forecast", "share won"]
    rows = [[f"{each.low:.1f}–{each.high:.1f}", each.count, each.forecast, each.won] for each in table]
    output.print_table("\nCalibration", header, rows)


def _show_left_out(left: LeftOut) -> None:
    if left.periods or left.horizons or left.open_deals:
        output.say(
            say(
                "Left out: {periods} periods not over, {horizons} chances whose days have not passed, {deals} of deals "
                "still open.",
                periods=left.periods, horizons=left.horizons, deals=left.open_deals,
            )
        )  # fmt: skip
    if left.afterwards:
        words = "Left out: {count} as of the last day of their period or later, when nothing is left to forecast."
        output.say(say(words, count=left.afterwards))
