"""Rules of thumb about partners: below the threshold twice, obligations that we broke, periods that nobody scored."""

from __future__ import annotations

from datetime import UTC, date, datetime

from projections.findings_answer import FindingFilters, FindingLine, findings
from projections.todo import todo
from tests.projections.asking import Office
from tests.projections.test_partner_standing import HUARUI, KEY, OTHER, STORY, office, on, second_quarter

__all__ = ["office"]


def found(office: Office, rule: str, as_of: datetime, known_at: int | None = None) -> list[FindingLine]:
    with office.view(as_of, known_at) as view:
        return findings(view, FindingFilters(rules=(rule,))).findings


def test_a_partner_below_the_threshold_twice_in_a_row_is_found_until_it_is_better_or_leaves(office: Office) -> None:
    stays = STORY[:-1]
    office.journal.wipe()
    period = {"period": "2025-Q3", "first": date(2025, 7, 1), "last": date(2025, 9, 30), "scored_on": date(2025, 10, 2)}
    office.tell(*stays, (KEY, second_quarter(**period), on(10, 2)))
    assert found(office, "partner_below_threshold", on(9, 1)) == []
    (line,) = found(office, "partner_below_threshold", on(10, 10))
    assert (line.subject, line.positions) == (HUARUI, [15, 18])
    assert line.text == "below the threshold of Golden key in 2025-Q2 (47.50), 2025-Q3 (47.50)"
    assert line.since == datetime(2025, 9, 30, 23, 59, 59, 999999, tzinfo=UTC)
    better = second_quarter(**period, below=False)
    office.tell((KEY, better, on(10, 12)))
    assert found(office, "partner_below_threshold", on(10, 13)) == []
    assert len(found(office, "partner_below_threshold", on(10, 13), known_at=18)) == 1


def test_an_obligation_of_ours_that_we_broke_in_the_newest_period_is_found_and_to_be_done(office: Office) -> None:
    (line,) = found(office, "our_obligation_broken", on(7, 20))
    assert (line.subject, line.positions) == (HUARUI, [15])
    assert line.text == "we broke delivery, training of Golden key in 2025-Q2"
    with office.view(on(7, 20)) as view:
        assert "our_obligation_broken" in {each.kind for each in todo(view).items}
    assert found(office, "our_obligation_broken", on(4, 1)) == []
    assert found(office, "our_obligation_broken", on(8, 20)) == []  # it has left


def test_a_period_without_a_score_is_found_thirty_days_after_its_end(office: Office) -> None:
    assert [line.subject for line in found(office, "partner_not_scored", on(4, 30))] == []
    (line,) = found(office, "partner_not_scored", on(5, 1))
    assert (line.subject, line.text, line.positions) == (OTHER, "2025-Q1 of Golden key has no score", [10])
    (line,) = found(office, "partner_not_scored", on(8, 20))
    assert line.text == "2025-Q1, 2025-Q2 of Golden key has no score"
