"""The standing of a customer: key status (大客户), why it has it, and its reviews (定期盘点)."""

from __future__ import annotations

import enum
from datetime import date

from domain.aggregate import Event, Part, command
from domain.errors import Refused


class RelationshipType(enum.StrEnum):
    """How close we work with a key account, rising (普通, 伙伴式, 战略性)."""

    ORDINARY = "ordinary"
    PARTNER = "partner"
    STRATEGIC = "strategic"


class ReviewDecision(enum.StrEnum):
    """What a review of key status comes to."""

    KEEP = "keep"
    PROMOTE = "promote"
    DEMOTE = "demote"


RISING = tuple(RelationshipType)
STEPS = {ReviewDecision.KEEP: 0, ReviewDecision.PROMOTE: 1, ReviewDecision.DEMOTE: -1}


class JustificationBlank(Refused):
    """Why is this customer in the key position? The justification is blank: state the reason."""


class OverrideMissing(Refused):
    """No score of a selection model speaks for this account: state in `override` why it becomes a key account
    without one."""


class AlreadyKeyAccount(Refused):
    """The account is a key account already, as {held}: a review promotes or demotes it."""


class NotKeyAccount(Refused):
    """The account is no key account at that moment: grant key status first."""


class DecisionContradicts(Refused):
    """The decision {decision} does not lead from {held} to {stated}. In rising order the types are ordinary,
    partner, strategic; keep stays, promote rises, demote falls."""


class WithdrawalReasonBlank(Refused):
    """Key status is not withdrawn without a reason: state it."""


class Standing(Part, eq=False):
    """Whether an account is a key account, and of which relationship type."""

    relationship_type: RelationshipType | None = None

    class KeyStatusGranted(Event):
        """The account became a key account."""

        relationship_type: RelationshipType
        justification: str
        review_due: date | None = None
        override: str = ""

        def check(self, part: Standing) -> None:
            """Justified, and not a key account yet."""
            if not self.justification.strip():
                raise JustificationBlank()
            if not self.override.strip():
                raise OverrideMissing()
            if part.relationship_type is not None:
                raise AlreadyKeyAccount(held=part.relationship_type)

        def apply(self, part: Standing) -> None:
            """It is one."""
            part.relationship_type = self.relationship_type

    class KeyStatusReviewed(Event):
        """The standing was looked at again; `relationship_type` is the one after the review."""

        decision: ReviewDecision
        relationship_type: RelationshipType
        justification: str
        improvement: str = ""
        review_due: date | None = None

        def check(self, part: Standing) -> None:
            """A key account, justified, and the decision fits the types before and after."""
            held = part.must_be_key_account()
            if not self.justification.strip():
                raise JustificationBlank()
            rise = RISING.index(self.relationship_type) - RISING.index(held)
            if (rise > 0) - (rise < 0) != STEPS[self.decision]:
                raise DecisionContradicts(decision=self.decision, held=held, stated=self.relationship_type)

        def apply(self, part: Standing) -> None:
            """The type after the review holds."""
            part.relationship_type = self.relationship_type

    class KeyStatusWithdrawn(Event):
        """The account is a key account no longer."""

        reason: str

        def check(self, part: Standing) -> None:
            """A key account until now, and the reason is stated."""
            part.must_be_key_account()
            if not self.reason.strip():
                raise WithdrawalReasonBlank()

        def apply(self, part: Standing) -> None:
            """It is none."""
            part.relationship_type = None

    def must_be_key_account(self) -> RelationshipType:
        """The relationship type; refuses an account without key status."""
        if self.relationship_type is None:
            raise NotKeyAccount()
        return self.relationship_type

    @command
    def grant(
        self,
        *,
        relationship_type: RelationshipType,
        justification: str,
        review_due: date | None = None,
        override: str = "",
    ) -> None:
        """Make the account a key account.

        `override` says why it becomes one without the score of a selection model. Without `review_due` the review
        period of the service policy holds.
        """
        if relationship_type is not self.relationship_type:
            self.record(
                self.KeyStatusGranted(
                    relationship_type=relationship_type,
                    justification=justification,
                    review_due=review_due,
                    override=override,
                )
            )

    @command
    def review(
        self,
        *,
        decision: ReviewDecision,
        justification: str,
        improvement: str = "",
        review_due: date | None = None,
        relationship_type: RelationshipType | None = None,
    ) -> None:
        """Review key status: keep, promote or demote, and why.

        `improvement` says what we ourselves will change. Without `relationship_type` a promotion or demotion goes
        one step.
        """
        place = RISING.index(self.must_be_key_account()) + STEPS[decision]
        self.record(
            self.KeyStatusReviewed(
                decision=decision,
                relationship_type=relationship_type or RISING[min(max(place, 0), len(RISING) - 1)],
                justification=justification,
                improvement=improvement,
                review_due=review_due,
            )
        )

    @command
    def withdraw(self, *, reason: str) -> None:
        """Take key status away."""
        self.record(self.KeyStatusWithdrawn(reason=reason))
