"""Which selection models can be used: refused are those that would score, cut or compare what is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.policies.policy import policy_id
from domain.policies.selection_definition import (
    Axis,
    Comparison,
    Criterion,
    CriterionGroup,
    Fuzzy,
    FuzzyGrade,
    Matrix,
    Measure,
    SelectionDefinition,
)
from domain.selection.ahp import RANDOM_INDEX, Contradiction, priorities

SMALLEST_LIMIT, LARGEST_LIMIT = 15, 35
LARGEST_SCORE = 10
LARGEST_RATIO = Decimal(9)
SMALLEST_RATIO = Decimal("0.111")
CONSISTENT = Decimal("0.1")
MOST_NAMED = 3


class ModelElsewhere(Refused):
    """The selection model {key} has a stream of its own, {stream}; this is {found}. Define it there, or state the
    key of this one."""


class ObjectiveBlank(Refused):
    """A selection model follows an objective of the company: state it in `objective`."""


class NoCriteria(Refused):
    """The selection model {model} has no criteria: state at least one, in attractiveness, potential or
    relationship."""


class SelectionKeyTwice(Refused):
    """The {kind} {key} stands twice, is blank, or has the name of a group or measure: every key of a model is there
    once."""


class CriteriaWeightless(Refused):
    """The weights of the criteria are {found}: state 0 or more for each and above 0 for at least one, or compare
    the criteria."""


class MeasureUnknown(Refused):
    """{where} names {measure}, which nobody measures; there are: {known}."""


class CutsOutOfOrder(Refused):
    """{where} is cut at {found}: state one or two cut points, rising."""


class CellsMiscounted(Refused):
    """The matrix {matrix} has {expected} cells, row by row from the top left; {found} are named."""


class ClassBordersWrong(Refused):
    """Classes A up to {a} and B up to {b} are none: state shares with 0 < A < B < 1."""


class PortfolioLimitWrong(Refused):
    """A portfolio of {found} key accounts: state a limit from 15 to 35."""


class PeriodWrong(Refused):
    """{what} of {found} is not possible: state {accepted}."""


class GradesMissing(Refused):
    """A fuzzy model needs at least two grades; {found} are stated."""


class MembershipWrong(Refused):
    """The grade {grade} has the points {points} and the value {value}: state three or four rising numbers for the
    membership function, and a value, all from 0 to 10."""


class GradesLeaveGap(Refused):
    """A score of {score} belongs to no grade: let the membership functions cover 0 to 10."""


class ComparisonWrong(Refused):
    """{left} cannot be compared with {right}: compare two groups, or two criteria of one group; there are: {known}."""


class ComparisonsIncomplete(Refused):
    """Each pair is compared once, in one direction. Missing: {missing}. Twice: {twice}."""


class RatioOutOfScale(Refused):
    """{left} to {right} is {ratio}: state a ratio from 1/9 to 9."""


class TooManyToCompare(Refused):
    """{found} criteria of {group} are too many to be compared in pairs: 15 at most."""


class ComparisonsContradict(Refused):
    """The comparisons of {what} have a consistency ratio of {ratio}; 0.1 at most is accepted. Those that contradict
    the others most: {worst}. Compare them anew."""


def see_that_it_selects(definition: SelectionDefinition, stream: UUID) -> None:
    """Refuse a model whose keys, weights, axes, classes or grades make no sense."""
    own = policy_id("SelectionModel", definition.key)
    if own != stream:
        raise ModelElsewhere(key=definition.key, stream=own, found=stream)
    if not definition.objective.strip():
        raise ObjectiveBlank()
    _see_that_criteria_weigh(definition)
    known = measures_of(definition.criteria)
    for threshold in definition.thresholds:
        _see_that_it_is_measured("A threshold", threshold.measure, known)
    _see_that_keys_differ("matrix", [matrix.key for matrix in definition.matrices])
    for matrix in definition.matrices:
        _see_that_it_has_cells(matrix, known)
    classes = definition.classes
    if not 0 < classes.a_border < classes.b_border < 1:
        raise ClassBordersWrong(a=classes.a_border, b=classes.b_border)
    _see_that_spans_are_possible(definition)
    if definition.fuzzy:
        _see_that_grades_cover(definition.fuzzy)


def measures_of(criteria: Iterable[Criterion]) -> list[str]:
    """What an axis or a threshold may name."""
    return [*Measure, *CriterionGroup, *(criterion.key for criterion in criteria)]


def weighed(
    criteria: Sequence[Criterion], comparisons: Sequence[Comparison]
) -> tuple[tuple[Criterion, ...], dict[str, Decimal]]:
    """The criteria with the weights that their comparisons say, and the consistency ratio of each comparison matrix.

    A criterion weighs its group's weight times its own within the group (Saaty's hierarchy). Refuses comparisons
    that are incomplete, or contradict one another.
    """
    if not comparisons:
        return tuple(criteria), {}
    groups = {group: [each.key for each in criteria if each.group is group] for group in CriterionGroup}
    used = {str(group): keys for group, keys in groups.items() if keys}
    _see_that_they_compare(comparisons, used)
    ratios = {"groups": Decimal(0)}
    of_groups, ratios["groups"] = _compared("groups", list(used), comparisons)
    weights: dict[str, Decimal] = {}
    for group, keys in used.items():
        within, ratios[group] = _compared(group, keys, comparisons)
        weights |= {key: (of_groups[group] * weight).quantize(Decimal("0.000001")) for key, weight in within.items()}
    return tuple(msgspec.structs.replace(each, weight=weights[each.key]) for each in criteria), ratios


def _compared(what: str, names: Sequence[str], comparisons: Iterable[Comparison]) -> tuple[dict[str, Decimal], Decimal]:
    """Weights within one matrix, and its consistency ratio; refuses one that is inconsistent."""
    stated = [(each.left, each.right) for each in comparisons if each.left in names and each.right in names]
    pairs = [frozenset(pair) for pair in stated]
    missing = [f"{left} to {right}" for left, right in combinations(names, 2) if {left, right} not in pairs]
    twice = [f"{left} to {right}" for left, right in stated if pairs.count(frozenset((left, right))) > 1]
    if missing or twice:
        raise ComparisonsIncomplete(missing=", ".join(missing) or "none", twice=", ".join(twice) or "none")
    if len(names) > len(RANDOM_INDEX):
        raise TooManyToCompare(found=len(names), group=what)
    ratios = {(each.left, each.right): each.ratio for each in comparisons if (each.left, each.right) in stated}
    found = priorities(names, ratios)
    if found.consistency_ratio > CONSISTENT:
        worst = "; ".join(_in_words(each) for each in found.contradictions[:MOST_NAMED])
        raise ComparisonsContradict(what=what, ratio=found.consistency_ratio, worst=worst)
    return found.weights, found.consistency_ratio


def _in_words(found: Contradiction) -> str:
    stated, implied = found.stated.normalize(), found.implied.quantize(Decimal("0.01"))
    return f"{found.left} to {found.right} is {stated:f}, the others say {implied:f}"


def _see_that_they_compare(comparisons: Iterable[Comparison], used: Mapping[str, Collection[str]]) -> None:
    families: list[Collection[str]] = [used, *used.values()]
    known = ", ".join([*used, *(key for keys in used.values() for key in keys)])
    for each in comparisons:
        family = next((family for family in families if each.left in family and each.right in family), None)
        if family is None or each.left == each.right:
            raise ComparisonWrong(left=each.left, right=each.right, known=known)
        if not each.ratio.is_finite() or not SMALLEST_RATIO <= each.ratio <= LARGEST_RATIO:
            raise RatioOutOfScale(left=each.left, right=each.right, ratio=each.ratio)


def _see_that_criteria_weigh(definition: SelectionDefinition) -> None:
    criteria = definition.criteria
    if not criteria:
        raise NoCriteria(model=definition.key)
    _see_that_keys_differ("criterion", [each.key for each in criteria], taken=measures_of(()))
    weights = [each.weight for each in criteria]
    if not any(weights) or any(not weight.is_finite() or weight < 0 for weight in weights):
        raise CriteriaWeightless(found=", ".join(f"{each.key} {each.weight}" for each in criteria))


def _see_that_keys_differ(kind: str, keys: Iterable[str], taken: Iterable[str] = ()) -> None:
    seen = {str(each) for each in taken}
    for key in keys:
        if not key.strip() or key in seen:
            raise SelectionKeyTwice(kind=kind, key=key)
        seen.add(key)


def _see_that_it_is_measured(where: str, measure: str, known: Collection[str]) -> None:
    if measure not in known:
        raise MeasureUnknown(where=where, measure=measure, known=", ".join(known))


def _see_that_it_has_cells(matrix: Matrix, known: Collection[str]) -> None:
    for name, axis in (("x", matrix.x), ("y", matrix.y)):
        where = f"The axis {name} of {matrix.key}"
        _see_that_it_is_measured(where, axis.measure, known)
        _see_that_cuts_rise(where, axis)
    expected = (len(matrix.x.cuts) + 1) * (len(matrix.y.cuts) + 1)
    if len(matrix.cells) != expected:
        raise CellsMiscounted(matrix=matrix.key, expected=expected, found=len(matrix.cells))


def _see_that_cuts_rise(where: str, axis: Axis) -> None:
    cuts = axis.cuts
    finite = all(cut.is_finite() for cut in cuts)
    if not 1 <= len(cuts) <= 2 or not finite or any(low >= high for low, high in pairwise(cuts)):
        raise CutsOutOfOrder(where=where, found=", ".join(map(str, cuts)) or "nothing")


def _see_that_spans_are_possible(definition: SelectionDefinition) -> None:
    if not SMALLEST_LIMIT <= definition.portfolio_limit <= LARGEST_LIMIT:
        raise PortfolioLimitWrong(found=definition.portfolio_limit)
    if not 1 <= definition.period_months <= 60:
        raise PeriodWrong(what="A period in months", found=definition.period_months, accepted="1 to 60")
    if not 1 <= definition.horizon_years <= 10:
        raise PeriodWrong(what="A horizon in years", found=definition.horizon_years, accepted="1 to 10")


def _see_that_grades_cover(fuzzy: Fuzzy) -> None:
    if len(fuzzy.grades) < 2:
        raise GradesMissing(found=len(fuzzy.grades))
    _see_that_keys_differ("grade", [grade.key for grade in fuzzy.grades])
    for grade in fuzzy.grades:
        _see_that_it_is_a_shape(grade)
    # Piecewise linear, so a gap between two of its points shows in their middle.
    points = sorted({Decimal(0), Decimal(LARGEST_SCORE), *(point for grade in fuzzy.grades for point in grade.points)})
    for score in [*points, *((low + high) / 2 for low, high in pairwise(points))]:
        if not any(_belongs(grade, score) for grade in fuzzy.grades):
            raise GradesLeaveGap(score=score)


def _see_that_it_is_a_shape(grade: FuzzyGrade) -> None:
    numbers = [*grade.points, grade.value]
    possible = all(number.is_finite() and 0 <= number <= LARGEST_SCORE for number in numbers)
    if not possible or len(grade.points) not in (3, 4) or any(low > high for low, high in pairwise(grade.points)):
        raise MembershipWrong(grade=grade.key, points=", ".join(map(str, grade.points)), value=grade.value)


def _belongs(grade: FuzzyGrade, score: Decimal) -> bool:
    low, high = grade.points[1], grade.points[-2]
    return low <= score <= high or grade.points[0] < score < grade.points[-1]
