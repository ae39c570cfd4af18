"""Makes the evidence pack of an account for whoever asks: gathered, with who saw what, with its proofs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from uuid import UUID

from api.evidence.gathering import gather
from api.evidence.page import Made, Proofs, Seen, page
from api.names import for_people, member_names, with_members
from domain.aggregate import BEGINNING
from domain.errors import Fault, Malformed
from domain.journal.journal import Journal
from domain.policies import calendar
from domain.seal.exporting import Part, Source, export
from domain.seal.sealing import newest
from domain.seal.standing import seal_keys
from projections.access_log import AccessFilters, lines
from projections.view import View

SEEN_LIMIT = 2_000
MADE_BY = "kams audit report"


def pack(
    journal: Journal, view: View, account: UUID, first: date | None, last: date | None, asker: UUID, now: datetime
) -> str:
    """The HTML page about an account that the asker may see, from one day to another of the company's calendar; from
    its first fact and until today where none is stated. Raises Malformed."""
    company = view.policies.company
    last = last or calendar.day_of(company, now)
    if first and last < first:
        raise Malformed(Fault("to", str(last), f"ends before it begins: state {first} or a later day"))
    start = calendar.day_start(company, first) if first else BEGINNING
    with for_people():
        return _page(journal, view, account, (first, start), last, asker, now)


def _page(
    journal: Journal,
    view: View,
    account: UUID,
    begins: tuple[date | None, datetime],
    last: date,
    asker: UUID,
    now: datetime,
) -> str:
    company, (first, start) = view.policies.company, begins
    evidence = gather(journal, view, account, start, calendar.day_end(company, last))
    who = with_members(journal, view, member_names(journal, view), [asker])
    made = Made(
        by=who.get(asker, str(asker)),
        at=now,
        first=first or min((calendar.day_of(company, line.occurred_at) for line in evidence.lines), default=last),
        last=last,
        zone=company.time_zone,
        company=company.name,
    )
    ids = [*view.together(account), *evidence.opportunities]
    return page(evidence, made, _seen(journal, view, ids, start, now), _proofs(journal, account, ids, now))


def _seen(journal: Journal, view: View, ids: Iterable[UUID], start: datetime, end: datetime) -> list[Seen]:
    """Lines of the access log that name the account or its opportunities, the newest ones, in their order."""
    filters = AccessFilters(since=start, until=end, about=tuple(ids))
    found = list(islice(lines(view.connection, filters), SEEN_LIMIT))[::-1]
    names = with_members(journal, view, member_names(journal, view), {each.member for each in found if each.member})
    return [
        Seen(
            each.at,
            names.get(each.member, str(each.member)) if each.member else "",
            f"{each.kind}: {each.method} {each.path}",
            each.status,
        )
        for each in found
    ]


def _proofs(journal: Journal, account: UUID, streams: list[UUID], now: datetime) -> Proofs | None:
    """The newest checkpoint and the export of these streams; None where nothing is sealed yet."""
    file = BytesIO()
    with journal.pool.connection() as connection:
        keys, note = seal_keys(connection), newest(connection)
        if note is None:
            return None
        source = Source(keys=keys, made_at=now, made_by=MADE_BY, part=Part(account, streams))
        export(connection, file, source)
    name = f"evidence-{account}.zip"
    return Proofs(note, "\n".join(map(str, keys)), file.getvalue(), name)
