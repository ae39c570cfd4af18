"""What sends digests, as this machine's settings have it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from domain.member import Member
from domain.policies.calendar import day_of, week, week_of

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.view import View
    from workers.digests import Digests, Sent, Written


def digests_of(made: System) -> Digests:
    """What sends digests. Raises SettingsError where the settings name no mail server or no sender."""
    from api.cli.settings import SettingsError

    found = digests_if_set(made)
    if found is None:
        raise SettingsError("KAMS_SMTP_URL and KAMS_MAIL_FROM must be set: no digest can be sent without them.")
    return found


def digests_if_set(made: System) -> Digests | None:
    """The same; None where the settings name no mail server or no sender."""
    from workers.digests import Digests
    from workers.mail import MailServer

    settings = made.settings
    if not settings.smtp_url or not settings.mail_from:
        return None
    writer = Writer(made, settings.public_url or "")
    return Digests(
        made.journal, made.reader, MailServer(settings.smtp_url), settings.mail_from, writer, settings.digest_at
    )


def week_stated(view: View, stated: str) -> str:
    """The week that is stated, else the one that runs. Raises WeekUnknown."""
    return week(stated).key if stated else week_of(day_of(view.policies.company, view.clock.as_of))


def plan_of(made: System, view: View, wanted: str, only: UUID | None) -> list[Sent]:
    """Who would get the digest of a week, and who got it or has no address."""
    from workers.digests import Sent, recipients, sent

    members = [only] if only else recipients(view)
    done = sent(view.connection, wanted, members)
    writer = Writer(made, "")
    return [
        Sent(each, "sent before" if each in done else "would be sent" if writer.email(each) else "no address")
        for each in members
    ]


class Writer:
    """Writes the letters; the member's address is opened here and kept nowhere."""

    def __init__(self, made: System, address: str) -> None:
        self._journal, self._address = made.journal, address

    def __call__(self, view: View, member: UUID, week: str) -> Written | None:
        """The letter of a member and week; None where no address is known."""
        from api.digests.letter import letter
        from workers.digests import Written

        to = self.email(member)
        if not to:
            return None
        made = letter(self._journal, view, member, week, self._address)
        return Written(to, made.subject, made.text, made.html)

    def email(self, member: UUID) -> str | None:
        """The address of a member; None where there is none, or he was forgotten."""
        fact = self._journal.streams.openings([member]).get(member)
        if fact is None or not isinstance(fact.event, Member.Invited) or fact.event.email is None:
            return None
        return self._journal.people.open(fact.event.email, "email")
