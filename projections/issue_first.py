"""The first issues of a list, and how many there are: no more of them are read than are shown."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.issue_list import Expect, IssueLine, Read, issues
from projections.issues import ISSUES, OVER
from projections.view import View

_OVER = ", ".join(f"'{status}'" for status in OVER)
_MISSED = (
    "(response_missed is not null or response_due < %(as_of)s and responded is null"
    " or resolution_missed is not null or resolution_due < %(as_of)s and resolved is null)"
)
_DUE = "case when responded is null then coalesce(response_due, resolution_due) else resolution_due end"
_COLUMNS = f"key, account, cause, status not in ({_OVER}) as is_open, {_MISSED} as missed, raised, {_DUE} as due"
_FIRST = """
with led as materialized (select * from unnest(%(ended)s::uuid[], %(gone_on)s::uuid[]) led(one, other)),
customer as materialized ({customers}),
found as materialized (select issue.* from ({issues}) issue left join led on led.one = issue.account
    join customer on customer.key = coalesce(led.other, issue.account)),
counted as (select count(*) as of_all, count(*) filter (where is_open) as open,
    count(*) filter (where is_open and missed) as overdue from found)
select key, of_all, open, overdue from found, counted
order by is_open desc, case when is_open then coalesce(due, raised) end,
    case when not is_open then raised end desc, cause
limit %(most)s
"""


class FirstIssues(NamedTuple):
    """The first of the issues; how many there are, are open, and are open though a time was missed."""

    lines: list[IssueLine]
    of_all: int
    open: int
    overdue: int


def first_issues(
    view: View,
    most: int,
    *,
    account: UUID | None = None,
    only_open: bool = False,
    read: Read = lambda _, __: None,
    expect: Expect = lambda _: None,
) -> FirstIssues:
    """The first so many that `issues` says."""
    wanted = None if account is None else view.together(view.leads_to(account))
    visible = view.visible_accounts()
    where = [
        "account = any(%(wanted)s)" if wanted is not None else "",
        "account = any(%(visible)s)" if visible is not None else "",
        f"status not in ({_OVER})" if only_open else "",
    ]
    found = as_of_sql(ISSUES, _COLUMNS, " and ".join(each for each in where if each))
    sql = _FIRST.format(customers=as_of_sql(ACCOUNTS, "key"), issues=found)
    asked = view.parameters(**view.group_parameters(), wanted=wanted, visible=visible, most=most)
    rows = view.connection.execute(sql.encode(), asked).fetchall()
    if not rows:
        return FirstIssues([], 0, 0, 0)
    keys = [row[0] for row in rows]
    lines = issues(view, account=account, only_open=only_open, keys=keys, read=read, expect=expect).issues
    return FirstIssues(lines, *rows[0][1:])
