"""What a customer buys, and how satisfied it is (满意度调查)."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.money import CurrenciesDiffer, Money
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class SurveyKind(enum.StrEnum):
    """A scale of satisfaction: net promoter score 0–10, customer satisfaction 1–5."""

    NPS = "nps"
    CSAT = "csat"


class SurveySubject(enum.StrEnum):
    """What was judged."""

    PERSON = "person"
    PRODUCT = "product"
    SERVICE = "service"
    COMPANY = "company"


SCALES = {SurveyKind.NPS: (0, 10), SurveyKind.CSAT: (1, 5)}


class DocumentNumberBlank(Refused):
    """The document number of a purchase is blank: it tells purchases apart, state the invoice or order number."""


class NotAQuantity(Refused):
    """{found} is not a quantity: state a number."""

    about = ("quantity",)


class ScoreOutOfRange(Refused):
    """{score} is no score of {kind}: state a whole number from {lowest} to {highest}."""


class Purchases(Part, eq=False):
    """What an account bought. A document number counts once: the journal holds the claims."""

    class PurchaseRecorded(Event):
        """The customer bought something, on the day on which this happened; negative revenue is a credit note."""

        document_no: str
        revenue: Money
        product_line: str = ""
        quantity: Decimal | None = None
        margin: Money | None = None

        def check(self, part: Purchases) -> None:
            """Told apart by its document, in one currency."""
            if not self.document_no.strip():
                raise DocumentNumberBlank()
            if self.quantity is not None and not self.quantity.is_finite():
                raise NotAQuantity(found=self.quantity)
            if self.margin is not None and self.margin.currency != self.revenue.currency:
                raise CurrenciesDiffer(left=self.revenue.currency, right=self.margin.currency)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """One document number once per account."""
            return [Claim("purchase", str(aggregate_id), self.document_no)]

    @command
    def add(
        self,
        *,
        document_no: str,
        revenue: Money,
        product_line: str = "",
        quantity: Decimal | None = None,
        margin: Money | None = None,
    ) -> None:
        """Record a purchase, at the date of its document. Negative revenue is a credit note."""
        self.record(
            self.PurchaseRecorded(
                document_no=document_no.strip(),
                revenue=revenue.normal(),
                product_line=product_line,
                quantity=quantity,
                margin=margin and margin.normal(),
            )
        )


class Satisfaction(Part, eq=False):
    """What customers say when they are asked."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    class SatisfactionSurveyed(Event):
        """The customer, or one person there, gave a score."""

        survey_id: UUID
        kind: SurveyKind
        score: int
        subject: SurveySubject | None = None
        comment: Sealed | None = None
        stakeholder: UUID | None = None

        def check(self, part: Satisfaction) -> None:
            """A score of its scale, by somebody who was there."""
            lowest, highest = SCALES[self.kind]
            if not lowest <= self.score <= highest:
                raise ScoreOutOfRange(score=self.score, kind=self.kind, lowest=lowest, highest=highest)
            if self.stakeholder is not None:
                part.root.must_have_present([self.stakeholder])

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """One survey once."""
            return [Claim("survey", str(aggregate_id), str(self.survey_id))]

    @command
    def survey(
        self,
        *,
        survey_id: UUID,
        kind: SurveyKind,
        score: int,
        subject: SurveySubject | None = None,
        comment: Annotated[Sealed | None, FreeText(("stakeholder",))] = None,
        stakeholder: UUID | None = None,
    ) -> None:
        """Record an answer to a survey: `score` 0 to 10 for nps, 1 to 5 for csat; `subject` is what was judged."""
        self.record(
            self.SatisfactionSurveyed(
                survey_id=survey_id,
                kind=kind,
                score=score,
                subject=subject,
                comment=comment,
                stakeholder=stakeholder,
            )
        )
