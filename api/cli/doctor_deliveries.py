"""What the doctor looks at in the subscriptions of integrators."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from api.checks import Check
from api.delivery_troubles import troubles_of
from domain.journal.journal import Journal
from domain.language.catalogue import say
from projections.streams.subscriptions import subscriptions

NAME = "deliveries"


def check_deliveries(connection: psycopg.Connection, url: str) -> Check:
    """Whether integrators get what they subscribed to. The installation is well though they do not: mostly it is the
    receiver that is to be mended, so this warns and never fails."""
    journal = Journal(url)
    try:
        live = [each for each in subscriptions(journal) if not each.ended]
    finally:
        journal.close()
    if not live:
        return Check(NAME, ok=True, found="no subscriptions")
    now = datetime.now(UTC)
    troubles = [trouble for each in live for trouble in troubles_of(connection, each, now)]
    if not troubles:
        return Check(NAME, ok=True, found=say("subscriptions that get what is theirs: {count}", count=len(live)))
    remedies = dict.fromkeys(each.remedy for each in troubles)
    return Check(NAME, ok=True, found="; ".join(each.found for each in troubles), remedy=" ".join(remedies))
