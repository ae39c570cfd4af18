"""What is to be done about one customer: of everybody's lists what names it."""

from __future__ import annotations

from uuid import UUID

from projections.due_kinds import EVERY_KIND, DueKind
from projections.finding_facts import Facts
from projections.todo import Read, Todo, asked_for, dues, weightiest
from projections.todo_rules import ASKING
from projections.view import View

OF_CUSTOMERS = EVERY_KIND - {DueKind.CONTROL_POINT}
RULES_OF_CUSTOMERS = tuple(rule for rule in ASKING if rule.of_customers)


def todo_of(view: View, account: UUID, read: Read = lambda _, __: None) -> list[Todo]:
    """What `todo` says of a customer, the weightiest first; what is about no customer is not asked for."""
    facts = Facts(view.among([account]))
    found = [*dues(facts, read, OF_CUSTOMERS), *asked_for(facts, RULES_OF_CUSTOMERS)]
    return sorted((each for each in found if each.account == account), key=weightiest)
