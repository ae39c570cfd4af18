"""Small companies as CSV files, imported into a real journal."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from api.importing import Importer, ImportReport
from domain.aggregate import Recorded
from domain.journal.journal import Journal

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ON = date(2025, 12, 31)

ACCOUNTS = "name,external_id,currency\nAlpha,A-1,EUR\nBeta,A-2,EUR\n"
MEMBERS = "name,external_id,roles\nAnna Berg,M-1,manager\nBo Lind,M-2,director\n"
PRODUCTS = "key,name,price,currency\nservo,Servo S,1000,EUR\n"
DEALS = (
    "external_id,account,title,product,amount,currency,owner,process,stage,opened_on,close_on,closed_on,signed_amount\n"
    "O-1,A-1,Line 1,servo,5000,EUR,M-1,plain,{stage},2025-03-01,2025-09-30,{closed},{signed}\n"
)


class Company:
    """A folder of files and the journal that they go into."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder, self.journal = folder, journal
        folder.mkdir(exist_ok=True)

    def has(self, **files: str | bytes) -> "Company":
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (self.folder / f"{name}.csv").write_bytes(data)
        return self

    def imported(self, **options: Any) -> ImportReport:
        options = {"on": ON, "refused_to": self.folder.parent / "refused.csv", **options}
        paths = options.pop("paths", [self.folder])
        append = options.pop("append", 2_000)
        return Importer(self.journal, clock=lambda: options.pop("now", NOW), append=append).run(paths, **options)

    def refusals(self) -> list[dict[str, str]]:
        with (self.folder.parent / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def facts(self, prefix: str = "") -> list[Recorded]:
        return [fact for fact in self.journal.streams.facts(0, 1_000_000) if fact.event.topic.startswith(prefix)]

    def story(self, prefix: str = "") -> list[tuple[str, str]]:
        """What happened, in the order of recording: the day and the name of each fact."""
        return [(f"{fact.occurred_at:%Y-%m-%d}", fact.event.topic) for fact in self.facts(prefix)]

    def names(self, prefix: str = "") -> list[str]:
        return [topic.rpartition(".")[2] for _, topic in self.story(prefix)]


def deal(stage: str = "proposal", closed: str = "", signed: str = "") -> str:
    return DEALS.format(stage=stage, closed=closed, signed=signed)


@contextmanager
def small_company(folder: Path, database_url: str) -> Iterator[Company]:
    """Two accounts, two people, one product."""
    journal = Journal(database_url)
    try:
        yield Company(folder / "export", journal).has(accounts=ACCOUNTS, members=MEMBERS, products=PRODUCTS)
    finally:
        journal.close()
