"""The currency of a company that states none."""

from __future__ import annotations

import psycopg

from domain.errors import Refused
from projections.opportunities import FUNNEL


class CurrencyUndecided(Refused):
    """The company states no reporting currency, and its deals have several: {found}. Set one:
    kams company set FILE."""


def only_currency(connection: psycopg.Connection) -> str:
    """The currency of all deals, where the company states none; empty where nothing has an amount."""
    sql = f"select distinct currency from {FUNNEL.table} where currency <> '' union select distinct signed_currency"
    sql += f" from {FUNNEL.table} where signed_currency <> ''"
    found = sorted(currency for (currency,) in connection.execute(sql.encode()))
    if len(found) > 1:
        raise CurrencyUndecided(found=", ".join(found))
    return found[0] if found else ""
