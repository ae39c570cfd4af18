"""How many deliveries a second one worker makes to a receiver that answers in 10 ms, alone and while ten other
receivers are dead or slow: both in the same run, in turns."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from uuid import UUID, uuid4

from api.cli.session import make_tables
from tests.benchmarks.report import Report
from tests.benchmarks.webhook_sender import receiver_process
from tests.workers.following import company_on
from tests.workers.receiving import Office
from workers.webhooks.engine import Webhooks
from workers.webhooks.sending import Sender

EVENTS = 4_000
ROUNDS = 2
ANSWERS_AFTER, SLOW, STUCK = 0.010, 5.0, 600.0
DEAD, SLOW_ONES, STUCK_ONES = 5, 3, 2
PATIENCE = 120.0


def run(report: Report) -> None:
    """Rates with and without the others."""
    with report.database() as url:
        make_tables(url)
        with company_on(url) as company, ExitStack() as stack:
            office = Office(company)
            company.records_deals(EVENTS)
            head = office.publish()
            fast = stack.enter_context(receiver_process(ANSWERS_AFTER))
            bad = [stack.enter_context(nobody()) for _ in range(DEAD)]
            bad += [stack.enter_context(receiver_process(SLOW)) for _ in range(SLOW_ONES)]
            bad += [stack.enter_context(receiver_process(STUCK)) for _ in range(STUCK_ONES)]
            stack.enter_context(working(url, office))
            alone, beside = [], []
            others: list[UUID] = []
            for number in range(ROUNDS):
                alone.append(rate(office, office.subscribe(f"alone{number}", fast), head))
                others = [office.subscribe(f"bad{number}-{n}", each) for n, each in enumerate(bad)]
                beside.append(rate(office, office.subscribe(f"beside{number}", fast), head))
                for each in others:
                    office.later(each, "end")
    reached, with_others = median(alone), median(beside)
    effect = max(0.0, 100 * (1 - with_others / reached))
    about = f"{len(alone)} × {head:,} events, 8 lanes"
    report.line("webhooks: deliveries to a receiver that answers in 10 ms", must=400, reached=reached, unit="/s",
                beside=about)  # fmt: skip
    report.line("webhooks: effect of ten dead, slow and stuck receivers on it", must=5, reached=effect, unit=" %",
                at_most=True, beside=f"{with_others:.0f}/s beside them")  # fmt: skip


def rate(office: Office, subscription: UUID, head: int) -> float:
    """Deliveries a second, from the first to the last."""
    assert office.reaches(subscription, head), office.cursor(subscription)
    ((count, seconds),) = office.rows(
        "select count(*), extract(epoch from max(at) - min(at)) from delivery_log"
        " where subscription = %s and outcome = 'delivered'",
        subscription,
    )
    return float(count) / float(seconds)


@contextmanager
def working(url: str, office: Office) -> Iterator[None]:
    """A worker's deliveries with the real sender."""
    engine = Webhooks(url, office.journal, uuid4(), lambda: Sender("bench", private=True))
    engine.start()
    try:
        yield
    finally:
        engine.stop()
        engine.join(30)


@contextmanager
def nobody() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/hook"
