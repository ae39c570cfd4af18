"""The broker: dramatiq on Valkey. A message is a wake-up, never a fact."""

from __future__ import annotations

from typing import Any

import dramatiq
import msgpack
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Retries, ShutdownNotifications, TimeLimit

NAMESPACE = "kams-1"
TASK_MILLISECONDS = 600_000


class MessagePackEncoder(dramatiq.Encoder):
    """Messages as MessagePack. A change of this encoding needs another NAMESPACE."""

    def encode(self, data: dict[str, Any]) -> bytes:
        """The bytes of a message."""
        encoded: bytes = msgpack.packb(data)
        return encoded

    def decode(self, data: bytes) -> dict[str, Any]:
        """The message of some bytes. Raises DecodeError, which dramatiq logs before it goes on."""
        try:
            message = msgpack.unpackb(data)
        except (ValueError, msgpack.UnpackException) as error:
            raise dramatiq.DecodeError("not a message of this program", data, error) from error  # type: ignore[no-untyped-call]
        if not isinstance(message, dict):
            raise dramatiq.DecodeError("not a message of this program", data, None)  # type: ignore[no-untyped-call]
        return message


def make_broker(redis_url: str, namespace: str = NAMESPACE) -> RedisBroker:
    """A broker that does not connect before it must. Nothing is retried through delayed messages: the poll and
    the next wake-up do what a lost one did not."""
    dramatiq.set_encoder(MessagePackEncoder())
    middleware = [TimeLimit(time_limit=TASK_MILLISECONDS), ShutdownNotifications(), Retries(max_retries=0)]
    return RedisBroker(url=redis_url, namespace=namespace, middleware=middleware)  # type: ignore[no-untyped-call]
