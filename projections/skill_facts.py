"""From which recorded facts the skill of managers is measured: all of them at once, as of the view's clocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.policies.calendar import Period, fiscal_year
from domain.policies.sales_target import TargetScope
from domain.policies.skill_model import Measured, SkillMeasure
from projections.accounts import ACCOUNTS
from projections.attainment import Attainment
from projections.balance import balance
from projections.balance_answer import AccountBalance
from projections.deals import Filters, deals_sql, end_of, start_of
from projections.engine import as_of_sql
from projections.forecast_calls import SUBMITTED
from projections.forecast_layers import CallLine, LayerScore, calls
from projections.funnel import ZERO
from projections.issues import ISSUES
from projections.relationship_health import AccountHealth, health
from projections.reporting import Reporting
from projections.skill_levels import SKILL_LEVELS
from projections.targets import targets
from projections.view import View
from projections.visit_discipline import DisciplineLine, discipline
from projections.winning_facts import Effort, efforts

FOUR_DIGITS = Decimal("0.0001")
POSITIONS_KEPT = 100
"""An assessment keeps the newest positions of so many facts of each measure; how many there were it says, too."""


class Ended(msgspec.Struct, frozen=True):
    """A deal that ended within the period, its amount in the reporting currency, and the event by which it did."""

    won: bool
    amount: Decimal | None
    position: int


class Handled(msgspec.Struct, frozen=True):
    """An issue that was raised within the period: whether its times were met, None while nobody can say."""

    met: bool | None
    is_open: bool
    position: int


class Confirmed(msgspec.Struct, frozen=True):
    """A level that somebody confirmed."""

    level: int
    confirmed_by: UUID | None
    position: int


class SkillFacts:
    """What was recorded of everybody's accounts, visits, deals and calls in a period; each question asked once."""

    def __init__(self, view: View, days: Period, asked_at: datetime) -> None:
        self.view, self.days, self.asked_at = view, days, asked_at
        sql = as_of_sql(ACCOUNTS, "key, manager, relationship_type, cause", "manager is not null")
        self.accounts: dict[UUID, list[tuple[UUID, str, int]]] = {}
        for key, manager, relationship, cause in view.connection.execute(sql.encode(), view.parameters()):
            if key not in view.merged:
                self.accounts.setdefault(manager, []).append((key, relationship, cause))
        self.health: dict[UUID, AccountHealth] = {each.account: each for each in health(view).accounts}
        found = balance(view, since=days.first)
        self.balances: dict[UUID, AccountBalance] = {each.account: each for each in found.accounts}
        lines = discipline(view, days.key).lines
        self.discipline: dict[UUID, DisciplineLine] = {each.key: each for each in lines if each.key}
        self.reporting = Reporting(view)
        self.efforts: dict[UUID | None, list[Effort]] = {}
        for effort in efforts(view, Filters(), None, self.reporting):
            self.efforts.setdefault(effort.owner, []).append(effort)
        self.ended, self.open_deals = self._ended(), self._open()
        self.issues = self._issues()
        self.attainment = self._attainment()
        said = calls(view, first=days.first, last=days.last)
        self.calls: list[CallLine] = [each for each in said.calls if each.layer == SUBMITTED]
        self.scores: dict[UUID, LayerScore] = {each.member: each for each in said.scores if each.layer == SUBMITTED}
        self.confirmed = self._confirmed()
        self.members = view.members()
        self.missing_rates = {**found.missing_rates, **self.reporting.missing_rates, **said.missing_rates}

    def _ended(self) -> dict[UUID, list[Ended]]:
        """Deals won and lost within the period, by owner; a lost one counts with what it was worth in the end."""
        where = "outcome in ('won', 'lost') and closed between %(starts)s and %(ends)s and owner is not null"
        sql, parameters = deals_sql(self.view, Filters(), also=where, more=", cause")
        parameters.update(starts=start_of(self.view, self.days.first), ends=end_of(self.view, self.days.last))
        sql += "select owner, outcome, signed_value, value, cause from valued order by cause"
        found: dict[UUID, list[Ended]] = {}
        for owner, outcome, signed, value, cause in self.view.connection.execute(sql.encode(), parameters):
            won = outcome == "won"
            found.setdefault(owner, []).append(Ended(won, signed if won else value, cause))
        return found

    def _open(self) -> dict[UUID, list[Ended]]:
        """Open deals by owner, with the newest event of each."""
        sql, parameters = deals_sql(self.view, Filters(), only_open=True, also="owner is not null", more=", cause")
        rows = self.view.connection.execute(f"{sql} select owner, value, cause from valued".encode(), parameters)
        found: dict[UUID, list[Ended]] = {}
        for owner, value, cause in rows:
            found.setdefault(owner, []).append(Ended(False, value, cause))
        return found

    def _confirmed(self) -> dict[tuple[UUID, str], Confirmed]:
        """The levels that were confirmed for the period, by member and dimension: known when the question is asked,
        also where that was after the period."""
        columns = "member, dimension, level, confirmed_by, position"
        sql = as_of_sql(SKILL_LEVELS, columns, "period = %(period)s")
        asked = {**self.view.parameters(period=self.days.key), "as_of": self.asked_at}
        rows = self.view.connection.execute(sql.encode(), asked)
        return {(member, dimension): Confirmed(*rest) for member, dimension, *rest in rows}

    def _issues(self) -> dict[UUID, list[Handled]]:
        """Issues raised within the period, and whatever is still open, by account."""
        columns = (
            "account, raised, response_due, resolution_due, responded, resolved, response_missed, resolution_missed,"
            " cause"
        )
        starts, ends = start_of(self.view, self.days.first), end_of(self.view, self.days.last)
        now, found = self.view.clock.as_of, dict[UUID, list[Handled]]()
        for row in self.view.connection.execute(as_of_sql(ISSUES, columns).encode(), self.view.parameters()):
            account, raised, response_due, due, responded, resolved, late, too_late, cause = row
            waits = (response_due, responded), (due, resolved)
            missed = late or too_late or any(until and not done and until < now for until, done in waits)
            met = None if not starts <= raised <= ends else False if missed else True if resolved else None
            handled = Handled(met, resolved is None, cause)
            found.setdefault(self.view.leads_to(account), []).append(handled)
        return found

    def _attainment(self) -> dict[str, list[Attainment]]:
        """The quarters of the period, by owner."""
        company = self.view.policies.company
        years = fiscal_year(company, self.days.first), fiscal_year(company, self.days.last)
        lines = targets(self.view, TargetScope.OWNER, years).lines
        within = self.days.first, self.days.last
        return {
            line.key: [each for each in line.quarters if each.last >= within[0] and each.first <= within[1]]
            for line in lines
        }


def measured(measure: SkillMeasure, value: Decimal | None, facts: int, positions: Iterable[int]) -> Measured:
    """A measure with four digits after the point, and the newest of the positions behind it."""
    kept = tuple(sorted(set(positions))[-POSITIONS_KEPT:])
    rounded = None if value is None else value.quantize(FOUR_DIGITS, ROUND_HALF_EVEN)
    return Measured(measure=measure, value=rounded if facts else None, facts=facts, positions=kept if facts else ())


def share(part: int, whole: int) -> Decimal | None:
    """A part of a whole; None of nothing."""
    return Decimal(part) / whole if whole else None


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """A sum, of what is known."""
    return sum((each for each in amounts if each is not None), ZERO)


def positions_of(*parts: Any) -> list[int]:
    """The positions of several figures together."""
    return [position for part in parts for position in part.positions]
