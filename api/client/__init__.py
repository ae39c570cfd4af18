"""KAMS for programs and notebooks, over HTTP: frames of rows, the stream of events, commands, webhooks.

from api.client import AsyncClient, Client, FileCheckpoint, read, verify_webhook

deals = read("opportunities", as_of="2026-03-31", url="http://127.0.0.1:8000", key="kams_…")
deals.attrs["kams"]["known_at"]            # the position that it rests on: state it to read the same again

client = Client("http://127.0.0.1:8000", "kams_…")
for event in client.events(checkpoint=FileCheckpoint("seen.json")):   # goes on where it was, cut or restarted
    print(event.position, event.type, event.fields)
client.command("account", "register", {"name": "Acme"})               # once, however often it must be sent
"""

from api.client.asynchronous import AsyncClient
from api.client.checkpoints import Checkpoint, FileCheckpoint, Mark
from api.client.client import Client, read
from api.client.commands import CommandResult
from api.client.errors import (
    CheckpointNotKept,
    CheckpointUnreadable,
    CommandRefused,
    JournalCutOff,
    NoLines,
    NotAdmitted,
    NotAFrame,
    NotAnswered,
    NotKnown,
    NotReached,
    PackageMissing,
    StreamInconsistent,
    WebhookNotGenuine,
)
from api.client.events import Event
from api.client.webhooks import verify_webhook

__all__ = [
    "AsyncClient",
    "Checkpoint",
    "CheckpointNotKept",
    "CheckpointUnreadable",
    "Client",
    "CommandRefused",
    "CommandResult",
    "Event",
    "FileCheckpoint",
    "JournalCutOff",
    "Mark",
    "NoLines",
    "NotAFrame",
    "NotAdmitted",
    "NotAnswered",
    "NotKnown",
    "NotReached",
    "PackageMissing",
    "StreamInconsistent",
    "WebhookNotGenuine",
    "read",
    "verify_webhook",
]
