"""Compliance: how far both sides kept in a period what they owe each other, obligation by obligation, 0 to 100."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.partner_programme.terms import (
    ObligationUnknown,
    PartnerSide,
    ScoringUnit,
    Terms,
    broken,
    earned,
    see_that_all_are_scored,
    weighted_score,
)
from domain.policies.calendar import MONTH, QUARTER, day_of
from domain.policies.calendar import period as period_named
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.partner_programme.partner_programme import PartnerProgramme

KEPT = 12
"""So many scored periods of a partner the programme remembers, the newest: rewards are granted for these."""


class PeriodOfOtherUnit(Refused):
    """{period} is no {unit}: partners of this programme are scored by the {unit}, such as {example}."""


class ScoringNotBegun(Refused):
    """{period} begins on {first}: it is scored from that day on."""


class ProgrammeEditionUnknown(Refused):
    """{edition} is no edition of this programme; there are: {known}."""


class PeriodNotScored(Refused):
    """{account} has no score for {period} of which the programme knows; scored are, of the newest: {known}."""


class Held(msgspec.Struct, frozen=True):
    """What is remembered of a scored period: the edition, the score of the partner's side."""

    edition: int
    partner: Decimal


class Compliance(Part, eq=False):
    """The newest scored periods of each partner; all scores are in the events. `newest` holds the whole score of the
    newest period, so that the same again is known."""

    if TYPE_CHECKING:
        root: ClassVar[PartnerProgramme]

    held: dict[UUID, dict[str, Held]] = msgspec.field(default_factory=dict)
    newest: dict[UUID, Compliance.ComplianceScored] = msgspec.field(default_factory=dict)

    class ComplianceScored(Event):
        """Both sides were scored for a period, by an edition of the terms. Scored again, the period has the newer
        score and the former stays in the history. `us` and `partner` are the weighted scores of the sides, `below`
        says that the partner's is below the programme's `threshold`, `broken_by_us` and `broken_by_partner` name
        obligations below their own, `earned` the rewards: as computed when the scores were given. `documents` name
        per obligation what a score rests on."""

        account: UUID
        period: str
        first: date
        last: date
        edition: int
        scores: dict[str, Decimal]
        us: Decimal
        partner: Decimal
        threshold: Decimal
        below: bool
        scored_on: date
        evidence: Sealed
        documents: dict[str, str] = {}
        broken_by_us: tuple[str, ...] = ()
        broken_by_partner: tuple[str, ...] = ()
        earned: tuple[str, ...] = ()
        stakeholders: tuple[UUID, ...] = ()

        def check(self, part: Compliance) -> None:
            """Of a partner of that period, which has begun, exactly the obligations of the edition, on the scale."""
            terms = part.terms_of(self.edition)
            if self.scored_on < self.first:
                raise ScoringNotBegun(period=self.period, first=self.first)
            part.root.partners.must_have_been(self.account, self.first, self.last)
            see_that_all_are_scored(terms, self.edition, self.scores)
            if unknown := self.documents.keys() - self.scores.keys():
                raise ObligationUnknown(found=", ".join(sorted(unknown)), edition=self.edition, known=terms.keys)

        def apply(self, part: Compliance) -> None:
            """It is the score of that period."""
            periods = {**part.held.get(self.account, {}), self.period: Held(self.edition, self.partner)}
            newest = sorted(periods)[-KEPT:]
            part.held[self.account] = {period: periods[period] for period in newest}
            if newest[-1] == self.period:
                part.newest[self.account] = self

    def terms_of(self, edition: int) -> Terms:
        """The terms of an edition; refuses one that is not there."""
        editions = self.root.editions
        if edition not in editions:
            raise ProgrammeEditionUnknown(edition=edition, known=", ".join(map(str, editions)) or "none")
        return editions[edition]

    def score_of(self, account: UUID, period: str) -> Held:
        """The remembered score of a period; refuses one that is not scored."""
        known = self.held.get(account, {})
        if period not in known:
            raise PeriodNotScored(account=account, period=period, known=", ".join(known) or "none")
        return known[period]

    @command
    def score(
        self,
        *,
        account: UUID,
        period: str,
        scores: dict[str, Decimal],
        evidence: Annotated[Sealed, FreeText(("stakeholders",))],
        documents: dict[str, str] | None = None,
        edition: int | None = None,
        stakeholders: tuple[UUID, ...] = (),
        partner: Account,
        company: Company,
    ) -> None:
        """Score how far both sides kept their obligations in a period (2026-Q3, 2026-09), each from 0 to 100; the same
        period again replaces the former score.

        `scores` are by the key of the obligation, `evidence` says what they rest on and `documents` name, by the same
        keys, reports or papers; `stakeholders` are the people whom the evidence is about. Without `edition` it is the
        one that held at the end of the period.
        """
        partner.must_have_present(stakeholders)
        first, last = self._days(company, period)
        number = self.root.edition_on(last) if edition is None else edition
        terms = self.terms_of(number)
        see_that_all_are_scored(terms, number, scores)
        theirs = weighted_score(terms, PartnerSide.PARTNER, scores)
        scored = self.ComplianceScored(
            account=account,
            period=period,
            first=first,
            last=last,
            edition=number,
            scores={each.key: scores[each.key] for each in terms.obligations},
            us=weighted_score(terms, PartnerSide.US, scores),
            partner=theirs,
            threshold=terms.threshold,
            below=theirs < terms.threshold,
            scored_on=day_of(company, self.root.moment),
            evidence=evidence,
            documents=documents or {},
            broken_by_us=broken(terms, PartnerSide.US, scores),
            broken_by_partner=broken(terms, PartnerSide.PARTNER, scores),
            earned=earned(terms, theirs),
            stakeholders=stakeholders,
        )
        if not self._is_already(scored):
            self.record(scored)

    def _days(self, company: Company, period: str) -> tuple[date, date]:
        unit = self.root.unit
        fits, example = (QUARTER, "2026-Q3") if unit is ScoringUnit.QUARTER else (MONTH, "2026-09")
        if not fits.fullmatch(period):
            raise PeriodOfOtherUnit(period=period, unit=unit.value, example=example)
        found = period_named(company, period)
        return found.first, found.last

    def _is_already(self, scored: Compliance.ComplianceScored) -> bool:
        held = self.newest.get(scored.account)
        return held is not None and msgspec.structs.replace(held, scored_on=scored.scored_on) == scored
