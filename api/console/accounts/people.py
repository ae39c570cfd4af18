"""The people of an account: who they are, how near we are to them, and the map of who decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.account_page import known
from api.account_team import TeamLine, team_of
from api.console.accounts.scope import Scope
from api.decision_maps import opened_map
from domain.account.account import Account
from domain.aggregate import fold
from domain.language.catalogue import say, term, terms
from projections.decision_map import DecisionMap, decision_map
from projections.map_picture import MapNode, StandNode

ROLES = ("approver", "decision_maker", "evaluator", "user")


@dataclass(frozen=True)
class Person:
    """A person of the map, as the list beside it shows him on one opportunity, or on all."""

    node: MapNode
    name: str
    stands: list[StandNode]
    days: int | None
    """How many days ago he was last met or spoken to."""

    @property
    def stand(self) -> StandNode | None:
        """Where he stands on the opportunity that comes first."""
        return self.stands[0] if self.stands else None


def decision_maps(scope: Scope) -> dict[str, Any]:
    """What the template shows: the map of the account or of one of its opportunities, as a picture and as a list."""
    answer = opened_map(scope.journal, scope.view, decision_map(scope.view, account=scope.id))
    scope.frame.may_read_people(scope.view)
    wanted = _wanted(scope, answer)
    people = [_person(scope, node, wanted) for node in answer.nodes]
    levels = _levels(people)
    people.sort(key=lambda each: (levels[each.node.id], each.name))
    return {
        "map": answer,
        "deal": wanted,
        "titles": {deal.id: deal.title or deal.external_id for deal in answer.opportunities},
        "people": people,
        "height": 110 + 104 * max(len(set(levels.values())), 2),
        "chart": _picture(answer, people, levels),
        "names": {each.node.id: each.name for each in people},
        "sign": sign,
    }


def _wanted(scope: Scope, answer: DecisionMap) -> UUID | None:
    stated = getattr(scope.frame.query, "deal", "")
    return next((deal.id for deal in answer.opportunities if stated in (str(deal.id), deal.external_id)), None)


def _person(scope: Scope, node: MapNode, deal: UUID | None) -> Person:
    stands = [each for each in node.stands if deal in (None, each.opportunity)]
    met = max((each for each in (node.met, node.contacted) if each), default=None)
    name = node.name or node.title or say("somebody")
    return Person(node, name, stands, _days(scope, met))


def _days(scope: Scope, at: datetime | None) -> int | None:
    return (scope.view.clock.as_of - at).days if at else None


def _levels(people: list[Person]) -> dict[UUID, int]:
    """On which level of the picture each stands: by his role, those without one last; where nobody has one, by how many
    stand above him."""
    if any(each.stand for each in people):
        return {each.node.id: ROLES.index(each.stand.role.value) if each.stand else len(ROLES) for each in people}
    above = {each.node.id: each.node.reports_to for each in people}
    return {each: _depth(each, above) for each in above}


def _depth(who: UUID, above: Mapping[UUID, UUID | None]) -> int:
    seen, up = {who}, above.get(who)
    while up in above and up not in seen:
        assert up is not None
        seen.add(up)
        up = above.get(up)
    return len(seen) - 1


def _picture(answer: DecisionMap, people: list[Person], levels: Mapping[UUID, int]) -> dict[str, Any]:
    nodes = [
        {
            "id": str(each.node.id),
            "name": each.name,
            "title": each.node.title,
            "level": levels[each.node.id],
            "role": term("BuyerRole", each.stand.role.value) if each.stand else say("no role"),
            "support": each.stand.support.value if each.stand else "",
            "stance": term("Support", each.stand.support.value) if each.stand else say("not known"),
            "sign": sign(each.stand),
            "key": bool(each.stand and each.stand.key_player),
            "near": max((_nearness(near.level.value) for near in each.node.relationships), default=0),
            "days": each.days,
            "href": f"/console/why?positions={','.join(map(str, each.node.positions[:200]))}",
        }
        for each in people
    ]
    edges = [
        {
            "from": str(edge.from_),
            "to": str(edge.to),
            "kind": edge.kind,
            "words": edge_words(edge.kind),
            "strength": edge.strength or 0,
            "political": edge.nature == "political",
        }
        for edge in answer.edges
    ]
    words = {"days": say("last contact {days} [day|days] ago"), "never": say("never met"), "key": say("key player")}
    return {"nodes": nodes, "edges": edges, "words": words}


def sign(stand: StandNode | None) -> str:
    """The symbol of a stance, so that it is not said by colour alone."""
    return terms("Support")[stand.support.value].symbol if stand else "?"


def _nearness(level: str) -> int:
    return ("vendor", "credible_source", "problem_solver", "trusted_adviser").index(level) + 1


def edge_words(kind: str) -> str:
    """What an arrow of the map says."""
    return say("reports to") if kind == "reports_to" else term("InfluenceKind", kind)


def team(scope: Scope) -> list[TeamLine]:
    """Who of ours works for the account."""
    accounts = [fold(Account, key, known(scope.histories.get(key, []), scope.view)) for key in scope.together]
    return team_of(scope.journal, scope.view, accounts)
