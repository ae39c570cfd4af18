"""Selection models (大客户选择): by which criteria customers become key accounts, in editions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy
from domain.policies.selection_definition import (
    Classes,
    Comparison,
    Criterion,
    CriterionGroup,
    Fuzzy,
    Matrix,
    SelectionDefinition,
    Threshold,
)
from domain.policies.selection_rules import see_that_it_selects, weighed
from domain.policies.shipped_selection import SHIPPED_MODELS
from domain.selection.fuzzy import defuzzified, evaluate, membership, normalised
from domain.selection.weighted import rounded, weighted_mean

OVERALL = "overall"
SLACK = Decimal("0.001")
PARETO = Classes()

Grades = dict[str, dict[str, Decimal]]
"""By criterion and grade, 0 to 1: how much the account belongs to it (隶属度)."""


class SelectionModelUnknown(Refused):
    """There is no selection model {model}: define it first."""


class CriterionUnknown(Refused):
    """The selection model {model} has no criterion {criterion}; it scores: {known}."""


class CriterionMissing(Refused):
    """Every criterion of {model} is scored, 0 to 10; missing: {missing}."""


class ModelNotFuzzy(Refused):
    """The selection model {model} has no grades: leave `grades` out, or define them in the model."""


class GradeUnknown(Refused):
    """The selection model {model} has no grade {grade} for {criterion}; there are: {known}."""


class GradesDoNotSum(Refused):
    """The grades of {criterion} sum to {found}: state shares of 0 or more that sum to 1."""


@learn
class SelectionModel(Policy, eq=False):
    """One model per key. `edition` is the version that decisions name; 0 is what KAMS ships under the key. The
    company's current model is the newest edition of the key that a decision names, `key-accounts` if none is named.

    `consistency` holds the consistency ratio of each matrix of comparisons from which the weights were computed.
    """

    keyed_by: ClassVar[str] = "model"

    edition: int = 0
    key: str = ""
    name: str = ""
    name_zh: str = ""
    objective: str = ""
    criteria: tuple[Criterion, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    horizon_years: int = 3
    portfolio_limit: int = 35
    period_months: int = 12
    classes: Classes = PARETO
    matrices: tuple[Matrix, ...] = ()
    fuzzy: Fuzzy | None = None
    consistency: dict[str, Decimal] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.criteria and (shipped := SHIPPED_MODELS.get(self.id)):
            self.take_over(shipped)

    class Defined(Event):
        """The model, as a whole, in an edition of its own; weights computed from comparisons are in the criteria."""

        edition: int
        definition: SelectionDefinition
        consistency: dict[str, Decimal] = {}

        def check(self, model: SelectionModel) -> None:
            see_that_it_selects(self.definition, model.id)

        def apply(self, model: SelectionModel) -> None:
            model.edition, model.consistency = self.edition, self.consistency
            model.take_over(self.definition)

    class FactWithdrawn(Withdrawal):
        """A definition is taken back (冲销)."""

    @command
    def define(
        self,
        *,
        key: str,
        name: str,
        objective: str,
        criteria: tuple[Criterion, ...],
        name_zh: str = "",
        comparisons: tuple[Comparison, ...] = (),
        thresholds: tuple[Threshold, ...] = (),
        horizon_years: int = 3,
        portfolio_limit: int = 35,
        period_months: int = 12,
        classes: Classes = PARETO,
        matrices: tuple[Matrix, ...] = (),
        fuzzy: Fuzzy | None = None,
    ) -> None:
        """State the whole model and the objective that it follows. It binds every decision dated from now on.

        With `comparisons` in pairs (of the groups, and of the criteria within each group) the weights are computed
        from them, whatever the criteria state; a consistency ratio above 0.1 is refused.
        """
        weighted, consistency = weighed(criteria, comparisons)
        definition = SelectionDefinition(
            key=key,
            name=name,
            name_zh=name_zh,
            objective=objective,
            criteria=weighted,
            comparisons=tuple(comparisons),
            thresholds=tuple(thresholds),
            horizon_years=horizon_years,
            portfolio_limit=portfolio_limit,
            period_months=period_months,
            classes=classes,
            matrices=tuple(matrices),
            fuzzy=fuzzy,
        )
        same = all(getattr(self, field) == getattr(definition, field) for field in definition.__struct_fields__)
        if not (same and self.edition):
            self.record(self.Defined(edition=self.root.version + 1, definition=definition, consistency=consistency))

    def take_over(self, definition: SelectionDefinition) -> None:
        """Let a definition hold from now on."""
        for name in definition.__struct_fields__:
            setattr(self, name, getattr(definition, name))

    def is_there(self) -> bool:
        """Whether the model was ever defined, or is shipped."""
        return bool(self.criteria)

    def must_exist(self, key: str) -> None:
        """Refuse where the model was never defined; `key` is what was asked for."""
        if not self.criteria:
            raise SelectionModelUnknown(model=key)

    def must_be_scored_by(self, scores: Mapping[str, Decimal], grades: Mapping[str, Mapping[str, Decimal]]) -> None:
        """Refuse scores that leave out a criterion or have one too many, and grades that are none."""
        known = [criterion.key for criterion in self.criteria]
        for criterion in (*scores, *grades):
            if criterion not in known:
                raise CriterionUnknown(model=self.key, criterion=criterion, known=", ".join(known))
        if missing := [key for key in known if key not in scores]:
            raise CriterionMissing(model=self.key, missing=", ".join(missing))
        if grades and not self.fuzzy:
            raise ModelNotFuzzy(model=self.key)
        names = [grade.key for grade in self.fuzzy.grades] if self.fuzzy else []
        for criterion, stated in grades.items():
            if unknown := [grade for grade in stated if grade not in names]:
                raise GradeUnknown(model=self.key, grade=unknown[0], criterion=criterion, known=", ".join(names))
            must_sum_to_one(criterion, stated)

    def has_grades(self, grades: Mapping[str, Mapping[str, Decimal]]) -> bool:
        """Whether the model has all grades that are stated."""
        names = {grade.key for grade in self.fuzzy.grades} if self.fuzzy else set[str]()
        return all(names.issuperset(stated) for stated in grades.values())

    # What scores come to

    def weights(self) -> dict[str, Decimal]:
        """How much each criterion counts."""
        return {criterion.key: criterion.weight for criterion in self.criteria}

    def totals(self, scores: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """The weighted means, 0 to 10: of each group that has a weighing criterion, and `overall`."""
        weights, found = self.weights(), {}
        for group in CriterionGroup:
            of_group = {each.key: scores[each.key] for each in self.criteria if each.group is group}
            if (mean := weighted_mean(of_group, weights)) is not None:
                found[str(group)] = mean
        found[OVERALL] = weighted_mean({key: scores[key] for key in weights}, weights) or Decimal(0)
        return found

    def grades_of(self, scores: Mapping[str, Decimal], stated: Mapping[str, Mapping[str, Decimal]]) -> Grades:
        """How much each criterion belongs to each grade: as stated, else by the membership functions of its score.
        Empty where the model is not fuzzy."""
        if not self.fuzzy:
            return {}
        found: Grades = {}
        for key in self.weights():
            if key in stated:
                found[key] = {grade.key: stated[key].get(grade.key, Decimal(0)) for grade in self.fuzzy.grades}
            else:
                belongs = normalised([membership(grade.points, scores[key]) for grade in self.fuzzy.grades])
                found[key] = dict(zip([grade.key for grade in self.fuzzy.grades], belongs, strict=True))
        return found

    def evaluated(self, grades: Grades) -> tuple[dict[str, Decimal], Decimal]:
        """How much the account as a whole belongs to each grade, summing to 1, and the one number, 0 to 10, that this
        comes to. Only for a fuzzy model."""
        assert self.fuzzy
        weights = self.weights()
        total = sum(weights.values(), Decimal(0))
        shares = [rounded(weight / total) for weight in weights.values()]
        relation = [list(grades[key].values()) for key in weights]
        vector = normalised(evaluate(shares, relation, self.fuzzy.operator))
        value = defuzzified(vector, [grade.value for grade in self.fuzzy.grades])
        return dict(zip([grade.key for grade in self.fuzzy.grades], vector, strict=True)), value


def must_sum_to_one(criterion: str, grades: Mapping[str, Decimal]) -> None:
    """Refuse membership grades that are negative or do not sum to 1, to a thousandth."""
    total = sum(grades.values(), Decimal(0))
    finite = all(each.is_finite() and each >= 0 for each in grades.values())
    if not finite or abs(total - 1) > SLACK:
        raise GradesDoNotSum(criterion=criterion, found=total)
