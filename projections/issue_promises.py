"""By when issues would have been due under supposed policies: by the hours and the calendar of when each was raised."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import BEGINNING
from domain.issue.terms import Due
from domain.policies.company import Company
from domain.policies.policy import policy_id
from domain.policies.service_hours import due_after
from domain.policies.service_policy import ServicePolicy
from projections.issues import ISSUES, OVER, IssueRow, IssueStatus
from projections.policies import POLICIES, Policies, policies_as_of
from projections.versions import versions_sql
from projections.view import View

Dues = dict[Due, datetime]
PROMISING = (ServicePolicy, Company)
"""The policies that say by when an issue is due."""


def promised(view: View, rows: Mapping[UUID, IssueRow]) -> dict[UUID, IssueRow]:
    """The issues with the due moments that they would have been given under what the view supposes, and whether those
    were missed. They stay as they are where nothing is supposed, or where it would have promised the same."""
    if not any(each.policy in PROMISING for each in view.supposed):
        return dict(rows)
    promises = _Promises(view)
    changed = {key: dues for key, row in rows.items() if (dues := promises.of(row)) is not None}
    turns = _turns(view, [key for key in changed if rows[key].reopened])
    view.policies.read.update((each.__name__, "") for each in PROMISING)
    return {key: _under(row, changed[key], turns.get(key)) if key in changed else row for key, row in rows.items()}


class _Promises:
    """The policies of the moments at which issues were raised: as they were, and with what is supposed."""

    def __init__(self, view: View) -> None:
        self._view = view
        keys = [uuid5(policy_id(each.__name__), "whole") for each in PROMISING]
        own = " union ".join(
            f"select key from {table} where topic like 'Company.%%'" for table in (POLICIES.table, POLICIES.history)
        )
        sql = versions_sql(POLICIES, "topic", f"key = any(%(keys)s) or key in ({own})", gone=True)
        rows = view.connection.execute(sql.encode(), view.parameters(keys=keys)).fetchall()
        self._changes = [BEGINNING, *sorted({since for _, since, *_ in rows})]
        self._known: dict[datetime, tuple[Policies, Policies]] = {}

    def of(self, row: IssueRow) -> Dues | None:
        """The due moments of an issue under what is supposed; None where they would be those that it has, and where
        nothing was promised."""
        if row.raised is None or row.response_due is None or row.resolution_due is None:
            return None
        was, would = (_dues(policies, row, row.raised) for policies in self._at(row.raised))
        return None if was == would else would

    def _at(self, moment: datetime) -> tuple[Policies, Policies]:
        since = self._changes[bisect_right(self._changes, moment) - 1]
        if since not in self._known:
            asked = self._view.parameters(as_of=since)
            was, would = (policies_as_of(self._view.connection, asked) for _ in range(2))
            for each in self._view.supposed:
                if each.policy in PROMISING:
                    each.hold_in(would)
            self._known[since] = was, would
        return self._known[since]


def _dues(policies: Policies, row: IssueRow, raised: datetime) -> Dues:
    service, company = policies.service, policies.company
    by_the_clock = row.severity in service.round_the_clock
    hours = {Due.RESPONSE: service.response_hours, Due.RESOLUTION: service.resolution_hours}
    return {
        which: due_after(company, raised, of[row.service_level][row.severity - 1], by_the_clock)
        for which, of in hours.items()
    }


def _under(row: IssueRow, dues: Dues, turns: list[tuple[datetime, bool]] | None) -> IssueRow:
    """The issue with other due moments; `turns` are when it was resolved (true) and reopened, where it was reopened."""
    response, resolution = dues[Due.RESPONSE], dues[Due.RESOLUTION]
    if turns is None:
        turns = [(row.resolved, True)] if row.resolved else []
    late = next(((at, done) for at, done in turns if at > resolution), None)
    return msgspec.structs.replace(
        row,
        response_due=response,
        resolution_due=resolution,
        response_missed=response if row.responded is not None and row.responded > response else None,
        resolution_missed=None if late is None else resolution if late[1] else late[0],
    )


def _turns(view: View, issues: list[UUID]) -> dict[UUID, list[tuple[datetime, bool]]]:
    """When issues were resolved and reopened, in order."""
    if not issues:
        return {}
    sql = versions_sql(ISSUES, "status", "key = any(%(keys)s)") + " order by 1, 2, 3"
    found: dict[UUID, list[tuple[datetime, bool]]] = {}
    before: dict[UUID, bool] = {}
    for key, at, _, status in view.connection.execute(sql.encode(), view.parameters(keys=issues)):
        over = IssueStatus(status) in OVER
        if over is not before.get(key, False):
            found.setdefault(key, []).append((at, over))
        before[key] = over
    return found
