"""The files of the sample company: their columns, and how a value is written into a cell."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]
Cell = str | int | date | datetime | Decimal | bool | list[str] | None

COLUMNS: dict[str, tuple[str, ...]] = {
    kind: tuple(columns.split())
    for kind, columns in {
        "territories": "key name parent",
        "members": "name external_id email language territory manager roles joined_on left_on",
        "products": "key name series price currency from",
        "rates": "currency on rate",
        "holidays": "day name working",
        "accounts": "name external_id tax_number address kind industry territory country currency parent headcount"
        " revenue website segment registered_on",
        "managers": "account manager effective_on reason",
        "key_status": "account action on relationship_type justification decision improvement review_due override",
        "stakeholders": "external_id account name title department reports_to email phone language attitude political"
        " orientation since left_on",
        "relationships": "stakeholder member level desired coverage on",
        "opportunities": "external_id account title product amount currency owner process stage opened_on close_on"
        " closed_on signed_amount category reason winner",
        "stage_history": "opportunity at stage amount close_on category owner reason",
        "buyers": "opportunity stakeholder role support key_player wants on",
        "answers": "opportunity question answer evidence competitor on",
        "visits": "external_id account start status minutes what why purpose expected_action where planned_on"
        " our_people stakeholders opportunities objective_met action_agreed outcome next_step next_step_on",
        "satisfaction": "account kind score on external_id subject comment stakeholder",
        "purchases": "account document_no on revenue product_line quantity currency margin",
        "targets": "scope key period amount currency",
    }.items()
}
"""The columns of every file, by its kind."""


def text(value: Cell) -> str:
    """A cell: nothing is blank, dates and times are ISO, money has two decimals, lists use semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list):
        return ";".join(value)
    return str(value)


def row(kind: str, *values: Cell) -> Row:
    """One row of a kind; values in the order of its columns, the rest is blank."""
    columns = COLUMNS[kind]
    if len(values) > len(columns):
        raise ValueError(f"{kind} has {len(columns)} columns, not {len(values)}")
    filled = [text(value) for value in values]
    return dict(zip(columns, filled + [""] * (len(columns) - len(filled)), strict=True))


class Tables:
    """All rows of the sample company, by kind, in the order in which they will stand in the files."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {kind: [] for kind in COLUMNS}

    def add(self, kind: str, *values: Cell) -> None:
        """Append one row, given as its values in the order of the columns."""
        self.rows[kind].append(row(kind, *values))

    def write(self, folder: Path) -> None:
        """Write one UTF-8 file with header per kind. The same rows give the same bytes."""
        for kind, rows in self.rows.items():
            (folder / f"{kind}.csv").write_bytes(_csv(COLUMNS[kind], rows))


def _csv(columns: Iterable[str], rows: Iterable[Row]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()
