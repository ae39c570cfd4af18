"""Stopping a subscription that can bring nothing any more."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid5

import structlog

from domain.aggregate import Origin
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from domain.subscription.subscription import Subscription

log = structlog.get_logger()


def disable(journal: Journal, subscription: Subscription, reason: str, now: datetime) -> None:
    """Record that it is disabled, once, whoever finds out."""
    command = f"{subscription.id}\n{subscription.version}\ndisable"
    context = Context(
        at=now,
        origin=Origin.WORKER,
        command_id=uuid5(subscription.id, command),
        digest=digest_of(command.encode()),
    )
    journal.run(Subscription, subscription.id, lambda state: state.disable(reason=reason), context)
    log.warning("subscription disabled", subscription=subscription.name, reason=reason)
