"""For which customers rules of thumb hold, or may hold, by a few columns of rows. What each means its rule says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from domain.policies.calendar import fiscal_year
from projections import findings as rules
from projections.commitments import COMMITMENTS
from projections.concessions import CONCESSIONS
from projections.finding import days
from projections.finding_counts import Counted, Tally
from projections.finding_facts import Facts
from projections.findings_issues import THREE_TIMES, issue_cause_repeats, open_issue_overdue
from projections.findings_plans import objective_behind_its_line, plan_not_approved
from projections.issue_times import first_missed
from projections.issues import ISSUES, IssueRow
from projections.kept_columns import marked
from projections.needs import NEEDS
from projections.objective_columns import behind, drafts
from projections.pursuits import PURSUITS
from projections.quotes import QUOTES
from projections.resources import RESOURCES
from projections.service import A_YEAR
from projections.value_given import VALUES
from projections.visits import VISITS


def _of_items(counted: Counted, rows: list[tuple[Any, ...]]) -> Tally:
    """Of rows that begin with their account and what may go on elsewhere since a merge."""
    facts = counted.facts
    customers = [
        facts.customer(account) for account, item, *_ in rows if not facts.view.goes_on_elsewhere(account, item)
    ]
    return counted.of_customers([each for each in customers if each in facts.accounts])


def _our_actions(counted: Counted) -> Tally:
    return _of_items(counted, counted.rows(VISITS, "account, visit", "our_action and status = 'planned'"))


def _needs(counted: Counted) -> Tally:
    where = "status = 'open' and recorded is not null and coalesce(cardinality(opportunities), 0) = 0"
    rows = counted.rows(NEEDS, "account, need, recorded", where)
    return _of_items(counted, [row for row in rows if days(row[2], counted.facts.now) > rules.NEED_DAYS])


def _commitments(counted: Counted) -> Tally:
    where, today = "status = 'open' and made_by = 'us' and due_on < %(today)s", counted.facts.today
    return _of_items(counted, counted.rows(COMMITMENTS, "account, commitment", where, today=today))


def _values(counted: Counted) -> Tally:
    facts, last = counted.facts, dict[UUID, Any]()
    for account, given, since in counted.rows(VALUES, "account, given, valid_from", "given_by = 'us'"):
        customer, found = facts.customer(account), (given or since, given)
        if customer not in last or found[0] > last[customer][0]:
            last[customer] = found
    return counted.of_customers(
        [
            key
            for key, status in facts.statuses.items()
            if days((last[key][1] if key in last else None) or status.since, facts.now) > rules.QUARTER_DAYS
        ]
    )


def _overdue_issues(counted: Counted) -> Tally:
    columns = "response_due, responded, response_missed, resolution_due, resolved, resolution_missed"
    names, customers = columns.split(", "), list[UUID]()
    for account, *times in counted.rows(ISSUES, f"account, {columns}", "resolved is null"):
        customer = counted.facts.customer(account)
        row = IssueRow(**dict(zip(names, times, strict=True)))
        if customer in counted.facts.accounts and first_missed(row, counted.facts.now):
            customers.append(customer)
    return counted.of_customers(customers)


def _behind(counted: Counted) -> Tally:
    import numpy as np

    facts, ids = counted.facts, counted.open.ids
    surely, undecided = behind(facts)
    few = Facts(facts.view.among(map(ids.key, undecided.tolist())), facts.view)
    asked = objective_behind_its_line.find(few) if len(undecided) else ()
    return counted.of_codes(np.concatenate((surely, ids.of([each.account for each in asked if each.account]))))


def _drafts(counted: Counted) -> Tally:
    facts = counted.facts
    customers = drafts(facts, fiscal_year(facts.view.policies.company, facts.today))
    return counted.of_codes(customers[marked(counted.open.ids, counted.open.ids.of(list(facts.statuses)))[customers]])


OF_CUSTOMERS: dict[str, Callable[[Counted], Tally]] = {
    rules.objective_names_our_action.name: _our_actions,
    rules.need_unanswered.name: _needs,
    rules.commitment_overdue.name: _commitments,
    rules.no_value_given.name: _values,
    open_issue_overdue.name: _overdue_issues,
    objective_behind_its_line.name: _behind,
    plan_not_approved.name: _drafts,
}
"""For whom rules hold, by their names."""


def _of_deals(counted: Counted, rows: list[tuple[Any, ...]]) -> set[UUID]:
    """The customers of opportunities, the first column, that are open."""
    deals = counted.open
    places = deals.places_of([key for key, *_ in rows])
    return {deals.ids.key(code) for code in deals.deals["customer"][places].tolist()}


def _quoted(counted: Counted) -> set[UUID]:
    where = "status = 'issued' and followed_up_on is null"
    return _of_deals(counted, counted.rows(QUOTES, "opportunity", where))


def _conceded(counted: Counted) -> set[UUID]:
    return _of_deals(counted, counted.rows(CONCESSIONS, "opportunity", "not in_return"))


def _spent(counted: Counted) -> set[UUID]:
    return _of_deals(counted, counted.rows(RESOURCES, "opportunity"))


def _not_pursued(counted: Counted) -> set[UUID]:
    return _of_deals(counted, counted.rows(PURSUITS, "key", "decision = 'no_go'"))


def _complained(counted: Counted) -> set[UUID]:
    facts, where = counted.facts, "root_cause <> '' and raised > %(since)s"
    rows = counted.rows(ISSUES, "account, root_cause", where, since=facts.now - A_YEAR)
    alike = Counter((facts.customer(account), cause) for account, cause in rows)
    return {customer for (customer, _), count in alike.items() if count >= THREE_TIMES and customer in facts.accounts}


MAY_HOLD: dict[str, Callable[[Counted], set[UUID]]] = {
    rules.quote_without_follow_up.name: _quoted,
    rules.conceded_for_nothing.name: _conceded,
    rules.resources_over_limit.name: _spent,
    rules.open_after_no_go.name: _not_pursued,
    issue_cause_repeats.name: _complained,
}
"""For whom rules may hold, by their names: these are then asked of them alone."""
