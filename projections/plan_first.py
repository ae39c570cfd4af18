"""The first plans of a list: columns of a whole company say which may be among them, and these alone are looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.account_columns import ACCOUNT, places_of_names
from projections.account_plans import ACCOUNT_PLANS
from projections.deal_columns import Unkept, then
from projections.finding_facts import Facts
from projections.kept_answers import Grain, kept
from projections.kept_columns import NO_DAY, Kind, Rows, day_number, rows_then
from projections.objective_columns import OpenPlans
from projections.plan_milestones import PLAN_MILESTONES, PlanMilestoneStatus
from projections.plan_progress import PlansAnswer, plans
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNREACHED = Kind(
    PLAN_MILESTONES,
    stream="plan",
    account="account",
    where=f"reached_on is null and status <> '{PlanMilestoneStatus.DROPPED}'",
    days={"due": "due"},
)


def first_plans(
    view: View, most: int, *, account: UUID | None = None, fiscal_year: int | None = None, every: bool = False
) -> PlansAnswer:
    """The first so many plans: the newest fiscal year first, of each year those that lack most. Those that do not come
    up are counted and not looked at, nor is whether their purchases have rates."""
    asked = most, account, fiscal_year, every
    return kept(view, "first plans", PlansAnswer, partial(_first_plans, view, *asked), *asked, grain=Grain.DAY)


def _first_plans(view: View, most: int, account: UUID | None, fiscal_year: int | None, every: bool) -> PlansAnswer:
    try:
        if account is not None or every:
            raise Unkept
        keys, left_out = _by_columns(view, most, fiscal_year)
    except Unkept:
        keys, left_out = _by_years(view, most, account, fiscal_year, every)
    answer = plans(view, account=account, fiscal_year=fiscal_year, every=every, keys=keys)
    answer.plans.sort(key=lambda each: (-each.fiscal_year, -each.behind - each.missed, each.name))
    answer.cut(most)
    answer.not_shown += left_out
    return answer


def _by_years(
    view: View, most: int, account: UUID | None, fiscal_year: int | None, every: bool
) -> tuple[list[UUID], int]:
    """The plans of those years that come up, and how many others there are."""
    visible = view.visible_accounts()
    accounts = visible if account is None else view.together(view.leads_to(account))
    wanted = [
        "account = any(%(accounts)s)" if accounts is not None else "",
        "account = any(%(visible)s)" if visible is not None else "",
        "" if every else "status <> 'closed'",
        "fiscal_year = %(year)s" if fiscal_year is not None else "",
    ]
    where = " and ".join(each for each in wanted if each)
    asked: dict[str, Any] = {"accounts": accounts, "visible": visible, "year": fiscal_year}
    rows = view.rows(ACCOUNT_PLANS, "key, fiscal_year", where, **asked)
    years = sorted((year for _, year in rows), reverse=True)
    least = years[min(most, len(years)) - 1] if years else 0
    keys = [key for key, year in rows if year >= least]
    return keys, len(rows) - len(keys)


def _by_columns(view: View, most: int, fiscal_year: int | None) -> tuple[list[UUID], int]:
    """The plans that may be among the first so many, and how many others there are. Raises Unkept."""
    facts = Facts(view)
    of_all = OpenPlans(facts)
    rows = of_all.rows if fiscal_year is None else of_all.rows.where(of_all.rows["fiscal_year"] == fiscal_year)
    lately = _of_years(rows, most)
    found = _may_be_first(view, most, lately, *_lacking(facts, of_all, lately))
    keys = list(map(rows.ids.key, found["_stream"].tolist()))
    return keys, len(rows) - len(keys)


def _of_years(plans: Rows, most: int) -> Rows:
    """The plans of those years that come up."""
    import numpy as np

    years = np.sort(plans["fiscal_year"])[::-1]
    return plans if len(plans) <= most else plans.where(plans["fiscal_year"] >= years[most - 1])


def _lacking(facts: Facts, of_all: OpenPlans, plans: Rows) -> tuple[NDArray[Any], NDArray[Any]]:
    """How many of the objectives and milestones of each plan are surely behind and missed, and at most."""
    import numpy as np

    aims, are_behind, are_undecided = of_all.judged(plans)
    stones = then(facts, UNREACHED)
    missed = stones["_stream"][(stones["due"] < day_number(facts.today)) & (stones["due"] != NO_DAY)]
    surely = np.concatenate((aims["_stream"][are_behind], missed))
    at_most = np.concatenate((surely, aims["_stream"][are_undecided]))
    found = [np.bincount(each, minlength=len(plans.ids))[plans["_stream"]] for each in (surely, at_most)]
    return found[0], found[1]


def _may_be_first(view: View, most: int, plans: Rows, surely: NDArray[Any], at_most: NDArray[Any]) -> Rows:
    """Those that come before the last of the first so many of whom it is known what they lack, or beside it."""
    import numpy as np

    years, names = plans["fiscal_year"], places_of_names(view, rows_then(view, ACCOUNT))[plans["customer"]]
    known = np.flatnonzero(surely == at_most)
    if len(known) < most:
        return plans
    order = np.lexsort((names[known], -surely[known], -years[known]))
    last = known[order[most - 1]]
    more_lacking = (at_most > surely[last]) | ((at_most == surely[last]) & (names <= names[last]))
    return plans.where((years > years[last]) | ((years == years[last]) & more_lacking))
