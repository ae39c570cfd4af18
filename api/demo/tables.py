"""The files of the sample company: their columns, and how a value is written into a cell."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

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
        "payments": "account invoice_no amount currency due_on paid_on on",
        "credit": "account on rating limit currency valid_until assessor agency evidence",
        "contact_log": "account external_id on channel direction people stakeholders subject",
        "needs": "account external_id on kind words importance stakeholders opportunities",
        "commitments": "account external_id on made_by kind what due_on owner stakeholders opportunities",
        "value_given": "account external_id on kind what given_by worth cost currency reckoned people stakeholders",
        "gifts": "account external_id on stakeholder what value currency giver approved_by",
        "team": "account on member function counterpart",
        "action_items": "account external_id on text owner department due_on opportunity",
        "competitors": "opportunity on competitor strengths weaknesses preferred_by",
        "samples": "opportunity external_id on what stakeholder due_back worth currency",
        "issues": "external_id account kind severity category description raised_on raised_by opportunity"
        " acknowledged_on acknowledged_by resolved_on root_cause resolution confirmed_on confirmed_by",
        "facts": "aggregate id command on values",
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


def money(amount: Decimal | int | str, currency: str = "CNY") -> dict[str, str]:
    """An amount as a value of a fact."""
    return {"amount": str(amount), "currency": currency}


class Tables:
    """All rows of the sample company, by kind, in the order in which they will stand in the files."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {kind: [] for kind in COLUMNS}

    def add(self, kind: str, *values: Cell) -> None:
        """Append one row, given as its values in the order of the columns."""
        self.rows[kind].append(row(kind, *values))

    def fact(self, aggregate: str, name: str, command: str, on: date | datetime, **values: Any) -> None:
        """Append a command as a row of facts; values that are None are left out."""
        stated = {key: value for key, value in values.items() if value is not None}
        self.add("facts", aggregate, name, command, on, json.dumps(stated, ensure_ascii=False, default=str))

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
