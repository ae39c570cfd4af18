"""What a partner programme asks of both sides, and what it gives: one edition of its terms. Pure functions.

Nothing in it is a price: what both owe each other is delivery, information, stock, loyalty, service.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from domain.errors import Refused
from domain.language.catalogue import say

LOWEST, HIGHEST = Decimal(0), Decimal(100)
TWO_DIGITS = Decimal("0.01")
USUAL_THRESHOLD = Decimal(60)


class PartnerSide(enum.StrEnum):
    """Who of the two owes something (我方, 合作伙伴)."""

    US = "us"
    PARTNER = "partner"


class ObligationKind(enum.StrEnum):
    """What is owed that is no price (及时足量交货, 信息共享, 最低库存, 不抢小客户)."""

    DELIVERY = "delivery"
    INFORMATION = "information"
    STOCK = "stock"
    NO_POACHING = "no_poaching"
    PAYMENT = "payment"
    SERVICE = "service"
    TRAINING = "training"
    PROMOTION = "promotion"
    SUPPLY = "supply"
    OTHER = "other"


class ScoringUnit(enum.StrEnum):
    """How long the periods are by which a programme is judged."""

    QUARTER = "quarter"
    MONTH = "month"


class TermBlank(Refused):
    """{what} is blank: state it in words."""


class TermNamedTwice(Refused):
    """{key} names two {what}: give each a key of its own."""


class SideWithoutObligations(Refused):
    """Nothing is stated that {side} owes: a partner programme needs obligations of both sides, us and partner."""


class WeightNotPositive(Refused):
    """The weight {weight} of {key} is not possible: state a number above 0; the weights of a side are taken as shares
    of their sum."""


class NotAComplianceScore(Refused):
    """{what} is {found}, which is no score: state a number from 0 to 100."""


class ObligationsUnscored(Refused):
    """A score is missing of {missing}: edition {edition} asks for one of each of {known}."""


class ObligationUnknown(Refused):
    """{found} is no obligation of edition {edition}; there are: {known}."""


class Obligation(msgspec.Struct, frozen=True, kw_only=True):
    """What one side owes. `weight` counts as its share of the weights of that side; kept is a score from 0 to 100, and
    below `threshold` the obligation is broken. `measured_by` says how the score is found."""

    key: str
    text: str
    owed_by: PartnerSide
    kind: ObligationKind = ObligationKind.OTHER
    weight: Decimal = Decimal(1)
    measured_by: str = ""
    threshold: Decimal = USUAL_THRESHOLD


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner earns in a period in which its side comes to `from_score` or more."""

    key: str
    text: str
    from_score: Decimal


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of one edition, as they hold from a day on. Below `threshold` a partner does not keep its standing."""

    obligations: tuple[Obligation, ...]
    rewards: tuple[Reward, ...] = ()
    threshold: Decimal = USUAL_THRESHOLD
    holds_from: date = date.min

    def of(self, side: PartnerSide) -> list[Obligation]:
        """What a side owes."""
        return [each for each in self.obligations if each.owed_by is side]

    @property
    def keys(self) -> str:
        """The keys of the obligations, for a refusal."""
        return ", ".join(each.key for each in self.obligations)


def see_that_terms_can_be(terms: Terms) -> None:
    """Refuse terms without obligations of both sides, without words, with keys twice, with numbers off the scale."""
    see_each_once("obligations", (each.key for each in terms.obligations))
    see_each_once("rewards", (each.key for each in terms.rewards))
    for side in PartnerSide:
        if not terms.of(side):
            raise SideWithoutObligations(side=side.value)
    see_that_it_is_a_score("The threshold of the programme", terms.threshold)
    for each in terms.obligations:
        see_words(say("The obligation {key}", key=each.key), each.text)
        see_that_it_is_a_score(say("The threshold of {key}", key=each.key), each.threshold)
        if not each.weight.is_finite() or each.weight <= 0:
            raise WeightNotPositive(weight=each.weight, key=each.key)
    for reward in terms.rewards:
        see_words(say("The reward {key}", key=reward.key), reward.text)
        see_that_it_is_a_score(say("The score for {key}", key=reward.key), reward.from_score)


def see_each_once(what: str, keys: Iterable[str]) -> None:
    """Refuse a blank key, and one that is there twice."""
    seen: set[str] = set()
    for key in keys:
        see_words(say("A key among the {what}", what=say(what)), key)
        if key in seen:
            raise TermNamedTwice(what=what, key=key)
        seen.add(key)


def see_words(what: str, text: str) -> None:
    """Refuse a blank text; `what` begins the sentence."""
    if not text.strip():
        raise TermBlank(what=what)


def see_that_it_is_a_score(what: str, found: Decimal) -> None:
    """Refuse what is not from 0 to 100."""
    if not found.is_finite() or not LOWEST <= found <= HIGHEST:
        raise NotAComplianceScore(what=what, found=found)


def see_that_all_are_scored(terms: Terms, edition: int, scores: Mapping[str, Decimal]) -> None:
    """Refuse scores that are not of exactly the obligations of an edition, each from 0 to 100."""
    known = {each.key for each in terms.obligations}
    if unknown := scores.keys() - known:
        raise ObligationUnknown(found=", ".join(sorted(unknown)), edition=edition, known=terms.keys)
    if missing := [each.key for each in terms.obligations if each.key not in scores]:
        raise ObligationsUnscored(missing=", ".join(missing), edition=edition, known=terms.keys)
    for key, score in scores.items():
        see_that_it_is_a_score(say("The score of {key}", key=key), score)


def weighted_score(terms: Terms, side: PartnerSide, scores: Mapping[str, Decimal]) -> Decimal:
    """The mean of a side's scores, 0 to 100, weighted by the shares of its weights; two digits after the point."""
    owed = terms.of(side)
    total = sum((each.weight * scores[each.key] for each in owed), Decimal(0))
    return (total / sum((each.weight for each in owed), Decimal(0))).quantize(TWO_DIGITS, ROUND_HALF_EVEN)


def broken(terms: Terms, side: PartnerSide, scores: Mapping[str, Decimal]) -> tuple[str, ...]:
    """The keys of a side's obligations that are scored below their threshold, in the order of the terms."""
    return tuple(each.key for each in terms.of(side) if scores[each.key] < each.threshold)


def earned(terms: Terms, score: Decimal) -> tuple[str, ...]:
    """The keys of the rewards that a partner's score earns, in the order of the terms."""
    return tuple(each.key for each in terms.rewards if score >= each.from_score)
