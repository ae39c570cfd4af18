"""Contacts with a customer that are no visits: calls, e-mails, messages, WeChat, video."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class ContactChannel(enum.StrEnum):
    """By what we were in contact (电话, 邮件, 短信, 微信, 视频)."""

    PHONE = "phone"
    EMAIL = "email"
    MESSAGE = "message"
    WECHAT = "wechat"
    VIDEO = "video"


class ContactDirection(enum.StrEnum):
    """Who sought the contact: in, the customer; out, we."""

    IN = "in"
    OUT = "out"


class Contacts(Part, eq=False):
    """The contacts of an account. No decision needs them, so none is kept; the journal holds the claims."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    class ContactLogged(Event):
        """We were in contact with people of the customer, at the moment of this fact."""

        contact_id: UUID
        channel: ContactChannel
        direction: ContactDirection
        people: tuple[UUID, ...]
        stakeholders: tuple[UUID, ...]
        subject: Sealed | None
        message_id: str

        def check(self, part: Contacts) -> None:
            """With people who were there."""
            part.root.must_have_present(self.stakeholders)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """One contact once, and one message once, per account."""
            contact = Claim("contact", str(aggregate_id), str(self.contact_id))
            return [contact, Claim("message", str(aggregate_id), self.message_id)] if self.message_id else [contact]

    @command
    def log(
        self,
        *,
        contact_id: UUID,
        channel: ContactChannel,
        direction: ContactDirection,
        people: tuple[UUID, ...] = (),
        stakeholders: tuple[UUID, ...] = (),
        subject: Annotated[Sealed | None, FreeText(("stakeholders",))] = None,
        message_id: str = "",
    ) -> None:
        """Log a contact, at the moment at which it was: `people` of ours, `stakeholders` of theirs, what about.

        `direction` in: the customer sought it, out: we did. `message_id` is that of an e-mail, a calendar entry or a
        message; each is logged once.
        """
        self.record(
            self.ContactLogged(
                contact_id=contact_id,
                channel=channel,
                direction=direction,
                people=people,
                stakeholders=stakeholders,
                subject=subject,
                message_id=message_id.strip(),
            )
        )
