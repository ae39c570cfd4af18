"""What winning takes (资源投入): person-days of a kind, at the rate of the day on which they were spent."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from domain.aggregate import Event, command
from domain.claims import Claim
from domain.money import Money
from domain.opportunity.outcome import OpportunityPart
from domain.opportunity.pursuit import must_be_person_days
from domain.policies.rate_card import RateCard
from domain.policies.sales_process import SalesProcess


class Resources(OpportunityPart, eq=False):
    """What was spent. More than the pursuit allows is a finding, never a refusal: it was spent."""

    class ResourceSpent(Event):
        """Resources were spent on the opportunity, in a stage; `cost` is `person_days` at the rate of that day.

        `needs_go`: the process asked for a decision to pursue.
        """

        kind: str
        person_days: Decimal
        cost: Money
        stage: str
        rate_card_edition: int
        process_edition: int
        needs_go: bool = False
        member: UUID | None = None
        external_id: str = ""

        def check(self, resources: Resources) -> None:
            resources.root.must_be_open()
            must_be_person_days(self.person_days)
            resources.root.pursuit.must_allow_spending(asked=self.needs_go)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            return [Claim("resource", "", self.external_id)] if self.external_id else []

    @command
    def spend(
        self,
        *,
        kind: str,
        person_days: Decimal,
        member: UUID | None = None,
        external_id: str = "",
        rate_card: RateCard,
        sales_process: SalesProcess,
    ) -> None:
        """Record person-days of a kind of the rate card; `external_id` is that of a time sheet, once.

        Where the process asks for it, the decision to pursue (go) must have been taken.
        """
        rate = rate_card.rate(kind)
        must_be_person_days(person_days)
        self.record(
            self.ResourceSpent(
                kind=kind,
                person_days=person_days,
                cost=rate.cost_of(person_days),
                stage=self.root.stage,
                rate_card_edition=rate_card.edition,
                process_edition=sales_process.edition,
                needs_go=sales_process.asks_for_pursuit,
                member=member,
                external_id=external_id,
            )
        )
