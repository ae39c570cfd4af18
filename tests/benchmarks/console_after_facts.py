"""How long pages of all opportunities take right after a fact about one of them: in a company of hundreds that is
always the case."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from statistics import median
from uuid import UUID, uuid4

from tests.benchmarks.report import Report

OF_DEALS = (
    "funnel, board",
    "funnel, picture",
    "forecast",
    "forecast, expected",
    "forecast, deals",
    "opportunity, chance",
)
AIM = 60
Ask = Callable[[], float | None]
"""Asks for a page; answers with the milliseconds that it took, None where there is no such page."""


def after_facts(report: Report, pages: Mapping[str, Ask], record: Callable[[int], None], rounds: int) -> None:
    """Every page so many times: when nothing happened since it was asked for, and after a fact each time. `record`
    records one, about an amount."""
    quiet, after = dict[str, float](), dict[str, float]()
    for name, ask in pages.items():
        _taken(ask)
        quiet[name] = median(_taken(ask) for _ in range(rounds))
        found = list[float]()
        for amount in range(5_000, 5_000 + rounds):
            record(amount)
            found.append(_taken(ask))
        after[name] = median(found)
    slow = max(after, key=lambda name: after[name])
    report.line(
        "pages of all deals after each fact about one, against before",
        must=8,
        stretch=3,
        reached=median(after[name] / quiet[name] for name in pages),
        at_most=True,
        beside=f"slowest p50 {after[slow]:,.0f} ms ({slow}); aim {AIM} ms",
    )


def _taken(ask: Ask) -> float:
    found = ask()
    assert found is not None
    return found


def revise(connection: http.client.HTTPConnection, key: str, deal: Callable[[], UUID], amount: int) -> None:
    """Revise the amount of an opportunity, of the first that is open."""
    body = json.dumps({"amount": {"amount": str(amount), "currency": "EUR"}})
    status = HTTPStatus.CONFLICT  # as it is of one that is closed
    while status == HTTPStatus.CONFLICT:
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid4()),
        }
        connection.request("POST", f"/opportunities/{deal()}/revise-amount", body, headers)
        answer = connection.getresponse()
        answer.read()
        status = HTTPStatus(answer.status)
    assert status == HTTPStatus.OK, status
