"""Findings: an observation begins and ends; nobody decides by it."""

import pytest

from domain.finding import Finding, NotRaised, SubjectKind, finding_id
from tests.domain.given import given, recorded, some_id

ACME, BOLT = some_id("acme"), some_id("bolt")
ABOUT = {"rule": "close_date_past", "rule_version": 1, "subject_kind": SubjectKind.ACCOUNT, "subject": ACME}
RAISED = Finding.Raised(**ABOUT, causes=(3, 7), account=ACME)
CLEARED = Finding.Cleared(**ABOUT, causes=(3, 7), account=ACME)


def test_a_rule_that_begins_to_hold_is_raised():
    finding = given(Finding)
    finding.notice(**ABOUT, causes=(3, 7), account=ACME)
    assert recorded(finding) == [RAISED]


def test_while_it_holds_other_causes_are_no_news():
    finding = given(Finding, RAISED)
    finding.notice(**ABOUT, causes=(3, 7, 9), account=ACME)
    assert recorded(finding) == []


def test_a_rule_that_ends_is_cleared_with_its_causes():
    finding = given(Finding, RAISED)
    finding.clear(**ABOUT)
    assert recorded(finding) == [CLEARED]


def test_what_was_cleared_can_be_raised_anew():
    finding = given(Finding, RAISED, CLEARED)
    finding.notice(**ABOUT, causes=(12,), account=ACME)
    assert recorded(finding) == [Finding.Raised(**ABOUT, causes=(12,), account=ACME)]


def test_what_does_not_hold_cannot_be_cleared():
    finding = given(Finding)
    with pytest.raises(NotRaised):
        finding.clear(**ABOUT)
    assert recorded(finding) == []


def test_a_finding_has_a_stream_for_each_rule_version_and_subject():
    streams = {finding_id(rule, version, who) for rule in ("a", "b") for version in (1, 2) for who in (ACME, BOLT)}
    assert len(streams) == 8
    assert finding_id("a", 1, ACME) == finding_id("a", 1, ACME)
