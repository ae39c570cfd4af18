"""Test deliveries: an event that is in no journal, sent at once, whose answer is shown to who asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from domain.subscription.subscription import Subscription
from projections.streams.deliveries import EVERY_LANE, DeliveryStore, Logged
from projections.streams.redeliveries import Redelivery, RedeliveryStore
from workers.webhooks.desk import Desk
from workers.webhooks.signers import secrets_of

TYPE = "kams.test"


async def send_tests(desk: Desk, subscriptions: Mapping[UUID, Subscription]) -> None:
    """Send all tests that wait. One that fails is answered, too."""
    while (asked := await desk.do(lambda c: RedeliveryStore(c).take_test())) is not None:
        await _send(desk, asked, subscriptions.get(asked.subscription))


async def _send(desk: Desk, asked: Redelivery, subscription: Subscription | None) -> None:
    secrets = await desk.run(lambda: secrets_of(desk.journal.people, subscription)) if subscription else None
    if subscription is None or secrets is None:
        await desk.do(lambda c: RedeliveryStore(c).tested(asked.id, "refused", None, 0.0, "it has no secret", ""))
        return
    now = desk.clock()
    attempt = await desk.sender.send(
        subscription.address,
        f"test-{asked.id}",
        envelope(asked, now),
        secrets.at(now),
        headers={"kams-redelivery": str(asked.id)},
    )
    line = Logged(
        0, EVERY_LANE, 1, now, str(attempt.outcome), attempt.status, attempt.latency_ms, attempt.reason,
        attempt.excerpt, asked.id,
    )  # fmt: skip

    def record(tests: RedeliveryStore, store: DeliveryStore) -> None:
        store.log(asked.subscription, [line])
        tests.tested(asked.id, line.outcome, line.status, line.latency_ms, line.reason, line.excerpt)

    await desk.do(lambda c: record(RedeliveryStore(c), DeliveryStore(c)))


def envelope(asked: Redelivery, now: datetime) -> bytes:
    """The CloudEvent of a test: whole by the schema of the envelope; position 0, as it is in no journal."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": f"test-{asked.id}",
            "source": "/kams",
            "type": TYPE,
            "subject": asked.subscription,
            "time": now,
            "position": 0,
            "datacontenttype": "application/json",
            "data": {"fields": {}, "changes": [], "note": None, "sealed": []},
        }
    )
