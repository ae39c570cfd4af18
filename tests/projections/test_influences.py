"""Influence as rows."""

from typing import Any

from domain.account.influence import InfluenceKind, InfluenceNature, Influences
from projections.influences import INFLUENCES, InfluenceRow
from tests.domain.given import some_id
from tests.projections.rows import rows_after

ACME, WANG, LI = (some_id(name) for name in ("acme", "wang", "li"))


def observed(of=WANG, on=LI, kind=InfluenceKind.ADVISES, strength=2, nature=InfluenceNature.POLITICAL) -> Any:
    return Influences.InfluenceObserved(
        from_stakeholder=of, to_stakeholder=on, kind=kind, strength=strength, nature=nature
    )


def row(of=WANG, on=LI, kind=InfluenceKind.ADVISES, strength=2, nature=InfluenceNature.POLITICAL) -> InfluenceRow:
    return InfluenceRow(ACME, of, on, kind, strength, nature)


def rows_of(*events: Any) -> list[Any]:
    return list(rows_after(INFLUENCES, *((ACME, event) for event in events)))


def test_influence_is_a_row_per_pair_of_people_and_kind() -> None:
    events = observed(), observed(LI, WANG), observed(kind=InfluenceKind.BLOCKS, strength=3)
    assert rows_of(*events) == [row(), row(LI, WANG), row(kind=InfluenceKind.BLOCKS, strength=3)]


def test_the_newest_observation_holds() -> None:
    formal = observed(strength=3, nature=InfluenceNature.FORMAL)
    assert rows_of(observed(), formal) == [row(strength=3, nature=InfluenceNature.FORMAL)]


def test_withdrawn_influence_has_no_row_until_it_is_observed_again() -> None:
    gone = Influences.InfluenceWithdrawn(from_stakeholder=WANG, to_stakeholder=LI, kind=InfluenceKind.ADVISES)
    assert rows_of(observed(), gone) == []
    assert rows_of(observed(), gone, observed(strength=1)) == [row(strength=1)]
