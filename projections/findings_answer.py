"""Findings as of any moment: every rule asked of the facts of a view."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.finding import SubjectKind
from projections.finding import FindingRule, Found
from projections.finding_facts import Facts
from projections.findings import RULES
from projections.kept_answers import kept
from projections.view import Listing, View


class RuleUnknown(Refused):
    """There is no finding {rule}; there are: {known}."""


class FindingLine(msgspec.Struct):
    """A finding: its rule, how much it matters (1 to 3), about what and whom, why, and the positions behind it. The
    title and external id of an opportunity are put in at the door."""

    rule: str
    version: int
    weight: int
    kind: SubjectKind
    subject: UUID
    name: str
    account: UUID | None
    opportunity: UUID | None
    member: UUID | None
    text: str
    since: datetime | None
    positions: list[int]
    title: str = ""
    external_id: str = ""


class FindingsAnswer(Listing, kw_only=True):
    """What rules of thumb say, the weightiest first."""

    listed: ClassVar[str] = "findings"
    findings: list[FindingLine]


class FindingFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which findings: of one customer, of one of ours, of some rules."""

    account: UUID | None = None
    member: UUID | None = None
    rules: tuple[str, ...] = ()


def findings(view: View, filters: FindingFilters | None = None) -> FindingsAnswer:
    """The findings as of the view's clocks, about what the asker may see. Raises RuleUnknown."""
    wanted = filters or FindingFilters()
    return kept(view, "findings", FindingsAnswer, partial(_findings, view, wanted), wanted)


def _findings(view: View, wanted: FindingFilters) -> FindingsAnswer:
    facts = Facts(view)
    lines = [line_of(facts, rule, found) for rule, found in found_by(facts, rules_named(wanted.rules))]
    account = view.leads_to(wanted.account) if wanted.account else None
    kept = [line for line in lines if account in (None, line.account) and wanted.member in (None, line.member)]
    return FindingsAnswer(**view.head(), findings=sorted(kept, key=weightiest_first))


def found_by(facts: Facts, rules: Collection[FindingRule] = RULES) -> Sequence[tuple[FindingRule, Found]]:
    """What rules say about some facts."""
    return [(rule, found) for rule in rules for found in rule.find(facts)]


def rules_named(names: Collection[str]) -> Sequence[FindingRule]:
    """The rules of these names; all where none is stated. Raises RuleUnknown."""
    known = {rule.name: rule for rule in RULES}
    for name in names:
        if name not in known:
            raise RuleUnknown(rule=name, known=", ".join(known))
    return [known[name] for name in names] if names else RULES


def title_of(facts: Facts, found: Found) -> str:
    """What the strategy is called that a finding is about; empty for others."""
    return facts.in_force.line.title if facts.in_force and found.kind is SubjectKind.STRATEGY else ""


def name_of(facts: Facts, found: Found) -> str:
    """What the customer, or the strategy, is called that a finding is about."""
    customer = facts.accounts.get(found.account) if found.account else None
    return customer.row.name if customer else title_of(facts, found)


def line_of(facts: Facts, rule: FindingRule, found: Found) -> FindingLine:
    """A finding as answers show it."""
    return FindingLine(
        rule=rule.name,
        version=rule.version,
        weight=rule.weight,
        kind=found.kind,
        subject=found.subject,
        name=name_of(facts, found),
        account=found.account,
        opportunity=found.subject if found.kind is SubjectKind.OPPORTUNITY else None,
        member=found.member,
        text=found.text,
        since=found.since,
        positions=list(found.causes),
    )


def weightiest_first(line: FindingLine) -> tuple[int, str, str, UUID, list[int]]:
    """The order in which findings are shown."""
    return -line.weight, line.rule, line.name, line.subject, line.positions
