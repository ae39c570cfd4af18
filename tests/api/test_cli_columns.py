"""Tables keep what is exact whole, whatever the room; names and reasons give way."""

from decimal import Decimal

import pytest

from api.cli import output
from api.cli.columns import set_columns
from api.cli.settings import columns_of
from domain.language import Language, speaking

HEADER = ["name", "revenue", "why", "due"]
LINES = [
    ["Fjellstrand Marine Systems", "3,613,764.93", "an approver was never met and the close is near", "2026-12-05!"],
    ["Acme", "–", "", "–"],
]


def widths(room):
    return [column.width for column in set_columns(HEADER, HEADER, LINES, room)]


def test_where_there_is_room_every_cell_is_whole():
    assert widths(160) == [26, 12, 47, 11]


def test_where_room_is_scarce_reasons_and_names_give_way_and_amounts_and_days_do_not():
    assert widths(60)[1::2] == [12, 11]
    assert sum(widths(60)) + 2 * 3 == 60


def test_amounts_stay_whole_even_where_the_table_gets_wider_than_the_room():
    assert widths(20) == [10, 12, 8, 11]


def test_names_are_cut_on_one_line_and_reasons_are_wrapped():
    assert [column.one_line for column in set_columns(HEADER, HEADER, LINES, 60)] == [True, False, False, False]


@pytest.mark.parametrize(("stated", "columns"), [("160", 160), ("", 0), ("wide", 0)])
def test_the_width_that_is_stated_is_read(stated, columns):
    assert columns_of({"COLUMNS": stated}) == columns


@pytest.mark.parametrize(("columns", "width"), [("160", 160), ("", 110)])
def test_a_table_is_as_wide_as_stated_else_110(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert output.console().width == width


def test_a_printed_amount_is_never_cut(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    name, _, why, due = LINES[0]
    output.print_table("", HEADER, [(name, Decimal("3613764.93"), why, due)])
    printed = capsys.readouterr().out
    assert "3,613,764.93" in printed
    assert "2026-12-05!" in printed
    assert "…" in printed


@pytest.mark.parametrize(
    ("amounts", "shown"),
    [
        (["3613764.93", "5511.20", "0"], ["361.38万", "0.55万", "0"]),
        (["3613764.93", "12.50"], ["3,613,764.93", "12.50"]),
        (["9999", "12.50"], ["9,999", "12.50"]),
    ],
)
def test_the_amounts_of_a_column_are_in_one_style_in_chinese(capsys, amounts, shown):
    with speaking(Language.CHINESE):
        output.print_table("", ["amount"], [(Decimal(amount),) for amount in amounts])
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[1:]] == shown
