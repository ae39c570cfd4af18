"""The partner programme (金钥匙合作伙伴): what both sides owe each other that is no price, and who keeps it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.opportunity.outcome import stated
from domain.partner_programme.compliance import Compliance
from domain.partner_programme.network import Network
from domain.partner_programme.partners import Partners
from domain.partner_programme.rewards import Rewards
from domain.partner_programme.terms import (
    USUAL_THRESHOLD,
    Obligation,
    Reward,
    ScoringUnit,
    Terms,
    see_that_terms_can_be,
    see_words,
)
from domain.policies.calendar import day_of
from domain.policies.company import Company


@learn
class PartnerProgramme(Aggregate, eq=False):
    """A programme: its terms by edition, its partners and what became of them."""

    title: str = ""
    unit: ScoringUnit = ScoringUnit.QUARTER
    editions: dict[int, Terms] = msgspec.field(default_factory=dict)
    partners: Partners = msgspec.field(default_factory=Partners)
    compliance: Compliance = msgspec.field(default_factory=Compliance)
    rewards: Rewards = msgspec.field(default_factory=Rewards)
    network: Network = msgspec.field(default_factory=Network)

    class Opened(Event):
        """A programme was opened, with the first edition of its terms."""

        opens: ClassVar[bool] = True

        title: str
        terms: Terms
        unit: ScoringUnit = ScoringUnit.QUARTER
        external_id: str = ""

        def check(self, programme: PartnerProgramme) -> None:
            """With a title, and terms that can be."""
            see_words("The title of a programme", self.title)
            see_that_terms_can_be(self.terms)

        def apply(self, programme: PartnerProgramme) -> None:
            """Accounts can enrol."""
            programme.title, programme.unit = self.title, self.unit
            programme.editions = {1: self.terms}

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one programme's."""
            return [Claim("partnerprogramme", "", self.external_id)] if self.external_id else []

    class Revised(Event):
        """The terms hold in a new edition from a day on, for a reason. Periods that ended before are scored by the
        edition that held then."""

        edition: int
        terms: Terms
        reason: str

        def check(self, programme: PartnerProgramme) -> None:
            """Terms that can be, and the reason is stated."""
            see_that_terms_can_be(self.terms)
            stated(self.reason, "Revising a programme")

        def apply(self, programme: PartnerProgramme) -> None:
            """They hold from then on."""
            programme.editions[self.edition] = self.terms

    class FactWithdrawn(Withdrawal):
        """A fact of this programme is taken back (冲销)."""

    @property
    def terms(self) -> Terms:
        """The terms of the newest edition."""
        return self.editions[next(reversed(self.editions))]

    def edition_on(self, day: date) -> int:
        """The edition that holds on a day; the first before any does."""
        held = [number for number, terms in self.editions.items() if terms.holds_from <= day]
        return held[-1] if held else next(iter(self.editions), 0)

    @command
    def open(
        self,
        *,
        title: str,
        obligations: tuple[Obligation, ...],
        rewards: tuple[Reward, ...] = (),
        threshold: Decimal = USUAL_THRESHOLD,
        unit: ScoringUnit = ScoringUnit.QUARTER,
        external_id: str = "",
        company: Company,
    ) -> None:
        """Open a programme: `obligations` of both sides that are not price, each with its weight, how it is measured
        and the score below which it is broken; `rewards` with the score from which they are earned. A partner whose
        score is below `threshold` does not keep its standing; scores are per `unit`, quarter or month."""
        terms = Terms(obligations=obligations, rewards=rewards, threshold=threshold, holds_from=self._today(company))
        self.record(self.Opened(title=title.strip(), terms=terms, unit=unit, external_id=external_id))

    @command
    def revise(
        self,
        *,
        reason: str,
        obligations: tuple[Obligation, ...] | None = None,
        rewards: tuple[Reward, ...] | None = None,
        threshold: Decimal | None = None,
        company: Company,
    ) -> None:
        """Let another edition of the terms hold from this day on, with the reason. What is left out stays as it is."""
        before = self.terms if self.editions else Terms(obligations=())
        terms = Terms(
            obligations=before.obligations if obligations is None else obligations,
            rewards=before.rewards if rewards is None else rewards,
            threshold=before.threshold if threshold is None else threshold,
            holds_from=before.holds_from,
        )
        if terms != before:
            terms = msgspec.structs.replace(terms, holds_from=self._today(company))
            self.record(self.Revised(edition=self.root.version + 1, terms=terms, reason=reason))

    def _today(self, company: Company) -> date:
        return day_of(company, self.moment)
