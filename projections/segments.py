"""Segments (细分市场): which customers are in each as of the view's clocks."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from domain.account.profile import AccountKind, LoyaltyClass
from domain.account.standing import RelationshipType
from domain.policies.segments import Known, Segment, belongs
from domain.visibility import Visibility
from projections.account_traits import ACCOUNT_TRAITS, AccountTraitRow
from projections.accounts import ACCOUNTS, AccountRow
from projections.key_accounts import key_statuses
from projections.portfolio_facts import customers, period_of_model
from projections.portfolio_positions import classes
from projections.seen import rows_as_of
from projections.view import Listing, View


class SegmentAccount(msgspec.Struct):
    """A customer in a segment; `position` is that of its newest profile or standing."""

    account: UUID
    external_id: str
    name: str
    position: int


class SegmentLine(msgspec.Struct):
    """A segment: its criteria as defined, how many customers that the asker may see are in it, and which, by name."""

    key: str
    name: str
    criteria: Segment
    count: int
    accounts: list[SegmentAccount]


class SegmentsAnswer(Listing, kw_only=True):
    """The segments of the edition that held, in their order."""

    listed: ClassVar[str] = "segments"
    edition: int
    segments: list[SegmentLine]


def segments(view: View) -> SegmentsAnswer:
    """All segments as of the view's clocks. Who is in a segment is the same for everybody; one sees those customers
    in it whom one may see."""
    known, accounts = known_of(view), _accounts(view)
    visible = view.visible_accounts()
    seen = None if visible is None else set(visible)
    policy = view.policies.segments
    lines = []
    for segment in policy.segments.values():
        inside = [accounts[each.account] for each in known if belongs(segment, each)]
        shown = sorted(
            (each for each in inside if seen is None or each.account in seen),
            key=lambda each: (each.name, each.account),
        )
        lines.append(SegmentLine(segment.key, segment.name, segment, len(shown), shown))
    return SegmentsAnswer(**view.head(), edition=policy.edition, segments=lines)


def members_of(view: View, segment: Segment) -> list[UUID]:
    """The customers in a segment that the asker may see, as of the view's clocks."""
    visible = view.visible_accounts()
    seen = None if visible is None else set(visible)
    found = (each.account for each in known_of(view) if belongs(segment, each))
    return sorted(each for each in found if seen is None or each in seen)


def whole(view: View) -> View:
    """The same question, asked by somebody who may see all."""
    return View(view.connection, view.clock, view.known, Visibility.whole(view.visibility.member), view.complete)


def known_of(view: View) -> list[Known]:
    """What segments ask of every customer of the company; accounts that were merged into others are none."""
    all_of_it = whole(view)
    model = view.policies.selection_model()
    found = customers(all_of_it, model, period_of_model(all_of_it, model))
    abc, statuses = classes(model, found), key_statuses(all_of_it)
    traits = {each.key: each.row for each in rows_as_of(view, ACCOUNT_TRAITS, AccountTraitRow)}
    territories = view.policies.territories
    known = []
    for account in rows_as_of(view, ACCOUNTS, AccountRow):
        if (customer := found.get(account.key)) is None:
            continue
        row, trait, status = account.row, traits.get(account.key, AccountTraitRow()), statuses.get(account.key)
        known.append(
            Known(
                account=account.key,
                kind=AccountKind(row.account_kind),
                industry=row.industry,
                territories=(row.territory, *territories.above(row.territory)) if row.territory else (),
                loyalty=LoyaltyClass(trait.loyalty) if trait.loyalty else None,
                relationship=RelationshipType(status.relationship_type) if status else None,
                abc=abc[account.key].abc,
                volume=customer.revenue_of_year if customer.volume is None else customer.volume,
                label=trait.segment,
            )
        )
    return known


def _accounts(view: View) -> dict[UUID, SegmentAccount]:
    return {
        each.key: SegmentAccount(each.key, each.row.external_id, each.row.name, each.position)
        for each in rows_as_of(view, ACCOUNTS, AccountRow)
    }
