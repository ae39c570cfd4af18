"""Visit discipline (拜访执行): what became of what was planned, per manager and per account, in any period."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

import msgspec

from domain.member import Role
from projections.engine import as_of_sql
from projections.members import MEMBERS
from projections.plan_standing import PlanStanding, plan_standings
from projections.view import Answer, View
from projections.visit_cadence import CadenceKept, Gap, cadence_of_all, gaps_of
from projections.visit_facts import Customer, Held, Span, accounts_asked, customers, held, span_of
from projections.visit_made import made_of
from projections.visit_measures import Kept, Logging, Made, Outcome, StepDone, V, kept, logging, outcome, steps_done
from projections.visited_columns import visited_between

MOST = 12
"""So many of those who were not visited often enough are named where all are looked at."""


class DisciplineBy(enum.StrEnum):
    """Whose discipline: each manager's, or that towards each account."""

    MANAGER = "manager"
    ACCOUNT = "account"


class DisciplineLine(msgspec.Struct):
    """The discipline of a manager, towards an account, or of all. A visit counts for each of our people on it, else for
    the account's manager of its day; where there is none, either, `key` is None. `plans` are empty for accounts."""

    key: UUID | None
    external_id: str
    name: str
    kept: Kept
    logging: Logging
    outcome: Outcome
    steps: list[StepDone]
    cadence: CadenceKept
    plans: list[PlanStanding]


class DisciplineAnswer(Answer, kw_only=True):
    """Visit discipline of a period, as far as it went at `as_of`."""

    period: str
    first: date
    last: date
    by: DisciplineBy
    whole: DisciplineLine
    lines: list[DisciplineLine]


def discipline(
    view: View,
    period: str = "",
    *,
    by: DisciplineBy = DisciplineBy.MANAGER,
    member: UUID | None = None,
    account: UUID | None = None,
    outlets_of: UUID | None = None,
) -> DisciplineAnswer:
    """Visit discipline of a month, quarter or year (default: the month of `as_of`), of accounts that the asker sees.

    `member` asks for one of our people, `account` for one customer, `outlets_of` for the outlets of a wholesaler.
    """
    span = span_of(view, period)
    asked = _Asked(view, span, accounts_asked(view, account, outlets_of))
    found = asked.counted(member)
    is_by_manager = by is DisciplineBy.MANAGER
    lines = asked.of_managers(member) if is_by_manager else asked.of_accounts(found.made, found.gaps)
    return DisciplineAnswer(
        **view.head(),
        period=span.key,
        first=span.first,
        last=span.last,
        by=by,
        whole=asked.line(None, "", "", found.made, found.gaps, [plan for line in lines for plan in line.plans]),
        lines=lines,
    )


def discipline_of_all(view: View, period: str = "", member: UUID | None = None, most: int = MOST) -> DisciplineLine:
    """The line of all, or of one of our people, alone: the same figures, without whether plans were handed in, and with
    no more than so many gaps."""
    span, accounts = span_of(view, period), accounts_asked(view)
    visits = visited_between(view, span.starts, span.ends) if member is None else None
    cadence = None if visits is None else cadence_of_all(view, span, visits, most)
    if visits is not None and cadence is not None:
        return _line(view, None, "", "", made_of(view, visits), cadence, [])
    asked = _Asked(view, span, accounts)
    found = asked.counted(member)
    line = asked.line(None, "", "", found.made, found.gaps, [])
    line.cadence.gaps = line.cadence.gaps[:most]
    return line


class Counted(msgspec.Struct):
    """What the discipline of a period counts: its visits, and how often each account was visited."""

    made: list[Made[Held]]
    gaps: list[Gap]


def counted(view: View, period: str = "", member: UUID | None = None) -> Counted:
    """What is counted for all that the asker sees, or for one of our people."""
    asked = _Asked(view, span_of(view, period), accounts_asked(view))
    return asked.counted(member)


def whose(known: Mapping[UUID, Customer], visit: Held) -> tuple[UUID | None, ...]:
    """Whose visit it is: of our people on it, else of the account's manager of its day."""
    customer = known.get(visit.account)
    return visit.people or (customer.manager_at(visit.moment) if customer else None,)


class _Asked:
    """The facts of a question: its visits, the accounts and our people."""

    def __init__(self, view: View, span: Span, accounts: list[UUID] | None) -> None:
        self._view = view
        self._span = span
        self._customers = customers(view, accounts)
        self.made = made_of(view, held(view, accounts, span.starts, span.ends))
        self.gaps = gaps_of(view, span, self._customers, accounts, [each.visit for each in self.made])

    def counted(self, member: UUID | None) -> Counted:
        """The visits and gaps of one of our people, or all."""
        return Counted(
            [each for each in self.made if member is None or member in self.who(each.visit)],
            [gap for gap in self.gaps if member is None or self.manager(gap.account) == member],
        )

    def manager(self, account: UUID) -> UUID | None:
        """Who looks after an account."""
        customer = self._customers.get(account)
        return customer.manager if customer else None

    def who(self, visit: Held) -> tuple[UUID | None, ...]:
        """Whose visit it is."""
        return whose(self._customers, visit)

    def of_managers(self, only: UUID | None) -> list[DisciplineLine]:
        """A line for each of our people who visited, was to, or manages an account; one for visits of nobody."""
        known = self._members()
        visits, gaps = defaultdict[UUID | None, list[Made[Held]]](list), defaultdict[UUID | None, list[Gap]](list)
        for each in self.made:
            for who in dict.fromkeys(self.who(each.visit)):
                visits[who].append(each)
        for gap in self.gaps:
            gaps[self.manager(gap.account)].append(gap)
        managing = {each.manager for each in self._customers.values() if each.manager is not None}
        wanted = {who for who in visits.keys() | managing if only in (None, who)}
        owing = {who for who in wanted if who is not None and who in known and known[who][1]}
        plans = plan_standings(self._view, owing, self._span)
        lines = [
            self.line(
                who,
                known[who][0] if who in known else "",
                "",
                visits.get(who, []),
                gaps.get(who, []),
                plans.get(who, []) if who else [],
            )
            for who in wanted
        ]
        return sorted(lines, key=lambda line: (line.external_id, str(line.key)))

    def of_accounts(self, made: Iterable[Made[Held]], gaps: Iterable[Gap]) -> list[DisciplineLine]:
        """A line for each account that was visited, was to be, or has a cadence to keep."""
        visits: dict[UUID, list[Made[Held]]] = {}
        for each in made:
            visits.setdefault(each.visit.account, []).append(each)
        gap_of = {gap.account: gap for gap in gaps}
        found: list[Customer] = [
            each for each in self._customers.values() if each.account in visits or each.account in gap_of
        ]
        return [
            self.line(
                each.account,
                each.external_id,
                each.name,
                visits.get(each.account, []),
                [gap_of[each.account]] if each.account in gap_of else [],
                [],
            )
            for each in sorted(found, key=lambda customer: (customer.name, str(customer.account)))
        ]

    def line(
        self,
        key: UUID | None,
        external_id: str,
        name: str,
        made: list[Made[Held]],
        gaps: list[Gap],
        plans: list[PlanStanding],
    ) -> DisciplineLine:
        """The figures of a line."""
        shown = gaps if len(gaps) == 1 else [gap for gap in gaps if not gap.kept]
        cadence = CadenceKept(len(gaps), sum(gap.kept for gap in gaps), shown)
        return _line(self._view, key, external_id, name, made, cadence, plans)

    def _members(self) -> dict[UUID | None, tuple[str, bool]]:
        """Our people: external id, and whether a plan is due from them (managers who are here)."""
        sql = as_of_sql(MEMBERS, "key, external_id, roles, has_left")
        rows = self._view.connection.execute(sql.encode(), self._view.parameters())
        return {key: (external_id, str(Role.MANAGER) in roles and not left) for key, external_id, roles, left in rows}


def _line(
    view: View,
    key: UUID | None,
    external_id: str,
    name: str,
    made: list[Made[V]],
    cadence: CadenceKept,
    plans: list[PlanStanding],
) -> DisciplineLine:
    return DisciplineLine(
        key=key,
        external_id=external_id,
        name=name,
        kept=kept(made, view.clock.as_of),
        logging=logging(made),
        outcome=outcome(made),
        steps=steps_done(made),
        cadence=cadence,
        plans=plans,
    )
