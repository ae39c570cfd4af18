"""Tells subscribers what rules of thumb say: FindingRaised when one begins to hold, FindingCleared when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
import structlog

from domain.aggregate import Origin
from domain.finding import NAMESPACE, Finding, finding_id
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from domain.visibility import Visibility
from projections.finding import FindingRule, Found
from projections.finding_facts import Facts
from projections.finding_records import FINDING_RECORDS, FindingRow
from projections.findings_answer import found_by
from projections.seen import Seen, rows_as_of
from projections.view import Reader
from workers.clock import now_utc

log = structlog.get_logger()

Holds = dict[UUID, tuple[FindingRule, Found]]


class Watch:
    """Compares what holds now with what subscribers were told, and records the difference as of now.

    Two at once record nothing twice: each command is known by its rule, subject and causes.
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
            known = {each.key: each for each in rows_as_of(view, FINDING_RECORDS, FindingRow)}
        open_ones = {key for key, each in known.items() if each.row.cleared is None}
        for key in holds.keys() - open_ones:
            self._raise(key, *holds[key], known.get(key), now)
        for key in open_ones - holds.keys():
            self._clear(key, known[key].row, now)
        changed = len(holds.keys() ^ open_ones)
        if changed:
            log.info("findings noted", raised=len(holds.keys() - open_ones), cleared=len(open_ones - holds.keys()))
        return changed

    def _raise(self, key: UUID, rule: FindingRule, found: Found, before: Seen[FindingRow] | None, at: datetime) -> None:
        def decision(finding: Finding) -> None:
            finding.notice(
                rule=rule.name,
                rule_version=rule.version,
                subject_kind=found.kind,
                subject=found.subject,
                causes=found.causes,
                account=found.account,
            )

        self._journal.run(Finding, key, decision, _context(at, key, found.causes, before and before.row.cleared))

    def _clear(self, key: UUID, held: FindingRow, at: datetime) -> None:
        rule, version, kind, subject = held.rule, held.rule_version, held.subject_kind, held.subject
        assert subject is not None
        gone: UUID = subject

        def decision(finding: Finding) -> None:
            finding.clear(rule=rule, rule_version=version, subject_kind=kind, subject=gone)

        self._journal.run(Finding, key, decision, _context(at, key, "cleared", held.raised))


def _held(found: Iterable[tuple[FindingRule, Found]]) -> Holds:
    """What holds, by its stream; what a rule finds several times of a subject is one, with all causes."""
    held: Holds = {}
    for rule, one in found:
        key = finding_id(rule.name, rule.version, one.subject)
        earlier = held[key][1].causes if key in held else ()
        causes = tuple(sorted({*earlier, *one.causes}))
        held[key] = rule, msgspec.structs.replace(one, causes=causes)
    return held


def _context(now: datetime, key: UUID, *known_by: object) -> Context:
    """A command of the worker, the same for everybody who finds the same."""
    what = "\n".join(map(str, known_by))
    return Context(
        at=now, origin=Origin.WORKER, command_id=uuid5(NAMESPACE, f"{key}\n{what}"), digest=digest_of(what.encode())
    )
