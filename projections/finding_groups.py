"""What rules of thumb say by rule: how often, and the first lines of each.

Of many customers the rules about opportunities are counted on columns (`deal_counts`), and some others asked of
those customers alone for whom they may hold; the lines that are shown are made by the rules themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from heapq import nsmallest
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from projections.customer_counts import MAY_HOLD, OF_CUSTOMERS
from projections.deal_columns import Unkept
from projections.deal_counts import OF_DEALS
from projections.few_facts import FewFacts
from projections.finding import FindingRule, Found
from projections.finding_counts import Counted, Tally
from projections.finding_facts import Facts
from projections.findings_answer import FindingFilters, FindingLine, line_of, name_of, rules_named
from projections.kept_answers import kept
from projections.member_counts import OF_MEMBERS
from projections.planned_alike import plan_alike
from projections.view import Answer, View

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNTS = OF_DEALS | OF_CUSTOMERS


class RuleGroup(msgspec.Struct):
    """What one rule says: how often, and the first of it; of groups that are not among the first no lines are made."""

    rule: str
    weight: int
    count: int
    lines: list[FindingLine]


class FindingGroups(Answer, kw_only=True):
    """What rules of thumb say by rule, the weightiest and then the most frequent first; how much it is in all."""

    count: int
    groups: list[RuleGroup]


def finding_groups(
    view: View, shown: int, filters: FindingFilters | None = None, most: int | None = None
) -> FindingGroups:
    """What `findings` says, of each rule so many lines and how many there are; lines of the first so many rules alone
    where `most` is stated. Raises RuleUnknown."""
    wanted = filters or FindingFilters()
    ask = partial(_finding_groups, view, shown, wanted, most)
    return kept(view, "finding groups", FindingGroups, ask, shown, wanted, most)


def _finding_groups(view: View, shown: int, wanted: FindingFilters, most: int | None) -> FindingGroups:
    rules, facts = rules_named(wanted.rules), Facts(view)
    groups = _counted_groups(facts, rules, shown, wanted, most)
    if groups is None:
        groups = [_group(facts, rule, rule.find(facts), shown, wanted) for rule in rules]
    found = sorted((each for each in groups if each.count), key=_weightiest_first)
    for each in found[most:] if most is not None else ():
        each.lines = []
    return FindingGroups(**view.head(), count=sum(each.count for each in found), groups=found)


def _weightiest_first(group: RuleGroup) -> tuple[int, int, str]:
    return -group.weight, -group.count, group.rule


def _counted_groups(
    facts: Facts, rules: Collection[FindingRule], shown: int, wanted: FindingFilters, most: int | None
) -> list[RuleGroup] | None:
    """By columns; None where the process keeps none."""
    try:
        return _Counting(facts, shown, wanted).groups(rules, most)
    except Unkept:
        return None


class _Counting:
    def __init__(self, facts: Facts, shown: int, wanted: FindingFilters) -> None:
        self._facts, self._shown, self._wanted = facts, shown, wanted
        self._counted = Counted(facts)

    def groups(self, rules: Collection[FindingRule], most: int | None) -> list[RuleGroup]:
        """What each rule says; lines of the first so many (0: of none), or of all."""
        tallies: dict[str, NDArray[Any]] = {}
        groups: list[RuleGroup] = []
        for rule in rules:
            if count := COUNTS.get(rule.name):
                tallies[rule.name] = self._asked_for(count(self._counted))
                groups.append(RuleGroup(rule.name, rule.weight, len(tallies[rule.name]), []))
            elif count_members := OF_MEMBERS.get(rule.name):
                groups.append(RuleGroup(rule.name, rule.weight, self._how_many(count_members(self._counted)), []))
            elif rule.name not in MAY_HOLD:
                groups.append(self._group(self._facts, rule, rule.find(self._facts)))
        may_hold = {rule.name: MAY_HOLD[rule.name](self._counted) for rule in rules if rule.name in MAY_HOLD}
        first = {each.rule: each for each in sorted((one for one in groups if one.count), key=_weightiest_first)[:most]}
        of = may_hold | {rule: self._first(customers) for rule, customers in tallies.items() if rule in first}
        plan_alike(self._facts.view.connection)  # what is left to ask is about few customers
        few = FewFacts(self._counted, {customer for several in of.values() for customer in several})
        for rule in rules:
            if rule.name in first and rule.name in of:
                first[rule.name].lines = self._of(few, rule, of[rule.name]).lines
            elif rule.name in first and rule.name in OF_MEMBERS:
                first[rule.name].lines = self._group(self._facts, rule, rule.find(self._facts)).lines
        return groups + [self._of(few, rule, may_hold[rule.name]) for rule in rules if may_hold.get(rule.name)]

    def _how_many(self, members: NDArray[Any]) -> int:
        """How many of ours a rule holds for, of whom is asked for: what it says is about no customer."""
        ids, wanted = self._counted.open.ids, self._wanted
        if wanted.account:
            return 0
        return int((members == ids.code(wanted.member)).sum()) if wanted.member else len(members)

    def _of(self, few: Facts, rule: FindingRule, customers: set[UUID]) -> RuleGroup:
        """What a rule says of some customers."""
        return self._group(few, rule, (each for each in rule.find(few) if each.account in customers))

    def _group(self, facts: Facts, rule: FindingRule, found: Iterable[Found]) -> RuleGroup:
        return _group(facts, rule, found, self._shown, self._wanted)

    def _asked_for(self, tally: Tally) -> NDArray[Any]:
        """The customers for whom what is asked for holds, for each time."""
        ids, wanted, view = self._counted.open.ids, self._wanted, self._facts.view
        customers = tally.customers
        if wanted.member:
            customers = customers[tally.members == ids.code(wanted.member)]
        if wanted.account:
            customers = customers[customers == ids.code(view.leads_to(wanted.account))]
        return customers

    def _first(self, customers: NDArray[Any]) -> set[UUID]:
        """The customers that the lines shown are about."""
        import numpy as np

        ranks = self._counted.customers.ranks[customers]
        last = np.partition(ranks, min(self._shown, len(ranks)) - 1)[min(self._shown, len(ranks)) - 1]
        return {self._counted.open.ids.key(code) for code in np.unique(customers[ranks <= last]).tolist()}


def _group(facts: Facts, rule: FindingRule, said: Iterable[Found], shown: int, wanted: FindingFilters) -> RuleGroup:
    account = facts.view.leads_to(wanted.account) if wanted.account else None
    found = [each for each in said if account in (None, each.account) and wanted.member in (None, each.member)]
    first = nsmallest(shown, found, key=lambda each: (name_of(facts, each), each.subject, [*each.causes]))
    return RuleGroup(rule.name, rule.weight, len(found), [line_of(facts, rule, each) for each in first])
