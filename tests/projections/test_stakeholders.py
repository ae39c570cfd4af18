"""The people of the customers as rows."""

from domain.account.person import Attitude, Coverage, Level
from domain.account.stakeholders import Stakeholders
from projections.stakeholders import RELATIONSHIPS, STAKEHOLDERS, RelationshipRow, StakeholderRow
from tests.domain.given import sealed, some_id
from tests.projections.rows import rows_after

ACME, OTHER, WANG, LI, MEI = (some_id(name) for name in ("acme", "other", "wang", "li", "mei"))
NAME = sealed("Wang")
WANG_COMES = Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=NAME, title="CFO", external_id="S-1")


def assessed(level: Level, **more: object) -> Stakeholders.RelationshipAssessed:
    return Stakeholders.RelationshipAssessed(stakeholder=WANG, member=MEI, level=level, **more)  # type: ignore[arg-type]


def test_a_person_added_is_there() -> None:
    assert rows_after(STAKEHOLDERS, (ACME, WANG_COMES)) == [
        StakeholderRow(account=ACME, stakeholder=WANG, name=NAME, title="CFO", present=True, external_id="S-1")
    ]


def test_only_what_is_stated_changes() -> None:
    changed = Stakeholders.StakeholderChanged(stakeholder_id=WANG, department="Finance", reports_to=LI)
    profiled = Stakeholders.StakeholderProfiled(stakeholder_id=WANG, attitude=Attitude.VISIONARY)
    (row,) = rows_after(STAKEHOLDERS, (ACME, WANG_COMES), (ACME, changed), (ACME, profiled))
    assert row == StakeholderRow(
        account=ACME,
        stakeholder=WANG,
        name=NAME,
        title="CFO",
        department="Finance",
        reports_to=LI,
        present=True,
        attitude=Attitude.VISIONARY,
        external_id="S-1",
    )


def test_who_has_left_is_not_there_until_he_comes_back() -> None:
    left = Stakeholders.StakeholderLeft(stakeholder_id=WANG)
    back = Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=NAME)
    (gone,) = rows_after(STAKEHOLDERS, (ACME, WANG_COMES), (ACME, left))
    (again,) = rows_after(STAKEHOLDERS, (ACME, WANG_COMES), (ACME, left), (ACME, back))
    assert isinstance(gone, StakeholderRow)
    assert isinstance(again, StakeholderRow)
    assert (gone.present, gone.title) == (False, "CFO")
    assert (again.present, again.external_id) == (True, "S-1")


def test_one_identifier_used_by_two_customers_is_two_people() -> None:
    assert len(rows_after(STAKEHOLDERS, (ACME, WANG_COMES), (OTHER, WANG_COMES))) == 2


def test_a_new_assessment_keeps_what_it_does_not_state() -> None:
    first = assessed(Level.VENDOR, desired=Level.TRUSTED_ADVISER, coverage=Coverage.BRIEF)
    assert rows_after(RELATIONSHIPS, (ACME, first), (ACME, assessed(Level.PROBLEM_SOLVER))) == [
        RelationshipRow(
            account=ACME,
            stakeholder=WANG,
            member=MEI,
            level=Level.PROBLEM_SOLVER,
            desired=Level.TRUSTED_ADVISER,
            coverage=Coverage.BRIEF,
        )
    ]


def test_each_of_ours_has_a_relationship_of_his_own() -> None:
    by_li = Stakeholders.RelationshipAssessed(stakeholder=WANG, member=LI, level=Level.VENDOR)
    assert len(rows_after(RELATIONSHIPS, (ACME, assessed(Level.VENDOR)), (ACME, by_li))) == 2
