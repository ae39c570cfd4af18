"""The skill model (技能水平): five dimensions of a manager's skill in three levels, and the rule from recorded facts to
them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy, policy_id

LEVELS = (1, 2, 3)
ZERO = Decimal(0)


class SkillDimension(enum.StrEnum):
    """What a manager is good at: 客户接受程度, 客户服务响应, 客户内部关系, 销售资源利用, 销售业绩结果."""

    ACCEPTANCE = "acceptance"
    SERVICE = "service"
    RELATIONS = "relations"
    RESOURCES = "resources"
    RESULTS = "results"


class SkillMeasure(enum.StrEnum):
    """What is measured of a manager in a period, from recorded facts alone. Shares and rates are 0–1, satisfaction and
    health 0–100, the cost per won is the cost of all that ended by the amount won."""

    SATISFACTION = "satisfaction"
    HEALTH = "health"
    SLA_MET = "sla_met"
    COMMITMENTS_KEPT = "commitments_kept"
    CADENCE_KEPT = "cadence_kept"
    MAP_COVERAGE = "map_coverage"
    SENTIMENT = "sentiment"
    COST_PER_WON = "cost_per_won"
    LOGGED_IN_TIME = "logged_in_time"
    OBJECTIVES_MET = "objectives_met"
    ATTAINMENT = "attainment"
    WIN_RATE = "win_rate"
    FORECAST_ACCURACY = "forecast_accuracy"

    @property
    def less_is_better(self) -> bool:
        """Whether a higher level asks for less."""
        return self is SkillMeasure.COST_PER_WON


class DimensionsIncomplete(Refused):
    """Each dimension must stand once; {missing} is missing or stands twice: state {known}."""


class LevelsIncomplete(Refused):
    """The dimension {dimension} has the texts of {found} levels: state those of 3, each in English and Chinese."""


class DimensionWithoutMeasures(Refused):
    """The dimension {dimension} has no measure: state one or more of {known}."""


class MeasureTwice(Refused):
    """The dimension {dimension} has the measure {measure} twice: state each once."""


class ThresholdsOutOfOrder(Refused):
    """{measure} of {level_2} for level 2 and {level_3} for level 3 is no scale: level 3 needs {direction}."""


class MeasureWeightNotPositive(Refused):
    """A weight of {found} for {measure} is not possible: state one above 0."""


class FewestFactsNotPositive(Refused):
    """{measure} cannot rest on {found} facts: state 1 or more."""


class EnoughMeasuresOutOfRange(Refused):
    """The dimension {dimension} cannot ask for {found} measures with facts: state 1 to {most}."""


class LevelText(msgspec.Struct, frozen=True):
    """What a level means, in English and Chinese."""

    text: str
    text_zh: str


class SkillRule(msgspec.Struct, frozen=True):
    """From which value on a measure stands for level 2, and for level 3; its weight in the dimension, and on how many
    facts it must rest to count at all. Of a measure of which less is better the values are upper limits."""

    measure: SkillMeasure
    level_2: Decimal
    level_3: Decimal
    weight: Decimal = Decimal(1)
    fewest: int = 1

    def level(self, value: Decimal) -> int:
        """The level for which a value stands."""
        if self.measure.less_is_better:
            return 3 if value <= self.level_3 else 2 if value <= self.level_2 else 1
        return 3 if value >= self.level_3 else 2 if value >= self.level_2 else 1


class DimensionRule(msgspec.Struct, frozen=True):
    """A dimension: its names, the texts of levels 1 to 3, the measures that propose a level, and how many of them need
    facts before any is proposed."""

    dimension: SkillDimension
    name: str
    name_zh: str
    levels: tuple[LevelText, ...]
    rules: tuple[SkillRule, ...]
    enough: int = 1


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A measure as it was found: its value, null without facts; on how many facts it rests; the level for which it
    stands, null where the facts are too few; positions of the facts, the newest where they are many."""

    measure: SkillMeasure
    value: Decimal | None = None
    facts: int = 0
    level: int | None = None
    positions: tuple[int, ...] = ()


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule of an edition says of one dimension: a level, or none where the facts are not enough. `position` is
    the newest fact that was known."""

    level: int | None = None
    edition: int = 0
    measures: tuple[Measured, ...] = ()
    position: int = 0


NOTHING_PROPOSED = Proposal()


def _shipped() -> dict[SkillDimension, DimensionRule]:
    from domain.policies.shipped_skills import SHIPPED_SKILLS

    return {each.dimension: each for each in SHIPPED_SKILLS}


@learn
class SkillModel(Policy, eq=False):
    """The dimensions, their levels and rules. `edition` is the version that an assessment names; 0 is what KAMS
    ships."""

    edition: int = 0
    dimensions: dict[SkillDimension, DimensionRule] = msgspec.field(default_factory=_shipped)

    class Defined(Event):
        """The skill model as a whole."""

        edition: int
        dimensions: tuple[DimensionRule, ...]

        def check(self, policy: SkillModel) -> None:
            found = [each.dimension for each in self.dimensions]
            if missing := [each.value for each in SkillDimension if found.count(each) != 1]:
                raise DimensionsIncomplete(missing=", ".join(missing), known=[each.value for each in SkillDimension])
            for each in self.dimensions:
                _see_that_it_can_be_judged(each)

        def apply(self, policy: SkillModel) -> None:
            policy.edition = self.edition
            policy.dimensions = {each.dimension: each for each in self.dimensions}

    class FactWithdrawn(Withdrawal):
        """A definition is taken back (冲销)."""

    @command
    def define(self, *, dimensions: tuple[DimensionRule, ...]) -> None:
        """State all five dimensions: the text of each level, and the measures and thresholds that propose it."""
        event = self.Defined(edition=self.root.version + 1, dimensions=tuple(dimensions))
        same = self.dimensions == {each.dimension: each for each in event.dimensions}
        if not (same and self.edition and len(event.dimensions) == len(self.dimensions)):
            self.record(event)

    def propose(self, dimension: SkillDimension, found: Mapping[SkillMeasure, Measured], position: int = 0) -> Proposal:
        """The level that the measures stand for: the mean of their levels by weight, half a level counted up; none
        where fewer than `enough` rest on enough facts."""
        rule = self.dimensions[dimension]
        measures = tuple(_judged(each, found) for each in rule.rules)
        level = _mean((each.weight, measured.level) for each, measured in zip(rule.rules, measures, strict=True))
        if sum(measured.level is not None for measured in measures) < rule.enough:
            level = None
        return Proposal(level=level, edition=self.edition, measures=measures, position=position)


def default_skill_model() -> SkillModel:
    """The model of a company that never stated its own."""
    return SkillModel(id=policy_id("SkillModel"))


def _judged(rule: SkillRule, found: Mapping[SkillMeasure, Measured]) -> Measured:
    """A measure with the level for which it stands by a rule."""
    measured = found.get(rule.measure, Measured(measure=rule.measure))
    enough = measured.value is not None and measured.facts >= rule.fewest
    level = rule.level(measured.value) if enough and measured.value is not None else None
    return msgspec.structs.replace(measured, level=level)


def _mean(levels: Iterable[tuple[Decimal, int | None]]) -> int | None:
    judged = [(weight, level) for weight, level in levels if level is not None]
    whole = sum((weight for weight, _ in judged), ZERO)
    if not whole:
        return None
    return int(sum((weight * level for weight, level in judged), ZERO) / whole + Decimal("0.5"))


def _see_that_it_can_be_judged(dimension: DimensionRule) -> None:
    name = dimension.dimension.value
    stated = [each for each in dimension.levels if each.text.strip() and each.text_zh.strip()]
    if len(stated) != len(LEVELS) or len(dimension.levels) != len(LEVELS):
        raise LevelsIncomplete(dimension=name, found=len(stated))
    if not dimension.rules:
        raise DimensionWithoutMeasures(dimension=name, known=[each.value for each in SkillMeasure])
    seen: set[SkillMeasure] = set()
    for rule in dimension.rules:
        if rule.measure in seen:
            raise MeasureTwice(dimension=name, measure=rule.measure.value)
        seen.add(rule.measure)
        _see_that_it_is_a_scale(rule)
    if not 1 <= dimension.enough <= len(dimension.rules):
        raise EnoughMeasuresOutOfRange(dimension=name, found=dimension.enough, most=len(dimension.rules))


def _see_that_it_is_a_scale(rule: SkillRule) -> None:
    low, high = (rule.level_3, rule.level_2) if rule.measure.less_is_better else (rule.level_2, rule.level_3)
    finite = rule.level_2.is_finite() and rule.level_3.is_finite()
    if not (finite and low < high):
        direction = "less than level 2" if rule.measure.less_is_better else "more than level 2"
        raise ThresholdsOutOfOrder(
            measure=rule.measure.value, level_2=rule.level_2, level_3=rule.level_3, direction=direction
        )
    if not (rule.weight.is_finite() and rule.weight > 0):
        raise MeasureWeightNotPositive(measure=rule.measure.value, found=rule.weight)
    if rule.fewest < 1:
        raise FewestFactsNotPositive(measure=rule.measure.value, found=rule.fewest)
