"""Segments: which customers belong together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.account.profile import AccountKind, LoyaltyClass
from domain.account.standing import RelationshipType
from domain.errors import Malformed, Refused
from domain.policies.policy import policy_id
from domain.policies.segments import (
    InAndOut,
    Known,
    Segment,
    SegmentIncomplete,
    Segments,
    SegmentTwice,
    SegmentUnknown,
    VolumesOutOfOrder,
    belongs,
)
from domain.selection.pareto import AbcClass
from tests.domain.given import given, recorded, some_id

SHOP = Known(
    account=some_id("shop"),
    kind=AccountKind.RETAILER,
    industry="food",
    territories=("hangzhou", "east"),
    loyalty=LoyaltyClass.SWITCHING,
    relationship=RelationshipType.PARTNER,
    abc=AbcClass.B,
    volume=Decimal(1000),
    label="corner shops",
)


def segment(**criteria: Any) -> Segment:
    return Segment(**{"key": "shops", "name": "Shops", **criteria})


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        ({}, True),
        ({"kinds": (AccountKind.DEALER, AccountKind.RETAILER)}, True),
        ({"kinds": (AccountKind.DEALER,)}, False),
        ({"industries": ("food",)}, True),
        ({"industries": ("steel",)}, False),
        ({"territories": ("east",)}, True),
        ({"territories": ("west",)}, False),
        ({"loyalty": (LoyaltyClass.SWITCHING,)}, True),
        ({"loyalty": (LoyaltyClass.LOYAL,)}, False),
        ({"relationships": (RelationshipType.PARTNER,)}, True),
        ({"relationships": (RelationshipType.STRATEGIC,)}, False),
        ({"abc": (AbcClass.A, AbcClass.B)}, True),
        ({"abc": (AbcClass.A,)}, False),
        ({"labels": ("corner shops",)}, True),
        ({"labels": ("chains",)}, False),
        ({"volume_from": Decimal(1000)}, True),
        ({"volume_from": Decimal(1001)}, False),
        ({"volume_below": Decimal(1001)}, True),
        ({"volume_below": Decimal(1000)}, False),
        ({"industries": ("food",), "territories": ("west",)}, False),
        ({"industries": ("steel",), "include": (SHOP.account,)}, True),
        ({"exclude": (SHOP.account,)}, False),
    ],
)
def test_an_account_belongs_by_every_criterion_stated_or_by_name(criteria: dict[str, Any], fits: bool) -> None:
    assert belongs(segment(**criteria), SHOP) is fits


def test_segments_are_stated_as_a_whole_and_again_records_nothing() -> None:
    policy = Segments(id=policy_id("Segments"))
    policy.define(segments=(segment(),))
    policy.define(segments=(segment(),))
    policy.define(segments=())
    assert recorded(policy) == [
        Segments.Defined(edition=1, segments=(segment(),)),
        Segments.Defined(edition=2, segments=()),
    ]


def test_a_segment_is_found_by_its_key() -> None:
    policy = given(Segments, Segments.Defined(edition=1, segments=(segment(),)), aggregate_id=policy_id("Segments"))
    assert policy.must_have("shops") == segment()
    with pytest.raises(SegmentUnknown, match="there are: shops"):
        policy.must_have("chains")
    with pytest.raises(SegmentUnknown, match="there are: none"):
        Segments(id=policy_id("Segments")).must_have("chains")


@pytest.mark.parametrize(
    ("stated", "refusal"),
    [
        ((segment(key=" "),), SegmentIncomplete),
        ((segment(name=""),), SegmentIncomplete),
        ((segment(), segment()), SegmentTwice),
        ((segment(volume_from=Decimal(2), volume_below=Decimal(1)),), VolumesOutOfOrder),
        ((segment(volume_from=Decimal("Infinity")),), VolumesOutOfOrder),
        ((segment(include=(SHOP.account,), exclude=(SHOP.account,)),), InAndOut),
    ],
)
def test_a_definition_is_refused(stated: tuple[Segment, ...], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        Segments(id=policy_id("Segments")).define(segments=stated)


def test_the_document_is_what_was_set() -> None:
    policy = Segments(id=policy_id("Segments"))
    document = {"segments": [{"key": "shops", "name": "Shops", "kinds": ["retailer"], "volume_from": "1000"}]}
    policy.define_from(document)
    assert policy.segments["shops"] == segment(kinds=(AccountKind.RETAILER,), volume_from=Decimal(1000))
    again = Segments(id=policy.id)
    again.define_from(policy.to_document())
    assert again.segments == policy.segments
    with pytest.raises(Malformed):
        policy.define_from({"segments": [{"key": "shops", "name": "Shops", "kinds": ["bakery"]}]})
