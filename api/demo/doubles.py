"""Customers that were entered twice: one is merged, one is a candidate that nobody has judged yet."""

from datetime import date

from api.demo.model import Account
from api.demo.tables import Tables

MERGED, CANDIDATE = "A-65", "A-66"
MERGED_ON = date(2026, 2, 16)


def describe_doubles(tables: Tables, accounts: list[Account]) -> None:
    """Write both, as somebody entered them who did not look first."""
    known = {account.name: account for account in accounts}
    brandhofer, fjellstrand = known["Brandhofer Maschinenbau"], known["Fjellstrand Marine"]
    _enter(tables, brandhofer, MERGED, "Brandhofer Maschinenbau GmbH", date(2025, 6, 2))
    _enter(tables, fjellstrand, CANDIDATE, "Fjellstrand Marine AS", date(2026, 5, 4))
    original = brandhofer.contacts[0]
    double = "S-65-1"
    tables.add("stakeholders", double, MERGED, original.name, original.title, original.department, None, None, None,
               original.language, *original.profile, date(2025, 6, 2), None)  # fmt: skip
    tables.add("needs", MERGED, "N-65-1", date(2025, 7, 7), "need", "A drive for the new lathe", 3, [double])
    tables.add("needs", brandhofer.external_id, "N-65-2", date(2025, 12, 1), "need", "A drive for the new lathe", 4,
               [original.external_id])  # fmt: skip
    tables.fact(
        "account", MERGED, "merge", MERGED_ON, into=brandhofer.external_id,
        reason="the same company, entered a second time at a fair", people={double: original.external_id},
        open_items={"need N-65-1": "need N-65-2"},
    )  # fmt: skip


def _enter(tables: Tables, original: Account, name: str, title: str, on: date) -> None:
    row = next(row for row in tables.rows["accounts"] if row["external_id"] == original.external_id)
    website = row["website"] if name == CANDIDATE else None
    tables.add("accounts", title, name, row["tax_number"], row["address"], original.kind, original.industry,
               original.territory, original.country, original.currency, None, None, None, website, None,
               on)  # fmt: skip
    tables.add("managers", name, original.manager_on(on).external_id, on, "entered at a fair")
