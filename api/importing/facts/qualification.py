"""Answers to the questionnaire and buyers as facts of opportunities."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from api.importing.desk import Desk, batches
from api.importing.facts.children import Children
from api.importing.facts.ranks import QUALIFICATION
from api.importing.kinds.answers import ANSWERS, AnswerRow
from api.importing.kinds.stakeholders import BUYERS, BuyerRow
from api.importing.past import child
from api.importing.world import World
from domain.account.account import Account
from domain.opportunity.buyers import BuyerRole, Support
from domain.opportunity.opportunity import Opportunity
from domain.policies.gates import Answer
from domain.policies.sales_process import SalesProcess


def plan(desk: Desk, people: Children) -> None:
    """Facts of answers and buyers."""
    for answers in batches(desk.content.of("answers")):
        desk.people.prepare((), _texts_of_answers(desk, answers))
        for answer in answers:
            _plan_answer(desk, answer)
    for buyers in batches(desk.content.of("buyers")):
        desk.people.prepare((), _texts_of_buyers(desk, buyers, people))
        for buyer in buyers:
            _plan_buyer(desk, buyer, people)


def _texts_of_answers(desk: Desk, rows: list[Any]) -> set[tuple[UUID, tuple[UUID, ...]]]:
    return {(deal, ()) for row in rows if row.evidence and (deal := desk.names.opportunities.find(row.opportunity))}


def _texts_of_buyers(desk: Desk, rows: list[Any], people: Children) -> set[tuple[UUID, tuple[UUID, ...]]]:
    return {
        (deal, (people.meant(desk, row.stakeholder, desk.account_of_deal(deal)),))
        for row in rows
        if row.wants and (deal := desk.names.opportunities.find(row.opportunity))
    }


def _plan_answer(desk: Desk, row: AnswerRow) -> None:
    desk.take_up(row)
    deal = desk.opportunity("opportunity", row.opportunity)
    at = desk.day("on", row.on) if row.on else desk.clock.export
    question = key_of(row.question)
    part = None if row.on else child(question, row.competitor or "")
    if not desk.sound or (part is not None and desk.is_settled(ANSWERS, row, deal, part)):
        return
    values = {
        "question": question,
        "answer": Answer(row.answer),
        "evidence": desk.seal_text(deal, (), "evidence", row.evidence),
        "competitor": row.competitor or "",
    }
    desk.add(ANSWERS, row, 0, at, QUALIFICATION, (Opportunity, deal), partial(_answer, values), child=part)


def key_of(question: str) -> str:
    """The key of a question; a number may be written with zeros before it."""
    return str(int(question)) if question.isascii() and question.isdigit() else question


def _answer(values: dict[str, Any], deal: Any, world: World) -> None:
    process = world.policy(SalesProcess, deal.moment, deal.process)
    deal.qualification.answer(**values, sales_process=process)


def _plan_buyer(desk: Desk, row: BuyerRow, people: Children) -> None:
    desk.take_up(row)
    deal = desk.opportunity("opportunity", row.opportunity)
    person = people.find(desk, "stakeholder", row.stakeholder, desk.account_of_deal(deal))[1]
    at = desk.day("on", row.on) if row.on else desk.clock.export
    part = None if row.on else child(person)
    if not desk.sound or (part is not None and desk.is_settled(BUYERS, row, deal, part)):
        return
    values = {
        "stakeholder": person,
        "role": BuyerRole(row.role),
        "support": Support(row.support),
        "key_player": bool(row.key_player),
        "wants": desk.seal_text(deal, [person], "wants", row.wants),
    }
    desk.add(BUYERS, row, 0, at, QUALIFICATION, (Opportunity, deal), partial(_map, values), child=part)


def _map(values: dict[str, Any], deal: Any, world: World) -> None:
    account = world.look(Account, deal.account, deal.moment) if deal.account else Account(id=deal.id)
    deal.buyers.map(**values, account=account)
