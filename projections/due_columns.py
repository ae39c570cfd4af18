"""What is due by itself, in columns: of which customer, for whom, on which day and how weighty. What each kind of thing
means `todo` says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.account.dealings import Side
from domain.journal.reading import microseconds
from domain.policies.calendar import day_of
from projections.account_plans import ACCOUNT_PLANS
from projections.action_items import ACTION_ITEMS
from projections.commitments import COMMITMENTS
from projections.customer_columns import OPEN_ISSUE, OPEN_ITEM, OUR_COMMITMENT
from projections.customer_standing import Customers
from projections.department_requests import DEPARTMENT_REQUESTS
from projections.due_kinds import DueKind
from projections.engine import ReadModel
from projections.finding_facts import Facts
from projections.issues import ISSUES
from projections.kept_columns import NEVER, NO_DAY, Kind, Rows, day_number, days_of, marked, rows_then
from projections.kept_ids import Ids
from projections.objective_columns import OPEN_PLAN
from projections.opportunities import FUNNEL
from projections.plan_measures import SOON as STONES_AHEAD
from projections.plan_milestones import PLAN_MILESTONES, PlanMilestoneStatus
from projections.quotes import QUOTES, QuoteRow, follow_up_due
from projections.todo import GRAVE, REVIEWS_AHEAD, SOON, control_points
from projections.view import View
from projections.visit_columns import customers_of, once, visits_due

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = tuple(DueKind)
COLUMNS = ("customer", "member", "due", "weight", "kind")
MILESTONE = Kind(
    PLAN_MILESTONES,
    stream="plan",
    account="account",
    where=f"reached_on is null and side = '{Side.US}' and status <> '{PlanMilestoneStatus.DROPPED}'",
    ids={"owner": "owner"},
    days={"due_on": "due"},
)
Thing = tuple[int, int, date | None, int, DueKind]
"""What is due of a customer (0: of none), for whom; both as numbers."""


class DueThings:
    """What is due of the customers that the asker may see, in no order; `all` has a row for each thing: `customer` (0:
    none) and `member` as numbers of `ids`, the `due` day, its `weight` and the place of its kind in KINDS."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.today = day_of(view.policies.company, view.clock.as_of)
        self._read = {
            kind.model.name: rows_then(view, kind)
            for kind in (OPEN_ITEM, OUR_COMMITMENT, OPEN_ISSUE, MILESTONE, OPEN_PLAN)
        }
        self._strategy = ""
        self._due_visits = visits_due(view, SOON, SOON)
        self.ids: Ids = self._due_visits.ids
        self.customers = Customers(view)

    def all(self) -> Rows:
        """Everything that is due."""
        import numpy as np

        parts = [
            self._of_accounts(self._read[ACTION_ITEMS.name], 2, DueKind.ACTION_ITEM),
            self._of_accounts(self._read[COMMITMENTS.name], 3, DueKind.COMMITMENT),
            self._visits(),
            *self._issues(),
            self._milestones(),
            self._reviews(),
            self._listed([*self._quotes(), *self._control_points(), *self._requests()]),
        ]
        return Rows(self.ids, {name: np.concatenate([each[name] for each in parts]) for name in COLUMNS})

    def name(self, customer: int) -> str:
        """What a customer is called; the strategy, where a thing is about no customer."""
        return self.customers.name(customer) if customer else self._strategy

    def _of_accounts(self, rows: Rows, weight: int, kind: DueKind) -> Rows:
        """Rows with an `item`, an `owner` and a day `due_on`."""
        rows.columns["customer"] = customers_of(self._view, self.ids)[rows["_account"]]
        rows = once(self._view, rows, "item")
        return self._made(rows, rows["owner"], rows["due_on"], weight, kind)

    def _visits(self) -> Rows:
        """Visits that are to be logged or begin soon, and next steps of the last."""
        import numpy as np

        rows = self._due_visits
        weight = np.where((rows["planned"] > 0) & ~rows["past"], 1, 2)
        return self._made(rows, rows["who"], rows["due"], weight, DueKind.VISIT)

    def _issues(self) -> Iterator[Rows]:
        """Issues for the manager, and for whom they were escalated to."""
        import numpy as np

        rows = self._read[ISSUES.name]
        until = microseconds(self._view.clock.as_of + SOON)
        rows.columns["due"] = np.where(rows["responded"] == NEVER, rows["response_due"], rows["resolution_due"])
        rows = rows.where((rows["due"] != NEVER) & (rows["due"] <= until))
        rows.columns["customer"] = customers_of(self._view, self.ids)[rows["_account"]]
        due = days_of(self._view.policies.company, rows["due"])
        weight = np.where(rows["severity"] <= GRAVE, 3, 2)
        nobody = np.zeros(len(rows), np.int32)
        yield self._made(rows, nobody, due, weight, DueKind.ISSUE)
        others = (rows["escalated_to"] > 0) & (rows["escalated_to"] != self.customers.managers[rows["customer"]])
        rows = rows.where(others)
        yield self._made(rows, rows["escalated_to"], due[others], weight[others], DueKind.ISSUE)

    def _milestones(self) -> Rows:
        """Milestones of ours in plans that are not closed."""
        import numpy as np

        rows, plans = self._read[PLAN_MILESTONES.name], self._read[ACCOUNT_PLANS.name]
        of_plan = np.zeros(len(self.ids), np.int32)
        of_plan[plans["_stream"]] = customers_of(self._view, self.ids)[plans["_account"]]
        rows.columns["customer"] = of_plan[rows["_stream"]]
        rows = rows.where((rows["due_on"] != NO_DAY) & (rows["due_on"] <= day_number(self.today + STONES_AHEAD)))
        return self._made(rows, rows["owner"], rows["due_on"], 2, DueKind.PLAN_MILESTONE)

    def _made(self, rows: Rows, owner: NDArray[Any], due: NDArray[Any], weight: Any, kind: DueKind) -> Rows:
        """Things of customers; whose is nobody's is the manager's."""
        import numpy as np

        customer = rows["customer"]
        columns = {
            "customer": customer,
            "member": np.where(owner > 0, owner, self.customers.managers[customer]),
            "due": due,
            "weight": weight + self._is_key[customer],
            "kind": np.full(len(customer), KINDS.index(kind)),
        }
        return Rows(self.ids, columns).where(self.customers.are_one[customer])

    @cached_property
    def _is_key(self) -> NDArray[Any]:
        return marked(self.ids, self.customers.keys["customer"]).astype("int64")

    def _listed(self, things: list[Thing]) -> Rows:
        """Things that are few."""
        import numpy as np

        customers, members, days, weights, kinds = zip(*things, strict=True) if things else ((),) * 5
        customer = np.array(customers, np.int32)
        columns = {
            "customer": customer,
            "member": np.array(members, np.int32),
            "due": np.array([day_number(each) if each else NO_DAY for each in days], np.int64),
            "weight": np.array(weights, np.int64) + self._is_key[customer],
            "kind": np.array([KINDS.index(each) for each in kinds], np.int64),
        }
        return Rows(self.ids, columns)

    def _reviews(self) -> Rows:
        """Reviews of key accounts that are due."""
        import numpy as np

        keys = self.customers.keys
        keys = keys.where(keys["due"] <= day_number(self.today + REVIEWS_AHEAD))
        return self._made(keys, np.zeros(len(keys), np.int32), keys["due"], 2, DueKind.REVIEW)

    def _quotes(self) -> Iterator[Thing]:
        columns, where = "opportunity, follow_up_on, issued_on", "status = 'issued' and followed_up_on is null"
        rows = self._view.rows(QUOTES, columns, where)
        keys = [row[0] for row in rows]
        found = self._rows(FUNNEL, "key, account, owner", "account", "key = any(%(keys)s)", keys=keys) if rows else []
        deals = {key: (account, owner) for key, account, owner in found}
        for opportunity, follow_up_on, issued_on in rows:
            if opportunity in deals:
                account, owner = deals[opportunity]
                due = follow_up_due(QuoteRow(follow_up_on=follow_up_on, issued_on=issued_on))
                yield from self._of(DueKind.QUOTE, account, due, owner)

    def _control_points(self) -> Iterator[Thing]:
        for one in control_points(Facts(self._view)):
            self._strategy = one.name
            yield 0, self.ids.code(one.member), one.due, 2, DueKind.CONTROL_POINT

    def _requests(self) -> Iterator[Thing]:
        where, until = "answered is null and due <= %(until)s", self._view.clock.as_of + SOON
        rows = self._view.rows(DEPARTMENT_REQUESTS, "issue, due", where, until=until)
        keys = [issue for issue, _ in rows]
        found = self._rows(ISSUES, "key, account", "account", "key = any(%(keys)s)", keys=keys) if rows else []
        accounts = dict(found)
        for issue, at in rows:
            if account := accounts.get(issue):
                day = day_of(self._view.policies.company, at)
                yield from self._of(DueKind.DEPARTMENT_REQUEST, account, day, None)

    def _of(self, kind: DueKind, account: UUID, due: date | None, owner: UUID | None) -> Iterator[Thing]:
        """What is due of a customer; of who it is his, else of who looks after the customer."""
        customer = self.ids.code(self._view.leads_to(account))
        if self.customers.has(customer):
            yield customer, self.ids.code(owner) or int(self.customers.managers[customer]), due, 2, kind

    def _rows(
        self, model: ReadModel, columns: str, account: str, where: str = "", **asked: Any
    ) -> list[tuple[Any, ...]]:
        """The rows whose account, in a column, the asker may see."""
        visible = self._view.visible_accounts()
        wanted = [where] if where else []
        wanted += [] if visible is None else [f"{account} = any(%(visible)s)"]
        return self._view.rows(model, columns, " and ".join(wanted), visible=visible, **asked)
