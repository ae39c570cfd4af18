"""Satisfaction surveys and purchases as facts."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from api.importing.desk import Desk, batches
from api.importing.facts.children import Children
from api.importing.facts.ranks import DEALING
from api.importing.kinds.dealings import PURCHASES, SATISFACTION, PurchaseRow, SatisfactionRow
from api.importing.names import made_id
from api.importing.world import World
from domain.account.account import Account
from domain.account.purchases import SurveyKind, SurveySubject


def plan(desk: Desk, people: Children) -> None:
    """Facts of surveys and purchases."""
    for rows in batches(desk.content.of("satisfaction")):
        desk.people.prepare((), _texts(desk, rows, people))
        for survey in rows:
            _plan_survey(desk, survey, people)
    for purchase in desk.content.of("purchases"):
        _plan_purchase(desk, purchase)


def _texts(desk: Desk, rows: list[Any], people: Children) -> list[tuple[UUID, tuple[UUID, ...]]]:
    found: list[tuple[UUID, tuple[UUID, ...]]] = []
    for row in rows:
        account = desk.names.accounts.find(row.account)
        if account and row.comment:
            found.append((account, (people.meant(desk, row.stakeholder, account),) if row.stakeholder else ()))
    return found


def _plan_survey(desk: Desk, row: SatisfactionRow, people: Children) -> None:
    desk.take_up(row)
    account = desk.account("account", row.account)
    at = desk.day("on", row.on)
    person = people.find(desk, "stakeholder", row.stakeholder, account)[1] if row.stakeholder else None
    if not desk.sound:
        return
    values = {
        "survey_id": made_id("survey", row.external_id or row.digest.hex()),
        "kind": SurveyKind(row.kind),
        "score": row.score,
        "subject": SurveySubject(row.subject) if row.subject else None,
        "comment": desk.seal_text(account, [person] if person else [], "comment", row.comment),
        "stakeholder": person,
    }
    desk.add(SATISFACTION, row, 0, at, DEALING, (Account, account), partial(_survey, values), child=None)


def _survey(values: dict[str, Any], account: Any, _: World) -> None:
    account.satisfaction.survey(**values)


def _plan_purchase(desk: Desk, row: PurchaseRow) -> None:
    desk.take_up(row)
    account = desk.account("account", row.account)
    at = desk.day("on", row.on)
    revenue = desk.money("revenue", row.revenue, row.currency)
    margin = desk.money("margin", row.margin, row.currency) if row.margin is not None else None
    if not desk.sound:
        return
    values = {
        "document_no": row.document_no,
        "revenue": revenue,
        "product_line": row.product_line or "",
        "quantity": row.quantity,
        "margin": margin,
    }
    desk.add(PURCHASES, row, 0, at, DEALING, (Account, account), partial(_add, values), child=None)


def _add(values: dict[str, Any], account: Any, _: World) -> None:
    account.purchases.add(**values)
