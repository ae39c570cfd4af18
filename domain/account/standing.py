"""The standing of a customer: how it scores (评分), key status (大客户), why it has it, its reviews (定期盘点)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.policies.selection_model import Grades, SelectionModel, must_sum_to_one
from domain.policies.shipped_selection import DEFAULT_MODEL


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
LARGEST_SCORE = 10
NOT_STATED = "not stated in the source"
"""What stands for an improvement that was recorded before one had to be stated, or that a foreign system lacks."""

STEPS = {ReviewDecision.KEEP: 0, ReviewDecision.PROMOTE: 1, ReviewDecision.DEMOTE: -1}


class JustificationBlank(Refused):
    """Why is this customer in the key position? The justification is blank: state the reason."""

    about = ("justification",)


class OverrideMissing(Refused):
    """The account has no score by edition {edition} of the selection model {model}{scored}: score it, or state in
    `override` why it becomes a key account without one."""


class PortfolioFull(Refused):
    """The company has {count} key accounts, and the selection model {model} limits the portfolio to {limit}: state in
    `portfolio_reason` why there is to be one more, or withdraw another."""


class ImprovementBlank(Refused):
    """Whoever keeps a key account states in `improvement` what we ourselves will change; it is blank."""

    about = ("improvement",)


class CriterionScoreOutOfRange(Refused):
    """{score} is no score of {criterion}: state a number from 0 to 10."""


class ShareOutOfRange(Refused):
    """{name} is {found}: state a share of the customer's purchases from 0 to 1, both shares together at most 1."""

    about = ("wallet_share", "rival_share")


class AlreadyKeyAccount(Refused):
    """The account is a key account already, as {held}: a review promotes or demotes it."""


class NotKeyAccount(Refused):
    """The account is no key account at that moment: grant key status first."""


class DecisionContradicts(Refused):
    """The decision {decision} does not lead from {held} to {stated}. In rising order the types are ordinary,
    partner, strategic; keep stays, promote rises, demote falls."""


class WithdrawalReasonBlank(Refused):
    """Key status is not withdrawn without a reason: state it."""


def _improvement_stated(fields: dict[str, Any]) -> dict[str, Any]:
    """Reviews of the first version could keep a key account without saying what we change."""
    silent = fields["decision"] == ReviewDecision.KEEP and not fields["improvement"].strip()
    return {**fields, "improvement": NOT_STATED} if silent else fields


class Standing(Part, eq=False):
    """Whether an account is a key account, and of which relationship type; its newest scores by selection model."""

    relationship_type: RelationshipType | None = None
    scored: dict[str, Standing.AccountScored] = msgspec.field(default_factory=dict)

    class AccountScored(Event):
        """The account was scored by a selection model, 0 to 10 per criterion.

        `grades` say how much each criterion belongs to each grade where the model is fuzzy, `totals` the weighted
        means per group and `overall`, `evaluation` how much the whole belongs to each grade, and `fuzzy_total` the one
        number that this comes to: as computed when the score was given, kept as evidence. `wallet_share` is our share
        of what the customer buys, `rival_share` that of our largest competitor there, 0 to 1.
        """

        model: str
        edition: int
        scores: dict[str, Decimal]
        grades: Grades = {}
        totals: dict[str, Decimal] = {}
        evaluation: dict[str, Decimal] = {}
        fuzzy_total: Decimal | None = None
        wallet_share: Decimal | None = None
        rival_share: Decimal | None = None

        def check(self, part: Standing) -> None:
            """Scores from 0 to 10, grades that sum to 1, shares that can be."""
            for criterion, score in self.scores.items():
                if not score.is_finite() or not 0 <= score <= LARGEST_SCORE:
                    raise CriterionScoreOutOfRange(criterion=criterion, score=score)
            for criterion, grades in self.grades.items():
                must_sum_to_one(criterion, grades)
            shares = {"wallet_share": self.wallet_share, "rival_share": self.rival_share}
            stated = {name: share for name, share in shares.items() if share is not None}
            for name, share in stated.items():
                if not share.is_finite() or not 0 <= share <= 1:
                    raise ShareOutOfRange(name=name, found=share, within=name)
            if sum(stated.values()) > 1:
                raise ShareOutOfRange(name="the sum of both", found=sum(stated.values()))

        def apply(self, part: Standing) -> None:
            """The newest score by this model."""
            part.scored[self.model] = self

    class KeyStatusGranted(Event):
        """The account became a key account, by its score of a model's edition, or by an override.

        `key_accounts` is how many there were then, `portfolio_reason` why there is one more than the model's limit.
        """

        schema_version: ClassVar[int] = 2
        upcasts: ClassVar[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: lambda fields: fields}

        relationship_type: RelationshipType
        justification: str
        review_due: date | None = None
        override: str = ""
        model: str = ""
        edition: int | None = None
        key_accounts: int | None = None
        portfolio_reason: str = ""

        def check(self, part: Standing) -> None:
            """Justified, scored by the edition that is named unless there is an override, and not a key account yet."""
            if not self.justification.strip():
                raise JustificationBlank()
            if not self.override.strip():
                part.must_be_scored(self.model, self.edition)
            if part.relationship_type is not None:
                raise AlreadyKeyAccount(held=part.relationship_type)

        def apply(self, part: Standing) -> None:
            """It is one."""
            part.relationship_type = self.relationship_type

    class KeyStatusReviewed(Event):
        """The standing was looked at again; `relationship_type` is the one after the review."""

        schema_version: ClassVar[int] = 2
        upcasts: ClassVar[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: _improvement_stated}

        decision: ReviewDecision
        relationship_type: RelationshipType
        justification: str
        improvement: str = ""
        review_due: date | None = None

        def check(self, part: Standing) -> None:
            """A key account, justified, and the decision fits the types before and after; who keeps it improves."""
            held = part.must_be_key_account()
            if not self.justification.strip():
                raise JustificationBlank()
            if self.decision is ReviewDecision.KEEP and not self.improvement.strip():
                raise ImprovementBlank()
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

    def must_be_scored(self, model: str, edition: int | None) -> None:
        """Refuse where the newest score by a model is not by this edition of it."""
        found = self.scored.get(model)
        if found is None or found.edition != edition:
            scored = f" (its score is by edition {found.edition})" if found else ""
            raise OverrideMissing(model=model or DEFAULT_MODEL, edition=edition or 0, scored=scored)

    @command
    def score(
        self,
        *,
        model: str = DEFAULT_MODEL,
        scores: dict[str, Decimal],
        grades: dict[str, dict[str, Decimal]] | None = None,
        wallet_share: Decimal | None = None,
        rival_share: Decimal | None = None,
        selection_model: SelectionModel,
    ) -> None:
        """Score the account by a selection model: every criterion of it, 0 to 10.

        Where the model is fuzzy, `grades` may state shares per criterion and grade, summing to 1 (how a panel voted);
        what is not stated follows from the score by the model's membership functions. `wallet_share` is our share of
        what the customer buys, `rival_share` that of our largest competitor there, 0 to 1.
        """
        selection_model.must_exist(model)
        given = {key: dict(each) for key, each in (grades or {}).items()}
        selection_model.must_be_scored_by(scores, given)
        plain = self.AccountScored(model=model, edition=selection_model.edition, scores=dict(scores), grades=given)
        plain.check(self)
        full = selection_model.grades_of(scores, given)
        evaluation, fuzzy_total = selection_model.evaluated(full) if full else ({}, None)
        event = msgspec.structs.replace(
            plain,
            grades=full,
            totals=selection_model.totals(scores),
            evaluation=evaluation,
            fuzzy_total=fuzzy_total,
            wallet_share=wallet_share,
            rival_share=rival_share,
        )
        if event != self.scored.get(model):
            self.record(event)

    @command
    def grant(
        self,
        *,
        relationship_type: RelationshipType,
        justification: str,
        review_due: date | None = None,
        override: str = "",
        model: str = DEFAULT_MODEL,
        portfolio_reason: str = "",
        key_accounts: int = 0,
        selection_model: SelectionModel,
    ) -> None:
        """Make the account a key account.

        It needs a score by the newest edition of the selection model, or `override` says why it becomes one without.
        Without `review_due` the review period of the service policy holds. Beyond the portfolio limit of the model
        `portfolio_reason` says why; `key_accounts` is how many there are, stated by the door.
        """
        if relationship_type is self.relationship_type:
            return
        selection_model.must_exist(model)
        if key_accounts >= selection_model.portfolio_limit and not portfolio_reason.strip():
            limit = selection_model.portfolio_limit
            raise PortfolioFull(count=key_accounts, model=model, limit=limit)
        self.record(
            self.KeyStatusGranted(
                relationship_type=relationship_type,
                justification=justification,
                review_due=review_due,
                override=override,
                model=model,
                edition=selection_model.edition,
                key_accounts=key_accounts,
                portfolio_reason=portfolio_reason,
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

        `improvement` says what we ourselves will change; who keeps a key account must state it. Without
        `relationship_type` a promotion or demotion goes one step; a demotion below ordinary takes key status away.
        """
        held = self.must_be_key_account()
        if decision is ReviewDecision.DEMOTE and held is RISING[0] and relationship_type is None:
            if not justification.strip():
                raise JustificationBlank()
            self.record(self.KeyStatusWithdrawn(reason=justification))
            return
        place = RISING.index(held) + STEPS[decision]
        self.record(
            self.KeyStatusReviewed(
                decision=decision,
                relationship_type=relationship_type or RISING[min(place, len(RISING) - 1)],
                justification=justification,
                improvement=improvement,
                review_due=review_due,
            )
        )

    @command
    def withdraw(self, *, reason: str) -> None:
        """Take key status away."""
        self.record(self.KeyStatusWithdrawn(reason=reason))
