"""Which gates of its process an opportunity does not meet, and which were never asked because it was imported."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.journal.mapper import JournalMapper
from domain.language.catalogue import either
from domain.opportunity.opportunity import Opportunity
from domain.policies.gates import gates_between
from projections.finding_facts import Facts
from projections.kept_columns import Kind
from projections.opportunities import FUNNEL, FunnelRow
from projections.seen import Seen
from projections.versions import versions_sql

IMPORTED = "imported"
_ASKED = (Opportunity.Opened.topic, Opportunity.StageAdvanced.topic)
"""What asks gates."""
_mapper = JournalMapper()
_MAY_BE = f"e.topic in {_ASKED} and position('\\x{IMPORTED.encode().hex()}'::bytea in e.state) > 0"
MAYBE_IMPORTED = Kind(
    FUNNEL,
    stream="key",
    where=f"valid_from = since and exists (select from events e where e.position = cause and {_MAY_BE})",
)
"""Came to where it stands by an event that holds the word of imports."""


def unmet_gates(facts: Facts, deal: Seen[FunnelRow]) -> list[str]:
    """The stages, up to that of an opportunity, whose gates our answers do not meet."""
    process = facts.view.policies.process(deal.row.process)
    if all(stage.key != deal.row.stage for stage in process.stages):
        return []
    answers = {question: each.row.answer for question, each in facts.answers.get(deal.key, {}).items()}
    findings = gates_between(process, -1, process.place(deal.row.stage), answers)
    unmet = [process.stages[process.place(finding.stage)] for finding in findings if not finding.met]
    return [either(stage.key, stage.name_zh) for stage in unmet]


def imported_past_gates(facts: Facts, deals: Iterable[UUID]) -> set[UUID]:
    """Which of some opportunities an import put where they stand: their gates were never asked. None is that is not
    among MAYBE_IMPORTED."""
    if not (asked := list(deals)):
        return set()
    moves = versions_sql(FUNNEL, "stage", "key = any(%(deals)s)")
    sql = (
        f"select distinct on (v.key) v.key, e.position, e.topic, e.state from ({moves}) v"
        " join events e on e.position = v.cause where e.topic = any(%(topics)s)"
        " order by v.key, v.valid_from desc, e.position desc"
    )
    newest = facts.view.connection.execute(sql.encode(), facts.view.parameters(deals=asked, topics=list(_ASKED)))
    return {
        key
        for key, position, topic, state in newest
        if _mapper.decoder(topic).full(position, state).event.override == IMPORTED
    }
