"""Buyers as rows."""

from domain.opportunity.buyers import BuyerRole, Buyers, Support
from projections.buyers import BUYERS, BuyerRow
from tests.domain.given import sealed, some_id
from tests.projections.rows import rows_after

DEAL, OTHER_DEAL, WANG = (some_id(name) for name in ("deal", "other deal", "wang"))
MAPPED = Buyers.BuyerMapped(
    stakeholder=WANG, role=BuyerRole.APPROVER, support=Support.NEUTRAL, key_player=True, wants=sealed("quiet")
)
WON_OVER = Buyers.BuyerMapped(stakeholder=WANG, role=BuyerRole.APPROVER, support=Support.MENTOR)
UNMAPPED = Buyers.BuyerUnmapped(stakeholder=WANG)


def test_a_person_mapped_stands_where_he_was_said_to_stand() -> None:
    assert rows_after(BUYERS, (DEAL, MAPPED)) == [
        BuyerRow(DEAL, WANG, BuyerRole.APPROVER, Support.NEUTRAL, True, sealed("quiet"))
    ]


def test_the_newest_statement_replaces_the_one_before() -> None:
    assert rows_after(BUYERS, (DEAL, MAPPED), (DEAL, WON_OVER)) == [
        BuyerRow(DEAL, WANG, BuyerRole.APPROVER, Support.MENTOR)
    ]


def test_the_same_person_may_stand_elsewhere_on_another_opportunity() -> None:
    assert len(rows_after(BUYERS, (DEAL, MAPPED), (OTHER_DEAL, WON_OVER))) == 2


def test_a_person_unmapped_has_no_row() -> None:
    assert rows_after(BUYERS, (DEAL, MAPPED), (DEAL, UNMAPPED)) == []
    assert len(rows_after(BUYERS, (DEAL, MAPPED), (DEAL, UNMAPPED), (DEAL, MAPPED))) == 1
