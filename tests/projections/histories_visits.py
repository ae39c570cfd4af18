"""Random events about store visits and the monthly plans of our people."""

from __future__ import annotations

import random
from decimal import Decimal
from uuid import UUID

from domain.account.store_figures import OrderLine, StockCount
from domain.account.visits import VisitKind
from domain.aggregate import Event
from domain.member.visit_plans import PlannedVisit, VisitPlans
from domain.money import Money
from tests.domain.given import sealed, some_id
from tests.projections.test_visits import logged


def in_store(chance: random.Random, visit: UUID) -> Event:
    """A store visit with steps done and what was found there; sometimes with nothing."""
    products = chance.sample(["pump", "valve", "seal"], chance.randint(0, 2))
    price = chance.choice([None, Money.of("2.50", "EUR")])
    return logged(
        visit_id=visit,
        what=VisitKind.STORE_VISIT,
        steps=tuple(chance.sample(["greeting", "order", "farewell"], chance.randint(0, 3))),
        template_version=chance.choice([0, 1]),
        action_agreed=chance.choice([None, sealed("orders")]),
        stock=tuple(StockCount(product, Decimal(chance.randint(0, 9))) for product in products),
        order_lines=tuple(OrderLine(product, Decimal(chance.randint(1, 9)), price) for product in products[:1]),
        display_score=chance.choice([None, 40, 85]),
        photo=chance.choice(["", "sha256:1"]),
        ad_hoc=chance.random() < 0.5,
    )


def monthly_plan(chance: random.Random) -> Event:
    """A plan that somebody hands in."""
    visits = (PlannedVisit(some_id("account 0"), some_id(f"visit {n}")) for n in range(chance.randint(1, 3)))
    month, likely = chance.choice(["2026-01", "2026-02"]), chance.choice([None, Decimal("0.5")])
    return VisitPlans.MonthlyVisitPlanSubmitted(month=month, visits=tuple(visits), chance=likely)
