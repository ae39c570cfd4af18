"""Rules of thumb about issues: causes that repeat, promises that are broken while the customer waits."""

from __future__ import annotations

from collections.abc import Iterator

from domain.language.catalogue import say
from projections.finding import Found, finding, rules_in
from projections.finding_facts import Facts
from projections.issue_times import first_missed
from projections.service import repeated_causes

THREE_TIMES = 3


@finding(weight=2)
def issue_cause_repeats(facts: Facts) -> Iterator[Found]:
    """The same root cause of issues came three times within a year at one customer."""
    for each in repeated_causes(facts.complaints(), facts.now, THREE_TIMES):
        text = say("{cause}: {count} [issue|issues] within a year", cause=each.cause, count=each.count)
        yield facts.about_account(facts.accounts[each.account], text, *each.positions, since=each.newest)


@finding(weight=3)
def open_issue_overdue(facts: Facts) -> Iterator[Found]:
    """An SLA is breached on an issue that is still open."""
    for each in facts.complaints("resolved is null"):
        if since := first_missed(each.row, facts.now):
            text = say("an open issue of severity {severity} is overdue", severity=each.row.severity)
            yield facts.about_account(facts.accounts[each.customer.account], text, each.seen, since=since)


OF_ISSUES = rules_in(globals())
