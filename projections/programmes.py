"""What is asked about partner programmes: all, one with its partners, one partner over time."""

from __future__ import annotations

from uuid import UUID

from domain.errors import NotFound
from projections.partner_answer import (
    EditionLine,
    PartnerAnswer,
    PartnerStanding,
    PartnerState,
    ProgrammeAnswer,
    ProgrammeLine,
    ProgrammesAnswer,
)
from projections.partner_facts import names_of_accounts
from projections.partner_programmes import (
    PARTNER_PROGRAMMES,
    PROGRAMME_EDITIONS,
    PartnerProgrammeRow,
    ProgrammeEditionRow,
    terms_of,
)
from projections.partner_standing import Read, Standings, nothing_read
from projections.seen import Seen, rows_as_of
from projections.view import View


def programmes(view: View) -> ProgrammesAnswer:
    """All programmes as of the view's clocks."""
    standings = Standings(view)
    partners = standings.partners()
    lines = [
        _line(each, [one for one in partners if one.programme == key]) for key, each in standings.programmes.items()
    ]
    lines.sort(key=lambda line: (line.title, str(line.programme)))
    return ProgrammesAnswer(**view.head(), programmes=lines)


def programme(view: View, key: UUID, *, periods: int | None = None) -> ProgrammeAnswer:
    """A programme with its partners, each with so many of its newest periods (default: all). Raises NotFound where
    there was none then."""
    standings = Standings(view, key)
    found = standings.programmes.get(key)
    if found is None:
        raise NotFound(kind="partner programme", key=key)
    partners = standings.partners()
    line = _line(found, partners)
    for each in partners:
        each.downstream = []
        each.periods = each.periods[:periods]
    missing = standings.missing_rates
    return ProgrammeAnswer(
        **view.head(), programme=line, editions=_editions(view, key), partners=partners, missing_rates=missing
    )


def partner(
    view: View, key: UUID, account: UUID, *, periods: int | None = None, read: Read = nothing_read
) -> PartnerAnswer:
    """One partner of a programme over time, whatever account of a merged customer is named. Raises NotFound where the
    account was no partner then, or is not the asker's to see."""
    standings = Standings(view, key, view.together(view.leads_to(account)), read)
    found = standings.programmes.get(key)
    if found is None:
        raise NotFound(kind="partner programme", key=key)
    partners = standings.partners()
    if not partners:
        external_id, name = names_of_accounts(view, [account]).get(account, ("", ""))
        raise NotFound(kind="partner of this programme", key=external_id or name or account)
    line = _line(found, Standings(view, key).partners())
    one = partners[0]
    one.periods = one.periods[:periods]
    return PartnerAnswer(
        **view.head(),
        programme=line,
        editions=_editions(view, key),
        partner=one,
        missing_rates=standings.missing_rates,
    )


def partner_of(view: View, accounts: list[UUID], read: Read = nothing_read) -> list[PartnerStanding]:
    """The standing of a customer in each programme in which it is or was."""
    return Standings(view, None, accounts, read).partners()


def find_programme(view: View, text: str) -> UUID:
    """A programme by id, external id or title. Raises NotFound, which names those that there are."""
    rows = rows_as_of(view, PARTNER_PROGRAMMES, PartnerProgrammeRow)
    for each in rows:
        if text and text in (str(each.key), each.row.external_id, each.row.title):
            return each.key
    raise NotFound(kind="partner programme", key=text)


def _line(found: Seen[PartnerProgrammeRow], partners: list[PartnerStanding]) -> ProgrammeLine:
    row, states = found.row, [each.state for each in partners]
    return ProgrammeLine(
        programme=found.key,
        external_id=row.external_id,
        title=row.title,
        unit=row.unit,
        edition=row.edition,
        threshold=row.threshold,
        partners=len(states) - states.count(PartnerState.LEFT),
        below=states.count(PartnerState.BELOW),
        unscored=states.count(PartnerState.UNSCORED),
        left=states.count(PartnerState.LEFT),
        rewards_due=sum(len(one.due) for each in partners for one in each.periods),
        positions=sorted({found.position, *(position for each in partners for position in each.positions)}),
    )


def _editions(view: View, key: UUID) -> list[EditionLine]:
    rows = rows_as_of(view, PROGRAMME_EDITIONS, ProgrammeEditionRow, "programme = %(programme)s", programme=key)
    found = []
    for each in sorted(rows, key=lambda one: (one.since, one.position), reverse=True):
        terms = terms_of(each.row)
        found.append(
            EditionLine(
                edition=each.row.edition,
                holds_from=terms.holds_from,
                reason=each.row.reason,
                threshold=terms.threshold,
                obligations=terms.obligations,
                rewards=terms.rewards,
                position=each.position,
            )
        )
    return found
