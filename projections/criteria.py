"""Decision criteria as rows, and how we and the competitors stand by each of them."""

from __future__ import annotations

from uuid import UUID

from domain.opportunity.criteria import Criteria, CriterionKind, SetBy
from domain.opportunity.rivals import plain
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class CriterionRow(Row):
    """A criterion of an opportunity. `priority` 1 is the most important, `previous` its rank before the last
    re-ranking; the text stays sealed."""

    opportunity: UUID | None = None
    criterion: UUID | None = None
    text: Sealed | None = None
    criterion_kind: CriterionKind = CriterionKind.BUSINESS
    set_by: SetBy | None = None
    whose: UUID | None = None
    priority: int | None = None
    previous: int | None = None
    formal: bool = True


class StandingRow(Row):
    """How we (competitor empty), or a competitor by its plain name, stand by a criterion: −2 to 2."""

    opportunity: UUID | None = None
    criterion: UUID | None = None
    competitor: str = ""
    standing: int = 0


Stated = Criteria.DecisionCriterionRecorded | Criteria.CriterionReranked


def _criterion(envelope: Envelope, event: Stated) -> UUID:
    return child_key(envelope, event.criterion_id.bytes)


def _standing(envelope: Envelope, event: Criteria.CriterionStandingStated) -> UUID:
    return child_key(envelope, event.criterion_id.bytes, plain(event.competitor).encode())


class CriterionModel(ReadModel):
    """One row per criterion of an opportunity."""

    name = "criterion"
    version = 1
    row = CriterionRow
    indexes = (("opportunity",),)

    @on(Criteria.DecisionCriterionRecorded, key=_criterion)
    def recorded(
        self, row: CriterionRow | None, event: Criteria.DecisionCriterionRecorded, envelope: Envelope
    ) -> CriterionRow:
        """The newest statement holds."""
        return CriterionRow(
            opportunity=envelope.aggregate_id,
            criterion=event.criterion_id,
            text=event.text,
            criterion_kind=event.kind,
            set_by=event.set_by,
            whose=event.whose,
            priority=event.priority,
            previous=row.previous if row else None,
            formal=event.formal,
        )

    @on(Criteria.CriterionReranked, key=_criterion)
    def reranked(
        self, row: CriterionRow | None, event: Criteria.CriterionReranked, envelope: Envelope
    ) -> CriterionRow | None:
        """Matters more, or less, than before."""
        if row:
            row.previous, row.priority = row.priority, event.priority
        return row


class StandingModel(ReadModel):
    """One row per criterion and party."""

    name = "criterion_standing"
    version = 1
    row = StandingRow
    indexes = (("opportunity",),)

    @on(Criteria.CriterionStandingStated, key=_standing)
    def stated(
        self, row: StandingRow | None, event: Criteria.CriterionStandingStated, envelope: Envelope
    ) -> StandingRow:
        """The newest statement holds."""
        return StandingRow(
            opportunity=envelope.aggregate_id,
            criterion=event.criterion_id,
            competitor=plain(event.competitor),
            standing=event.standing,
        )


CRITERIA, STANDINGS = CriterionModel(), StandingModel()
