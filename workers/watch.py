"""Tells subscribers what rules of thumb say: FindingRaised when one begins to hold, FindingCleared when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec
import structlog
from eventsourcing.persistence import IntegrityError

from domain.aggregate import Origin, decide
from domain.errors import Refused
from domain.finding import NAMESPACE, Finding, finding_id
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.visibility import Visibility
from projections.finding import FindingRule, Found
from projections.finding_facts import Facts
from projections.finding_records import FINDING_RECORDS, FindingRow
from projections.findings_answer import found_by
from projections.seen import rows_as_of
from projections.view import Reader
from workers.clock import now_utc

log = structlog.get_logger()

Holds = dict[UUID, tuple[FindingRule, Found]]
AT_ONCE = 500
"""How many findings are noted as one step, so that who records meanwhile waits for milliseconds."""


class Change(NamedTuple):
    """What is to be noted of one finding, and what it is known by: the same for everybody who finds the same."""

    key: UUID
    decision: Callable[[Finding], None]
    known_by: str


class Watch:
    """Compares what holds now with what subscribers were told, and records the difference as of now.

    Hundreds that begin to hold at once are a few steps of knowledge: read models and subscribers take them in together
    while people go on recording. Two who look at once record nothing twice: a step is known by its changes, and where
    another noted a part of them, it is refused as a whole, and the next look notes what is left.
    """

    def __init__(self, journal: Journal, reader: Reader, clock: Callable[[], datetime] = now_utc) -> None:
        self._journal, self._reader, self._clock = journal, reader, clock

    def note_findings(self) -> int:
        """Record what was raised and cleared; how many. Waits for the next time while read models lag."""
        now = self._clock()
        with self._reader.view(Visibility.whole(), now=now) as view:
            if not view.complete:
                return 0
            holds = _held(found_by(Facts(view)))
            known = {each.key: each.row for each in rows_as_of(view, FINDING_RECORDS, FindingRow)}
        noted = sum(self._note(changes, now) for changes in _steps(_changes(holds, known)))
        if noted:
            log.info("findings noted", findings=noted)
        return noted

    def _note(self, changes: list[Change], at: datetime) -> int:
        """Record them as one step; none where another noted some of them meanwhile."""
        command_id = uuid5(NAMESPACE, "\n".join(change.known_by for change in changes))
        context = Context(at=at, origin=Origin.WORKER, command_id=command_id)
        histories = self._journal.streams.histories(change.key for change in changes)
        try:
            decided = [decide(Finding, each.key, histories.get(each.key, []), at, each.decision) for each in changes]
            facts = [context.stamp(fact) for finding in decided for fact in finding.collect_events()]
            if not facts:
                return 0
            appended = self._journal.append_in_bulk(facts, command_id)
        except (IntegrityError, Refused) as meanwhile:
            log.info("findings are noted by another", findings=len(changes), reason=str(meanwhile))
            return 0
        return 0 if appended.repeated else len(facts)


def _steps(changes: Iterable[Change]) -> Iterator[list[Change]]:
    rest = iter(changes)
    while step := list(islice(rest, AT_ONCE)):
        yield step


def _changes(holds: Holds, known: dict[UUID, FindingRow]) -> Iterator[Change]:
    """What holds and was not told, then what was told and holds no longer."""
    open_ones = {key for key, row in known.items() if row.cleared is None}
    for key in sorted(holds.keys() - open_ones):
        before = known[key].cleared if key in known else None
        yield _raised(key, *holds[key], before)
    for key in sorted(open_ones - holds.keys()):
        yield _cleared(key, known[key])


def _raised(key: UUID, rule: FindingRule, found: Found, before: datetime | None) -> Change:
    def decision(finding: Finding) -> None:
        finding.notice(
            rule=rule.name,
            rule_version=rule.version,
            subject_kind=found.kind,
            subject=found.subject,
            causes=found.causes,
            account=found.account,
        )

    return Change(key, decision, f"{key} {found.causes} {before}")


def _cleared(key: UUID, held: FindingRow) -> Change:
    rule, version, kind, subject = held.rule, held.rule_version, held.subject_kind, held.subject
    assert subject is not None
    gone: UUID = subject

    def decision(finding: Finding) -> None:
        finding.clear(rule=rule, rule_version=version, subject_kind=kind, subject=gone)

    return Change(key, decision, f"{key} cleared {held.raised}")


def _held(found: Iterable[tuple[FindingRule, Found]]) -> Holds:
    """What holds, by its stream; what a rule finds several times of a subject is one, with all causes."""
    held: Holds = {}
    for rule, one in found:
        key = finding_id(rule.name, rule.version, one.subject)
        earlier = held[key][1].causes if key in held else ()
        causes = tuple(sorted({*earlier, *one.causes}))
        held[key] = rule, msgspec.structs.replace(one, causes=causes)
    return held
