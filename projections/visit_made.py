"""Visits with what the journal and the policies add: the template of their day, how long they waited for their log."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid5

from domain.account.visits import VisitKind
from domain.aggregate import BEGINNING
from domain.policies.policy import policy_id
from domain.policies.visit_template import SHIPPED_TEMPLATE, Template, VisitTemplate
from projections.policies import POLICIES, decoded
from projections.stated import recorded_live
from projections.versions import versions_sql
from projections.view import View
from projections.visit_measures import Made, V


def made_of(view: View, visits: list[V]) -> list[Made[V]]:
    """The visits with the template of their day, and how long they waited for their log where a person gave it."""
    logs = recorded_live(view, (visit.logged for visit in visits))
    templates = _templates(view)
    found = []
    for visit in visits:
        made = Made(visit, _template_at(templates, visit.moment, visit.what))
        recorded_at = logs.get(visit.logged or 0)
        if recorded_at is not None and visit.at is not None:
            made.waited = max(recorded_at - visit.at, timedelta())
        found.append(made)
    return found


def _templates(view: View) -> list[tuple[datetime, dict[VisitKind, Template]]]:
    """Since when which templates held, the shipped ones first; those that are supposed hold at all times."""
    if any(each.policy is VisitTemplate for each in view.supposed):
        return [(BEGINNING, view.policies.visit_template.templates)]
    key = uuid5(policy_id("VisitTemplate"), "whole")
    sql = versions_sql(POLICIES, "topic, event", "key = %(key)s") + " order by 2, 3"
    found = [(BEGINNING, SHIPPED_TEMPLATE.templates)]
    for _, since, _, topic, stored in view.connection.execute(sql.encode(), view.parameters(key=key)):
        event = decoded(topic, bytes(stored))
        assert isinstance(event, VisitTemplate.Defined)
        found.append((since, {template.kind: template for template in event.templates}))
    return found


def _template_at(
    templates: list[tuple[datetime, dict[VisitKind, Template]]], moment: datetime, kind: VisitKind
) -> Template | None:
    return next(of_kind for since, of_kind in reversed(templates) if since <= moment).get(kind)
