"""The sample company's files, read back as anybody would; each seed is written once per run."""

import csv
import json
import statistics
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.demo import write
from api.demo.tables import COLUMNS

SEEDS = (20260101, 7)


class Files:
    """The rows of every file by kind, those with an identifier by it, and the history of every deal."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.sample = write(folder, seed)
        self.bytes = {file.name: file.read_bytes() for file in folder.iterdir()}
        self.settings = (folder / "company.toml").read_text("utf-8")
        lines = {kind: (folder / f"{kind}.csv").read_text("utf-8").splitlines() for kind in COLUMNS}
        self.headers = {kind: text[0] for kind, text in lines.items()}
        self.rows = {kind: list(csv.DictReader(text)) for kind, text in lines.items()}
        key = {"territories": "key", "products": "key"}
        self.by_id = {
            kind: {row[key.get(kind, "external_id")]: row for row in rows}
            for kind, rows in self.rows.items()
            if key.get(kind, "external_id") in COLUMNS[kind]
        }
        self.history: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in self.rows["stage_history"]:
            self.history[row["opportunity"]].append(row)

    def facts(self, command: str, about: str = "") -> list[tuple[date, dict[str, Any]]]:
        """Day and values of the facts of a command, of one aggregate where it is named."""
        return [
            (day(row["on"]), json.loads(row["values"]))
            for row in self.rows["facts"]
            if row["command"] == command and about in ("", row["id"])
        ]

    def managers(self, account: str) -> list[tuple[date, str]]:
        """Who manages an account from when on: assigned first, handed over later."""
        first = [
            (day(row["effective_on"]), row["manager"]) for row in self.rows["managers"] if row["account"] == account
        ]
        return first + [(on, values["to"]) for on, values in self.facts("hand_over", account)]

    def closed(self, *stages: str) -> list[dict[str, str]]:
        return [deal for deal in self.rows["opportunities"] if deal["stage"] in stages]


@cache
def read(seed: int) -> Files:
    with TemporaryDirectory() as folder:
        return Files(Path(folder), seed)


def day(text: str) -> date:
    return date.fromisoformat(text[:10])


def was_there(row: dict[str, str], first: date, last: date, since: str = "since") -> bool:
    return day(row[since]) <= first and (not row["left_on"] or last < day(row["left_on"]))


def was_open(deal: dict[str, str], first: date, last: date) -> bool:
    return day(deal["opened_on"]) <= first and (not deal["closed_on"] or last < day(deal["closed_on"]))


def median_days(deals: list[dict[str, str]]) -> float:
    return statistics.median((day(deal["closed_on"]) - day(deal["opened_on"])).days for deal in deals)
