"""Visits and contacts that were recorded later than they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.aggregate import Origin
from projections.accounts import AccountRow
from projections.contacts import CONTACTS
from projections.engine import as_of_sql
from projections.finding_facts import Facts
from projections.seen import Seen
from projections.stated import stated
from projections.visits import VISITS


class LateLog(NamedTuple):
    """A visit or contact: with whom, when it was, when it was recorded, at which position."""

    customer: Seen[AccountRow]
    at: datetime
    recorded_at: datetime
    position: int
    is_contact: bool


def late_logs(facts: Facts, late: timedelta, within: timedelta) -> Iterator[LateLog]:
    """Visits and contacts of late that were recorded later than they should; an import says nothing about
    diligence."""
    visible = facts.view.visible_accounts()
    lately = "at > %(since)s and valid_from > %(since)s" + (
        "" if visible is None else " and account = any(%(visible)s)"
    )
    visits = as_of_sql(VISITS, "account, at, logged, false", lately, only_open=True)
    contacts = as_of_sql(CONTACTS, "account, at, cause, true", lately, only_open=True)
    sql = (
        "select v.account, v.at, e.recorded_at, e.position, v.is_contact"
        f" from ({visits} union all {contacts}) v(account, at, logged, is_contact)"
        " join events e on e.position = v.logged where e.recorded_at - v.at > %(late)s order by v.at, e.position"
    )
    asked = facts.view.parameters(since=facts.now - within, late=late, visible=visible)
    rows = facts.view.connection.execute(sql.encode(), asked).fetchall()
    known = stated(facts.view, [position for *_, position, _ in rows])
    for account, at, recorded_at, position, is_contact in rows:
        customer = facts.accounts.get(facts.customer(account))
        if customer and known[position].origin is not Origin.IMPORT:
            yield LateLog(customer, at, recorded_at, position, is_contact)
