"""What the doctor looks at in the mail: whether digests can be sent, and which were not."""

from __future__ import annotations

import smtplib

import psycopg

from api.checks import Check
from api.cli.settings import Settings
from domain.language.catalogue import say
from workers.digests import reason_of
from workers.mail import MailServer

NAME = "mail"
SECONDS = 5
_FAILED = """
select count(*), (array_agg(error order by tried_at desc))[1], (array_agg(week order by tried_at desc))[1]
from digests_sent where sent_at is null and error <> '' and tried_at > clock_timestamp() - interval '14 days'
"""


def check_mail(connection: psycopg.Connection, settings: Settings) -> Check:
    """Whether the mail server takes mail, and whether digests of the last two weeks wait. The installation is well
    without: this warns and never fails."""
    if not settings.smtp_url:
        return Check(NAME, ok=True, found="no mail server (KAMS_SMTP_URL is not set): no digests are sent")
    server = MailServer(settings.smtp_url, SECONDS)
    if not settings.mail_from:
        found = say("{server}; no digests are sent: KAMS_MAIL_FROM is not set", server=server.name)
        return Check(NAME, ok=True, found=found)
    try:
        server.connected().close()
    except (smtplib.SMTPException, OSError) as error:
        found = say("{server} takes no mail: {reason}", server=server.name, reason=reason_of(error))
        remedy = "Mend KAMS_SMTP_URL or the server; what waits is sent when it answers again."
        return Check(NAME, ok=True, found=found, remedy=remedy)
    count, last, week = connection.execute(_FAILED).fetchone() or (0, "", "")
    if count:
        found = say("digests not sent: {count}, the newest of {week}: {reason}", count=count, week=week, reason=last)
        return Check(NAME, ok=True, found=found, remedy="kams digest send shows whose; mend the address or the server.")
    return Check(NAME, ok=True, found=say("{server} takes mail", server=server.name))
