"""The webhooks of a worker, as this machine's settings have them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from uuid import UUID

from api.cli.session import System
from workers.webhooks.engine import Webhooks
from workers.webhooks.sending import Sender


def delivering(made: System) -> Callable[[UUID], Webhooks]:
    """What makes a worker's webhooks."""

    def webhooks(worker: UUID) -> Webhooks:
        def sender() -> Sender:
            return Sender(version("kams"), private=made.settings.webhooks_private)

        return Webhooks(made.addresses.database_url, made.journal, worker, sender)

    return webhooks
