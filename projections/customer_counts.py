"""For which customers rules of thumb hold, or may hold, counted on columns. What each means its rule says."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from domain.journal.reading import microseconds
from domain.policies.calendar import fiscal_year
from projections import customer_columns as columns
from projections import findings as rules
from projections.finding_counts import Counted, Tally
from projections.finding_facts import Facts
from projections.findings_issues import THREE_TIMES, issue_cause_repeats, open_issue_overdue
from projections.findings_partners import OF_PARTNERS
from projections.findings_plans import objective_behind_its_line, plan_not_approved
from projections.kept_columns import NEVER, NO_DAY, Kind, Rows, marked
from projections.service import A_YEAR

DAY = 86_400_000_000


def _our_actions(counted: Counted) -> Tally:
    return counted.of_codes(counted.once(columns.OUR_ACTION)["customer"])


def _needs(counted: Counted) -> Tally:
    needs, now = counted.once(columns.OPEN_NEED), microseconds(counted.facts.now)
    return counted.of_codes(needs["customer"][(now - needs["recorded"]) // DAY > rules.NEED_DAYS])


def _commitments(counted: Counted) -> Tally:
    ours = counted.once(columns.OUR_COMMITMENT)
    return counted.of_codes(ours["customer"][(ours["due_on"] != NO_DAY) & (ours["due_on"] < counted.today)])


def _values(counted: Counted) -> Tally:
    import numpy as np

    facts, values = counted.facts, counted.of_customers(columns.OUR_VALUE)
    last = np.full(len(values.ids), NEVER, np.int64)
    np.maximum.at(last, values["customer"], values["given"])
    codes = counted.keys["customer"]
    since = np.where(last[codes] != NEVER, last[codes], counted.keys["since"])
    return counted.of_codes(codes[(microseconds(facts.now) - since) // DAY > rules.QUARTER_DAYS])


def _unjustified(counted: Counted) -> Tally:
    return counted.of_codes(counted.keys["customer"][~counted.keys["justified"]])


def _overdue_issues(counted: Counted) -> Tally:
    issues, now = counted.of_customers(columns.OPEN_ISSUE), microseconds(counted.facts.now)
    response, resolution = ((issues[due] != NEVER) & (issues[due] < now) for due in ("response_due", "resolution_due"))
    missed = (issues["response_missed"] != NEVER) | (issues["resolution_missed"] != NEVER)
    return counted.of_codes(issues["customer"][missed | resolution | (response & (issues["responded"] == NEVER))])


def _behind(counted: Counted) -> Tally:
    import numpy as np

    facts, ids = counted.facts, counted.open.ids
    surely, undecided = counted.plans.behind()
    few = Facts(facts.view.among(map(ids.key, undecided.tolist())), facts)
    asked = objective_behind_its_line.find(few) if len(undecided) else ()
    return counted.of_codes(np.concatenate((surely, ids.of([each.account for each in asked if each.account]))))


def _drafts(counted: Counted) -> Tally:
    facts = counted.facts
    customers = counted.plans.drafts(fiscal_year(facts.view.policies.company, facts.today))
    return counted.of_codes(customers[marked(counted.open.ids, counted.keys["customer"])[customers]])


OF_CUSTOMERS: dict[str, Callable[[Counted], Tally]] = {
    rules.key_status_unjustified.name: _unjustified,
    rules.objective_names_our_action.name: _our_actions,
    rules.need_unanswered.name: _needs,
    rules.commitment_overdue.name: _commitments,
    rules.no_value_given.name: _values,
    open_issue_overdue.name: _overdue_issues,
    objective_behind_its_line.name: _behind,
    plan_not_approved.name: _drafts,
}
"""For whom rules hold, by their names."""


def _whose(rows: Rows) -> set[UUID]:
    import numpy as np

    return {rows.ids.key(code) for code in np.unique(rows["customer"]).tolist()}


def _of_deals(kind: Kind) -> Callable[[Counted], set[UUID]]:
    """The customers of open opportunities that have such rows."""

    return lambda counted: _whose(counted.beside_deals(kind))


def _complained(counted: Counted) -> set[UUID]:
    import numpy as np

    issues = counted.of_customers(columns.CAUSED_ISSUE)
    issues = issues.where(issues["raised"] > microseconds(counted.facts.now - A_YEAR))
    alike = issues["customer"].astype(np.int64) << 32 | issues["root_cause"]
    kinds, counts = np.unique(alike, return_counts=True)
    return {issues.ids.key(int(each) >> 32) for each in kinds[counts >= THREE_TIMES].tolist()}


def _late_logs(counted: Counted) -> set[UUID]:
    since, found = microseconds(counted.facts.now - rules.LATELY), set[UUID]()
    for kind in (columns.LATE_VISIT, columns.LATE_CONTACT):
        rows = counted.of_customers(kind)
        found |= _whose(rows.where((rows["at"] > since) & (rows["valid_from"] > since)))
    return found


def _partners(counted: Counted) -> set[UUID]:
    return _whose(counted.of_customers(columns.PARTNER))


MAY_HOLD: dict[str, Callable[[Counted], set[UUID]]] = {
    rules.quote_without_follow_up.name: _of_deals(columns.OPEN_QUOTE),
    rules.conceded_for_nothing.name: _of_deals(columns.CONCEDED),
    rules.resources_over_limit.name: _of_deals(columns.SPENT),
    rules.open_after_no_go.name: _of_deals(columns.NOT_PURSUED),
    issue_cause_repeats.name: _complained,
    rules.logged_late.name: _late_logs,
    **{each.name: _partners for each in OF_PARTNERS},
}
"""For whom rules may hold, by their names: these are then asked of them alone."""
