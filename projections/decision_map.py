"""The decision map (决策人图) as of any moment: who is there, who reports to and influences whom, where they stand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.errors import NotFound, Refused
from domain.policies.service_policy import ServiceLevel
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.map_changes import Change, changes
from projections.map_facts import map_facts
from projections.map_gaps import Deal, Gap, gaps
from projections.map_picture import MapEdge, MapNode, edges, nodes
from projections.opportunities import FUNNEL
from projections.versions import versions_sql
from projections.view import Answer, View


class ChangesEndBeforeTheyStart(Refused):
    """What changed since {since} is asked as of {as_of}, which is not later: state a day before it."""


class DecisionMap(Answer, kw_only=True):
    """The map of one opportunity, or of a customer with all its open opportunities.

    `opportunity` is the one asked for; `changes` is what changed since `since`, where that was asked.
    """

    opportunity: UUID | None
    account: UUID
    account_name: str
    external_id: str
    opportunities: list[Deal]
    nodes: list[MapNode]
    edges: list[MapEdge]
    gaps: list[Gap]
    since: datetime | None
    changes: list[Change]


def decision_map(
    view: View, *, opportunity: UUID | None = None, account: UUID | None = None, since: datetime | None = None
) -> DecisionMap:
    """The decision map of an opportunity or of an account (state one), as of the view's clocks.

    An account that was merged stands for the one that goes on. Raises NotFound for what is not there or not to be
    seen, ChangesEndBeforeTheyStart.
    """
    if since is not None and since >= view.clock.as_of:
        raise ChangesEndBeforeTheyStart(since=since.isoformat(), as_of=view.clock.as_of.isoformat())
    if opportunity is not None:
        deals = _deals(view, "key = %(wanted)s", [opportunity])
        if not deals:
            raise NotFound(kind="opportunity", key=opportunity)
        customer, missed = view.leads_to(deals[0].account), ("opportunity", opportunity)
    else:
        assert account is not None, "state an opportunity or an account"
        customer, missed = view.leads_to(account), ("account", account)
        deals = _deals(view, "account = any(%(wanted)s) and outcome = ''", view.together(customer))
    name, external_id, level = _account(view, customer, missed)
    facts = map_facts(view, customer, [deal.id for deal in deals])
    return DecisionMap(
        **view.head(),
        opportunity=opportunity,
        account=customer,
        account_name=name,
        external_id=external_id,
        opportunities=deals,
        nodes=nodes(facts),
        edges=edges(facts),
        gaps=gaps(facts, deals, view.policies.service.visit_cadence_days[level], view.clock.as_of),
        since=since,
        changes=changes(facts, since) if since else [],
    )


def _account(view: View, account: UUID, missed: tuple[str, UUID]) -> tuple[str, str, ServiceLevel]:
    """Name, external id and service level of an account that the asker may see. Raises NotFound."""
    visible = view.visible_accounts()
    sql = as_of_sql(ACCOUNTS, "name, external_id, relationship_type", "key = %(account)s")
    row = view.connection.execute(sql.encode(), view.parameters(account=account)).fetchone()
    if row is None or (visible is not None and account not in visible):
        raise NotFound(kind=missed[0], key=missed[1])
    return row[0], row[1], ServiceLevel(row[2] or ServiceLevel.NONE)


def _deals(view: View, where: str, wanted: list[UUID]) -> list[Deal]:
    """Opportunities as of the clocks, the oldest first, with the positions that opened them."""
    asked = view.parameters(wanted=wanted if "any" in where else wanted[0])
    sql = as_of_sql(FUNNEL, "key, account, stage, outcome, opened", where)
    rows = view.connection.execute(f"select * from ({sql}) deal order by opened, key".encode(), asked).fetchall()
    sql = f"select distinct on (key) key, cause from ({versions_sql(FUNNEL, 'account', 'key = any(%(keys)s)')}) version"
    opened = view.connection.execute(
        f"{sql} order by key, valid_from, cause".encode(), view.parameters(keys=[row[0] for row in rows])
    )
    positions: dict[UUID, int] = dict(opened.fetchall())
    return [Deal(key, account, stage, outcome, [positions[key]]) for key, account, stage, outcome, _ in rows]
