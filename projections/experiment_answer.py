"""Experiments as of any day (营销测试): what each came to, or how it stands, with the interval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.experiment.effect import LEAST, Effect, effect_of
from domain.experiment.experiment import Experiment
from domain.experiment.rules import DERIVED, ExperimentDecision, ExperimentMeasure, Measured
from domain.policies.calendar import day_of
from domain.sealed import Sealed
from projections.accounts import ACCOUNTS, AccountRow
from projections.experiment_measures import is_money, measured
from projections.experiments import (
    EXPERIMENT_RESULTS,
    EXPERIMENTS,
    ExperimentResultRow,
    ExperimentRow,
    ExperimentStatus,
)
from projections.reporting import plain
from projections.seen import Seen, rows_as_of
from projections.segments import whole
from projections.stated import stated
from projections.view import Listing, View


class ExperimentLine(msgspec.Struct, kw_only=True):
    """A test. `effect` is None with fewer than two results on a side; of a test that runs it is that of today
    (`interim`), of which `early` says that the last day is not over: who looks often sees chance as effect. `overdue`:
    past its last day, and nobody concluded. `currency` is that of the effect, where it is an amount."""

    experiment: UUID
    external_id: str
    title: str
    offer: str
    hypothesis: str
    segment: str
    segment_edition: int
    measure: ExperimentMeasure
    yes_or_no: bool
    starts_on: date
    until: date
    status: ExperimentStatus
    ended_on: date | None
    decision: ExperimentDecision | None
    reason: str
    group_size: int
    control_size: int
    left: int
    effect: Effect | None
    interim: bool
    early: bool
    overdue: bool
    currency: str
    missing_rates: dict[str, int]
    positions: list[int]


class ExperimentsAnswer(Listing, kw_only=True):
    """All tests, those that run first, the newest first; also those that were stopped."""

    listed: ClassVar[str] = "experiments"
    day: date
    experiments: list[ExperimentLine]


class AccountOfExperiment(msgspec.Struct, kw_only=True):
    """An account in a test: on which side (`in_group`: it gets the offer), what it came to."""

    account: UUID
    external_id: str
    name: str
    in_group: bool
    value: Decimal | None
    result_on: date | None
    left: bool
    reason: str
    positions: list[int]


class ExperimentAnswer(Listing, kw_only=True):
    """A test and those of its accounts that the asker may see; `unseen` counts the others. The lessons are opened at
    the door."""

    listed: ClassVar[str] = "accounts"
    day: date
    experiment: ExperimentLine
    accounts: list[AccountOfExperiment]
    unseen: int
    lessons: str | None = None


class _Test:
    """A test and its results, as of the view's clocks: those of all that take part, whoever asks."""

    def __init__(self, view: View, seen: Seen[ExperimentRow], told: Iterable[Seen[ExperimentResultRow]]) -> None:
        self.key, self.row, self.position = seen.key, seen.row, seen.position
        self.today = day_of(view.policies.company, view.clock.as_of)
        self.starts_on, self.until = self.row.starts_on or date.min, self.row.until or date.max
        self.told = {each.row.account: each for each in told if each.row.account}
        self.left = {account for account, each in self.told.items() if each.row.dropped_out}
        self.missing_rates: dict[str, int] = {}
        self.ending = self._ending(view)
        self.results = self._results(view)

    @property
    def part(self) -> list[UUID]:
        """The accounts that take part to the end."""
        return [each for each in (*self.row.group_accounts, *self.row.control_accounts) if each not in self.left]

    @property
    def is_money(self) -> bool:
        """Whether the results are amounts."""
        return is_money(self.row.measure) and not self.row.yes_or_no

    def effect(self) -> Effect | None:
        """The effect that was concluded; else the one of the results so far."""
        if self.ending:
            return self.ending.effect
        sides = [
            [self.results[each].value for each in side if each in self.results]
            for side in (self.row.group_accounts, self.row.control_accounts)
        ]
        if min(map(len, sides)) < LEAST:
            return None
        return effect_of(*sides, yes_or_no=self.row.yes_or_no)

    def _ending(self, view: View) -> Experiment.Concluded | Experiment.Stopped | None:
        if self.row.status is ExperimentStatus.RUNNING:
            return None
        event = stated(view, [self.position])[self.position].event
        assert isinstance(event, Experiment.Concluded | Experiment.Stopped)
        return event

    def _results(self, view: View) -> dict[UUID, Measured]:
        if self.ending and self.row.measure in DERIVED:
            return {each.account: each for each in self.ending.results}
        if self.row.measure in DERIVED:
            days = self.starts_on, min(self.until, self.today)
            found, self.missing_rates = measured(view, self.part, self.row.measure, days, yes_or_no=self.row.yes_or_no)
            return found
        return {
            account: Measured(account=account, value=plain(each.row.value), positions=(each.position,))
            for account, each in self.told.items()
            if each.row.value is not None
        }


def experiments(view: View) -> ExperimentsAnswer:
    """All experiments as of the view's clocks."""
    lines = [_line(view, test) for test in _tests(whole(view))]
    lines.sort(key=lambda line: line.title)
    lines.sort(key=lambda line: line.starts_on, reverse=True)
    lines.sort(key=lambda line: line.status is not ExperimentStatus.RUNNING)
    return ExperimentsAnswer(**view.head(), day=day_of(view.policies.company, view.clock.as_of), experiments=lines)


def experiment(view: View, key: UUID) -> tuple[ExperimentAnswer, Sealed | None]:
    """One experiment as of the view's clocks, and its lessons as they are sealed. Raises NotFound."""
    tests = _tests(whole(view), key)
    if not tests:
        raise NotFound(kind="experiment", key=key)
    [test] = tests
    accounts = _accounts(view, test)
    size = len(test.row.group_accounts) + len(test.row.control_accounts)
    lessons = test.ending.lessons if isinstance(test.ending, Experiment.Concluded) else None
    answer = ExperimentAnswer(
        **view.head(),
        day=test.today,
        experiment=_line(view, test),
        accounts=accounts,
        unseen=size - len(accounts),
    )
    return answer, lessons


def experiment_named(view: View, text: str) -> UUID:
    """An experiment by id, external id or title. Raises NotFound."""
    for each in rows_as_of(view, EXPERIMENTS, ExperimentRow):
        if text and text in (str(each.key), each.row.external_id, each.row.title):
            return each.key
    raise NotFound(kind="experiment", key=text)


def _tests(view: View, key: UUID | None = None) -> list[_Test]:
    only, of = ("key = %(key)s", "experiment = %(key)s") if key else ("", "")
    told: dict[UUID | None, list[Seen[ExperimentResultRow]]] = {}
    for each in rows_as_of(view, EXPERIMENT_RESULTS, ExperimentResultRow, of, key=key):
        told.setdefault(each.row.experiment, []).append(each)
    return [
        _Test(view, seen, told.get(seen.key, []))
        for seen in rows_as_of(view, EXPERIMENTS, ExperimentRow, only, key=key)
    ]


def _line(view: View, test: _Test) -> ExperimentLine:
    row, running = test.row, test.row.status is ExperimentStatus.RUNNING
    behind = {position for each in test.results.values() for position in each.positions}
    behind |= {each.position for each in test.told.values()}
    own = {name: getattr(row, name) for name in ExperimentLine.__struct_fields__ if name in row.__struct_fields__}
    own |= {"starts_on": test.starts_on, "until": test.until}
    return ExperimentLine(
        **own,
        experiment=test.key,
        group_size=len(row.group_accounts),
        control_size=len(row.control_accounts),
        left=len(test.left),
        effect=test.effect(),
        interim=running,
        early=running and test.today <= test.until,
        overdue=running and test.today > test.until,
        currency=row.effect_currency if not running else view.currency if test.is_money else "",
        missing_rates=test.missing_rates,
        positions=sorted({test.position, *behind}),
    )


def _accounts(view: View, test: _Test) -> list[AccountOfExperiment]:
    visible = view.visible_accounts()
    asked = [*test.row.group_accounts, *test.row.control_accounts]
    shown = asked if visible is None else [each for each in asked if each in set(visible)]
    names = {each.key: each.row for each in rows_as_of(view, ACCOUNTS, AccountRow, "key = any(%(keys)s)", keys=shown)}
    return [_account(test, each, names.get(each, AccountRow())) for each in shown]


def _account(test: _Test, account: UUID, row: AccountRow) -> AccountOfExperiment:
    told, result = test.told.get(account), test.results.get(account)
    positions = set(result.positions if result else ()) | ({told.position} if told else set())
    return AccountOfExperiment(
        account=account,
        external_id=row.external_id,
        name=row.name,
        in_group=account in test.row.group_accounts,
        value=result.value if result else None,
        result_on=told.row.result_on if told else None,
        left=account in test.left,
        reason=told.row.reason if told else "",
        positions=sorted(positions),
    )
