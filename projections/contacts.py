"""Contacts as rows: calls, e-mails, messages, WeChat, video."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class ContactRow(Row):
    """A contact; people are ours, stakeholders theirs; what it was about stays sealed."""

    account: UUID | None = None
    contact: UUID | None = None
    at: datetime | None = None
    channel: ContactChannel = ContactChannel.PHONE
    direction: ContactDirection = ContactDirection.OUT
    people: tuple[UUID, ...] = ()
    stakeholders: tuple[UUID, ...] = ()
    subject: Sealed | None = None


class ContactModel(ReadModel):
    """One row per contact."""

    name = "contact"
    version = 1
    row = ContactRow
    indexes = (("account",),)

    @on(Contacts.ContactLogged, key=lambda envelope, event: child_key(envelope, b"contact", event.contact_id.bytes))
    def logged(self, row: ContactRow | None, event: Contacts.ContactLogged, envelope: Envelope) -> ContactRow:
        """We were in contact."""
        return ContactRow(
            account=envelope.aggregate_id,
            contact=event.contact_id,
            at=envelope.occurred_at,
            channel=event.channel,
            direction=event.direction,
            people=event.people,
            stakeholders=event.stakeholders,
            subject=event.subject,
        )


CONTACTS = ContactModel()
