"""Decision maps at the door: names, titles and what people want, opened for those who may read them."""

from __future__ import annotations

from uuid import UUID

from api.names import member_names, opened_fields, stakeholder_names
from api.titles import openings
from domain.journal.journal import Journal
from projections.buyers import BUYERS
from projections.decision_map import DecisionMap
from projections.engine import as_of_sql
from projections.view import View


def opened_map(journal: Journal, view: View, answer: DecisionMap) -> DecisionMap:
    """The same map with titles, and with names and wishes for an asker who may read personal data."""
    names = stakeholder_names(journal, view, view.together(answer.account))
    ours, wishes = member_names(journal, view), _wishes(journal, view, answer)
    for node in answer.nodes:
        node.name = names.get(node.id)
        for stand in node.stands:
            stand.wants = wishes.get((stand.opportunity, node.id))
        for near in node.relationships:
            near.member_name = ours.get(near.member)
    for change in answer.changes:
        change.name = names.get(change.stakeholder)
        change.to_name = names.get(change.to) if change.to else None
    _entitle(journal, answer)
    return answer


def _wishes(journal: Journal, view: View, answer: DecisionMap) -> dict[tuple[UUID, UUID], str]:
    """What each person wants to win on each opportunity."""
    if not view.visibility.personal:
        return {}
    sql = as_of_sql(BUYERS, "opportunity, stakeholder, wants", "opportunity = any(%(deals)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(deals=[deal.id for deal in answer.opportunities]))
    return opened_fields(journal, "wants", {(deal, view.person(who)): wants for deal, who, wants in rows})


def _entitle(journal: Journal, answer: DecisionMap) -> None:
    opened = openings(journal, [deal.id for deal in answer.opportunities])
    for deal in answer.opportunities:
        deal.title, deal.external_id = opened[deal.id].title, opened[deal.id].external_id
