"""The import of CSV files: read, decided by the domain's commands, recorded in business order, reported row by row."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from eventsourcing.persistence import IntegrityError

from api.files import see_that_it_can_be
from api.importing.desk import Clock, Desk
from api.importing.facts import (
    accounts,
    commands,
    dealings,
    deals,
    issues,
    people,
    policies,
    qualification,
    stakeholders,
    visits,
)
from api.importing.facts.children import Children
from api.importing.files import Content, read_files
from api.importing.kinds import KINDS
from api.importing.mapping import Mapping, load_mapping
from api.importing.missing import Missing, missing_from
from api.importing.moments import earliest
from api.importing.names import BATCH, IMPORTED, Names
from api.importing.past import Past
from api.importing.plan import Progress, decide_all, events_of
from api.importing.recording import APPEND, is_complete, record, run_of
from api.importing.refusals import write_refusals
from api.importing.report import ImportReport, Ledger
from api.importing.things import THINGS
from api.importing.world import Fact, World
from domain.account.account import Account
from domain.account.stakeholders import Stakeholders
from domain.account.visits import Visits
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Recorded
from domain.claims import AlreadyClaimed
from domain.commands import commands_of
from domain.errors import Fault, JournalError, Malformed
from domain.issue.issue import Issue
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import Policy, policy_id
from domain.policies.price_list import PriceList
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_processes import DEFAULT_PROCESS
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.policies.territories import Territories
from domain.policies.visit_template import VisitTemplate

TRIES = 3
SETTINGS = (Company, Territories, PriceList, ExchangeRates, SalesTarget, VisitTemplate)
WATCHED = (Stakeholders.StakeholderAdded,), (Visits.VisitPlanned, Visits.VisitLogged)


class ImportDisturbed(JournalError):
    """Others kept changing what this import concerns: start it again, it goes on where it stopped."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def now() -> datetime:
    """The moment of the machine's clock."""
    return datetime.now(UTC)


class Said(msgspec.Struct):
    """What files say, as facts that wait to be decided, in the world that the journal knows."""

    facts: list[Fact]
    world: World
    run: UUID
    missing: Missing


class Importer:
    """Imports files into a journal. `actor` is the member who imports, `refused_to` where refused rows are written
    (default: refused-NAME.csv in the current folder, NAME being that of the first path), `append` how many events
    go into the journal at a time."""

    def __init__(
        self,
        journal: Journal,
        *,
        actor: UUID | None = None,
        clock: Callable[[], datetime] = now,
        append: int = APPEND,
    ) -> None:
        self.journal, self.actor, self.clock, self.append = journal, actor, clock, append

    def run(
        self,
        paths: Sequence[Path],
        mapping: str | Path | Mapping | None = None,
        kind: str | None = None,
        on: date | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
        refused_to: Path | None = None,
    ) -> ImportReport:
        """Import files and folders. `on` is the export's day: else the mapping's, else today.

        Raises Malformed for a wrong mapping, kind, day or path; rows that are refused are in the report.
        """
        known = _mapping(mapping)
        _see_that_it_makes_sense(paths, kind, on or known.on, self.clock())
        with _seldom_collected():
            for _ in range(TRIES):
                try:
                    return self._once(paths, known, kind, on, dry_run, progress or silent, refused_to)
                except (IntegrityError, AlreadyClaimed):
                    continue
        raise ImportDisturbed

    def _once(
        self,
        paths: Sequence[Path],
        mapping: Mapping,
        kind: str | None,
        on: date | None,
        dry_run: bool,
        progress: Progress,
        refused_to: Path | None,
    ) -> ImportReport:
        path = refused_to or Path(f"refused-{paths[0].stem}.csv")
        see_that_it_can_be(path)
        key = self.journal.people.seal_text(IMPORTED, (), "source", "rows").ciphertext[:64]
        ledger = Ledger(key)
        said = self._read(paths, mapping, kind, on or mapping.on, ledger, progress)
        events = decide_all(said.facts, said.world, ledger, progress)
        position = self.journal.streams.head() if dry_run or not events else self._record(said, events, progress)
        report = ledger.report()
        report.events, report.position, report.mapped = events, position, bool(mapping.tables)
        report.missing, report.missing_of_most = said.missing.all, said.missing.of_most
        if ledger.refusals:
            write_refusals(path, ledger.refusals)
            report.refused_file = str(path)
        return report

    def _record(self, said: Said, total: int, progress: Progress) -> int:
        events = events_of(said.facts, said.world, self.actor, said.run)
        return record(self.journal, events, total, said.run, progress, self.append)

    def _read(
        self,
        paths: Sequence[Path],
        mapping: Mapping,
        kind: str | None,
        on: date | None,
        ledger: Ledger,
        progress: Progress,
    ) -> Said:
        """What the files say; their rows, which take the most memory, are let go with the end of this method."""
        content = read_files(paths, mapping, kind, ledger)
        run, missing = run_of(content), missing_from(content, self.journal)
        names = Names(self.journal, content, ledger.key)
        histories = self._histories({*names.concerned(), *_settings(content, mapping)}, progress)
        histories |= self._histories(beside(histories), progress)
        world = World(histories)
        past = Past(lambda run: is_complete(self.journal, run))
        for history in histories.values():
            past.learn(history)
        desk_clock = Clock(world.newest(Company, policy_id("Company")), self.clock(), on)
        desk = Desk(content, mapping, ledger, names, world, past, desk_clock, self.journal.people)
        desk.earliest = earliest(content, desk_clock)
        _plan(desk)
        return Said(desk.facts, world, run, missing)

    def _histories(self, wanted: Iterable[UUID], progress: Progress) -> dict[UUID, list[Recorded]]:
        found: dict[UUID, list[Recorded]] = {}
        ids = sorted(wanted) if self.journal.streams.head() else []
        for begin in range(0, len(ids), BATCH):
            progress("looked up", begin, len(ids))
            found.update(self.journal.streams.histories(ids[begin : begin + BATCH]))
        return found


def _plan(desk: Desk) -> None:
    persons, visited = (
        Children(desk, name, events) for name, events in zip(("stakeholder", "visit"), WATCHED, strict=True)
    )
    policies.plan(desk)
    people.plan(desk)
    accounts.plan(desk)
    stakeholders.plan(desk, persons)
    deals.plan(desk)
    qualification.plan(desk, persons)
    visits.plan(desk, visited, persons)
    dealings.plan(desk, persons)
    issues.plan(desk, persons)
    commands.plan(desk, persons, visited)


def beside(histories: dict[UUID, list[Recorded]]) -> set[UUID]:
    """What facts about recorded opportunities look at: their accounts and processes."""
    opened = [history[0].event for history in histories.values() if history]
    deals = [event for event in opened if isinstance(event, Opportunity.Opened)]
    owned = [event.account for event in opened if isinstance(event, Issue.Raised | AccountPlan.Drafted)]
    processes = {policy_id(SalesProcess.__name__, deal.process) for deal in deals}
    found = {*owned, *(deal.account for deal in deals), *processes}
    return found - histories.keys()


def _settings(content: Content, mapping: Mapping) -> set[UUID]:
    processes = {row.process for row in content.of("opportunities") if row.process} | {DEFAULT_PROCESS}
    if mapping.process:
        processes.add(mapping.process.key)
    keyed = {policy_id(SalesProcess.__name__, process) for process in processes}
    keyed.add(policy_id(SelectionModel.__name__, DEFAULT_MODEL))
    return {policy_id(root.__name__) for root in SETTINGS} | keyed | set(_looked_at())


def _looked_at() -> Iterator[UUID]:
    """The policies without a key that the commands of rows look at."""
    for root in (Account, Opportunity, Member, *THINGS.values()):
        for command in commands_of(root).values():
            for kind in command.looked_at.values():
                if issubclass(kind, Policy) and not kind.keyed_by:
                    yield policy_id(kind.__name__)


def _mapping(mapping: str | Path | Mapping | None) -> Mapping:
    if mapping is None:
        return Mapping()
    return mapping if isinstance(mapping, Mapping) else load_mapping(mapping)


def _see_that_it_makes_sense(paths: Sequence[Path], kind: str | None, on: date | None, moment: datetime) -> None:
    faults = [
        Fault("path", str(path), say("there is no such file or folder: {path}", path=path))
        for path in paths
        if not path.exists()
    ]
    if not paths:
        faults.append(Fault("path", "", "name a file or a folder"))
    if kind is not None and kind not in KINDS:
        faults.append(Fault("kind", kind, say("the kinds are {known}", known=", ".join(KINDS))))
    if on is not None and on > moment.date() + timedelta(days=1):
        faults.append(Fault("on", str(on), "the day of the export lies in the future"))
    if faults:
        raise Malformed(*faults)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Millions of rows and facts, none of them in a cycle: looking for cycles would cost a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
