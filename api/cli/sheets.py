"""Answers as CSV: whole values, each number in a column of its own, shares from 0 to 1, money as plain decimals beside
its currency. Headers are English; what is not known is an empty cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from domain.language.catalogue import either, say, term

if TYPE_CHECKING:
    from api.account_page import AccountPage
    from domain.opportunity.opportunity import Opportunity
    from projections.buying import BuyingAnswer
    from projections.competition import CompetitionAnswer, CompetitorLine, OpenDeal, Record
    from projections.contest import ContestAnswer
    from projections.delivery_status import DeliveriesAnswer
    from projections.exposure_answer import ExposureAnswer
    from projections.open_quotes import QuotesAnswer
    from projections.portfolio import PortfolioAnswer
    from projections.proportions import Share
    from projections.qualification import QualificationAnswer
    from projections.qualification_insight import InsightAnswer
    from projections.visit_discipline import DisciplineAnswer
    from projections.winning_cost import CostAnswer

Columns: TypeAlias = Mapping[str, Callable[[Any], Any]]
Sheet: TypeAlias = tuple[list[str], list[list[Any]]]

COMPETITION = [
    "kind", "competitor", "name", "met", "open", "open value", "currency", "won", "lost", "to them",
    "won where identified", "of", "share", "from", "to", "unseen", "stage", "strategy", "they lead by",
]  # fmt: skip
RECORDS = {"strategy": "strategies", "product": "products", "territory": "territories"}


def sheet(columns: Columns, lines: Iterable[Any]) -> Sheet:
    """Header and rows."""
    return list(columns), [[cell(line) for cell in columns.values()] for line in lines]


def cost(answer: CostAnswer) -> Sheet:
    """A row per group where they were asked for, else per opportunity."""
    if isinstance(answer.groups, list):
        return _cost_groups(answer, answer.groups)
    columns: Columns = {
        "opportunity": _deal,
        "title": lambda each: each.title,
        "outcome": lambda each: term("Outcome", each.outcome) if each.outcome else say("open"),
        "days": lambda each: each.person_days,
        "cost": lambda each: each.cost,
        "allowed": lambda each: each.cost_allowed,
        "decision": lambda each: each.decision,
        "over limit": lambda each: " ".join(each.exceeded),
        "samples": lambda each: each.samples_out,
        "won": lambda each: each.won_amount,
        "currency": lambda _: answer.currency,
    }
    return sheet(columns, answer.opportunities)


def _cost_groups(answer: CostAnswer, groups: Iterable[Any]) -> Sheet:
    columns: Columns = {
        "group": lambda each: each.name or each.key,
        "deals": lambda each: each.opportunities,
        "deals won": lambda each: each.won,
        "days": lambda each: each.person_days,
        "cost": lambda each: each.cost,
        "cost of lost": lambda each: each.cost_of_lost,
        "amount won": lambda each: each.won_amount,
        "cost per won": lambda each: each.cost_per_won,
        "currency": lambda _: answer.currency,
    }
    return sheet(columns, groups)


def quotes(answer: QuotesAnswer) -> Sheet:
    """A row per quote; its total is in its own currency."""
    columns: Columns = {
        "quote": lambda each: each.quote_no,
        "version": lambda each: each.version or None,
        "opportunity": _deal,
        "title": lambda each: each.title,
        "status": lambda each: term("QuoteStatus", each.status.value),
        "total": lambda each: each.total,
        "currency": lambda each: each.currency,
        "valid until": lambda each: each.valid_until,
        "expired": lambda each: _yes(each.expired),
        "follow-up": lambda each: term("Follow", each.follow_up.value),
        "follow-up on": lambda each: each.follow_up_on,
        "deal ended": lambda each: _yes(not each.opportunity_open),
    }
    return sheet(columns, answer.quotes)


def deliveries(answer: DeliveriesAnswer) -> Sheet:
    """A row per promise; what was accepted without a promise has a row, too."""
    header = ["opportunity", "title", "promise", "due", "first promised", "state", "days late", "accepted"]
    rows: list[list[Any]] = []
    for line in answer.deliveries:
        which = [_deal(line), line.title]
        for one in line.promises:
            state = term("DeliveryState", one.state.value)
            moved = one.first_due if one.first_due != one.due else None
            rows.append([*which, one.milestone, one.due, moved, state, one.days_late, line.accepted_on])
        if not line.promises:
            rows.append([*which, None, None, None, say("accepted"), 0, line.accepted_on])
    return header, rows


def buying(answer: BuyingAnswer) -> Sheet:
    """A row per account; `overdue days` is negative where the next purchase is not due yet."""
    columns: Columns = {
        "account": _account,
        "name": lambda one: one.name,
        "revenue": lambda one: one.revenue,
        "currency": lambda _: answer.currency,
        "change": lambda one: _rounded(one.trend.change),
        "days between purchases": lambda one: one.rhythm.median_days,
        "last purchase": lambda one: one.rhythm.last_purchase,
        "overdue days": lambda one: one.rhythm.overdue_by,
        "share paid on time": lambda one: _rounded(one.payments.on_time_share),
        "visits": lambda one: one.cost_to_serve.visits,
    }
    return sheet(columns, answer.accounts)


def portfolio(answer: PortfolioAnswer) -> Sheet:
    """A row per customer; `totals current` says whether the edition asked about gave them."""
    columns: Columns = {
        "rank": lambda line: line.rank,
        "account": _account,
        "name": lambda line: line.name,
        "overall": lambda line: line.score and line.score.totals.get("overall"),
        "fuzzy": lambda line: line.score and line.score.fuzzy_total,
        "totals current": lambda line: line.score and _yes(line.score.current),
        "revenue": lambda line: line.revenue,
        "currency": lambda _: answer.currency,
        "class": lambda line: line.abc,
        "boston": lambda line: _cell(line.cells, lambda key: key == "boston"),
        "matrix": lambda line: _cell(line.cells, lambda key: key != "boston"),
        "key status": lambda line: line.status and term("RelationshipType", line.status.relationship_type),
        "review due": lambda line: line.status and line.status.review_due,
        "review overdue": lambda line: line.status and _yes(line.status.overdue),
        "justified": lambda line: line.status and _yes(line.status.justified),
    }
    return sheet(columns, answer.customers)


def _cell(cells: Mapping[str, Any], wanted: Callable[[str], bool]) -> str | None:
    found = next((each.cell for key, each in cells.items() if wanted(key)), None)
    return say(found) if found else None


def exposure(answer: ExposureAnswer) -> Sheet:
    """A row per person; `share of meetings alone` only for ours."""
    columns: Columns = {
        "side": lambda each: term("Side", each.side.value),
        "name": lambda each: each.name or str(each.person),
        "value at risk": lambda each: each.value,
        "weighted": lambda each: each.weighted,
        "currency": lambda _: answer.currency,
        "deals": lambda each: len(each.opportunities),
        "known to one alone": lambda each: len(each.single_threads),
        "carries alone": lambda each: len(each.carries_alone),
        "share of meetings alone": lambda each: each.knowledge and _rounded(each.knowledge.share_alone),
        "visits": lambda each: len(each.visits),
        "items": lambda each: len(each.action_items),
    }
    return sheet(columns, answer.exposures)


def account(page: AccountPage) -> Sheet:
    """A row per opportunity of the account; its amount is in its own currency."""
    columns: Columns = {
        "opportunity": lambda deal: deal.external_id or str(deal.opportunity),
        "title": lambda deal: deal.title,
        "stage": lambda deal: deal.stage,
        "outcome": lambda deal: term("Outcome", deal.outcome) if deal.outcome else say("open"),
        "amount": lambda deal: deal.amount and deal.amount.amount,
        "currency": lambda deal: deal.amount and deal.amount.currency,
        "close on": lambda deal: deal.close_on,
    }
    return sheet(columns, page.opportunities)


def insight(answer: InsightAnswer) -> Sheet:
    """A row per question and party: won of those answered yes and of all others, the difference of the shares and
    its 95 % interval."""
    columns: Columns = {
        "process": lambda line: line.process,
        "question": lambda line: line.question,
        "text": lambda line: either(line.text, line.text_zh),
        "against": lambda line: _yes(line.against),
        "party": lambda line: line.of,
        "won if yes": lambda line: line.yes.part,
        "of yes": lambda line: line.yes.whole,
        "share if yes": lambda line: line.yes.rate,
        "won if not": lambda line: line.not_yes.part,
        "of not": lambda line: line.not_yes.whole,
        "share if not": lambda line: line.not_yes.rate,
        "difference": lambda line: line.difference and line.difference.difference,
        "from": lambda line: line.difference and line.difference.low,
        "to": lambda line: line.difference and line.difference.high,
        "silent because": lambda line: line.silent,
    }
    return sheet(columns, answer.questions)


def qualification(answer: QualificationAnswer) -> Sheet:
    """A row per question; a column per competitor after ours."""
    header = ["block", "question", "text", "against", "us", "answered", "evidence"]
    header += [f"competitor {name}" for name in answer.competitors]
    rows: list[list[Any]] = []
    for block in answer.blocks:
        for line in block.questions:
            theirs = {given.competitor: term("Answer", given.answer.value) for given in line.theirs}
            ours = line.ours
            said = [term("Answer", ours.answer.value), ours.answered.date(), ours.evidence] if ours else [None] * 3
            asked = [block.block, line.question, either(line.text, line.text_zh), _yes(line.against)]
            rows.append([*asked, *said, *(theirs.get(name) for name in answer.competitors)])
    return header, rows


def contest(answer: ContestAnswer) -> Sheet:
    """A row per criterion: how we stand, and each competitor, from -2 to 2."""
    names = [rival.competitor for rival in answer.competitors]
    header = ["rank", "was", "criterion", "formal", "kind", "set by", "us", *(f"competitor {name}" for name in names)]
    rows = [
        [
            *(line.priority, line.previous, line.text or str(line.criterion), _yes(line.formal)),
            *(term("CriterionKind", line.kind), line.set_by and term("SetBy", line.set_by), line.ours),
            *(line.theirs.get(name) for name in names),
        ]
        for line in answer.criteria
    ]
    return header, rows


def competition(answer: CompetitionAnswer, opened: Mapping[UUID, Opportunity.Opened]) -> Sheet:
    """A row per competitor (`kind` competitor). Where one is asked about, then a row per strategy, product and
    territory, and per open deal by its external id, as `opened` has it."""
    rows: list[dict[str, Any]] = []
    for line in answer.competitors:
        rows.append(_competitor(line, answer.currency))
        if isinstance(line.open_deals, list):
            rows += [
                {"kind": kind, "competitor": line.competitor, "name": each.key, **_record(each)}
                for kind, records in RECORDS.items()
                for each in getattr(line, records)
            ]
            rows += [
                {"competitor": line.competitor, "currency": answer.currency, **_open_deal(each, opened)}
                for each in line.open_deals
            ]
    return COMPETITION, [[row.get(name) for name in COMPETITION] for row in rows]


def _competitor(line: CompetitorLine, currency: str) -> dict[str, Any]:
    counts = {"met": line.met, "open": line.open, "open value": line.open_value, "unseen": line.unseen}
    who = {"kind": "competitor", "competitor": line.competitor, "name": line.competitor, "currency": currency}
    return {**who, **counts, **_record(line)}


def _record(each: CompetitorLine | Record) -> dict[str, Any]:
    return {"won": each.won, "lost": each.lost, "to them": each.lost_to_them, **_share(each.win_rate)}


def _share(share: Share) -> dict[str, Any]:
    figures = (share.part, share.whole, share.rate, share.low, share.high)
    return dict(zip(("won where identified", "of", "share", "from", "to"), figures, strict=True))


def _open_deal(deal: OpenDeal, opened: Mapping[UUID, Opportunity.Opened]) -> dict[str, Any]:
    event = opened.get(deal.opportunity)
    return {
        "kind": "open deal",
        "name": (event.external_id if event else "") or str(deal.opportunity),
        "open value": deal.value,
        "stage": deal.stage,
        "strategy": deal.strategy and term("Strategy", deal.strategy),
        "they lead by": "; ".join(
            f"{lead.text or lead.criterion} ({lead.ours:+} : {lead.theirs:+})" for lead in deal.leads
        ),
    }


def discipline(answer: DisciplineAnswer) -> Sheet:
    """A row per manager or account."""
    columns: Columns = {
        "key": lambda line: line.key,
        "who": lambda line: line.name or line.external_id,
        "planned": lambda line: line.kept.planned.count,
        "logged": lambda line: line.kept.logged.count,
        "cancelled": lambda line: line.kept.cancelled.count,
        "outstanding": lambda line: line.kept.outstanding.count,
        "ad hoc": lambda line: line.kept.ad_hoc.count,
        "share ad hoc": lambda line: _rounded(line.kept.ad_hoc_share),
        "days to log": lambda line: line.logging.median_days,
        "share late": lambda line: _rounded(line.logging.late_share),
        "share met": lambda line: _rounded(line.outcome.met_rate),
        "share with action agreed": lambda line: _rounded(line.outcome.action_share),
        "cadence kept": lambda line: line.cadence.kept,
        "cadence of": lambda line: line.cadence.accounts,
        "plans": lambda line: ", ".join(term("PlanState", plan.state.value) for plan in line.plans),
    }
    return sheet(columns, answer.lines)


def _deal(line: Any) -> str:
    return line.external_id or str(line.opportunity)


def _account(line: Any) -> str:
    return line.external_id or str(line.account)


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
