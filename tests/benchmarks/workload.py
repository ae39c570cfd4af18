"""The seeded workload that all benchmarks share: deals of about eight events, as facts of our own domain."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from domain.aggregate import Event, Recorded
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.qualification import Qualification
from domain.policies.gates import Answer

ROOT = UUID("5f0f7a52-9d0e-4f1e-8f57-0c1f4b0d9a11")
START = datetime(2021, 1, 4, 9, tzinfo=UTC)
STAGES = ("potential", "confirmed", "ours", "winnable")


def opened(number: int, amount: int, at: datetime) -> Opportunity.Opened:
    """The opening of a deal; ten deals to an account."""
    return Opportunity.Opened(
        account=uuid5(ROOT, f"account {number // 10}"),
        title=f"Line {number}",
        process="four_funnel",
        process_edition=0,
        stage=STAGES[0],
        amount=Money.of(amount, "EUR"),
        close_on=date.fromordinal(at.toordinal() + 120),
        owner=uuid5(ROOT, f"member {number % 60}"),
    )


def deals(seed: int = 7) -> Iterator[list[Recorded]]:
    """Histories without end, the same every time: each an opening and what follows, versions from 1."""
    chance = random.Random(seed)
    number = 0
    while True:
        amount = chance.randrange(5_000, 900_000)
        at = START + timedelta(hours=chance.randrange(24 * 365 * 4))
        events = [opened(number, amount, at), *_following(chance, amount, at)]
        stream = uuid5(ROOT, f"deal {number}")
        yield [
            Recorded(
                originator_id=stream,
                originator_version=version,
                event=event,
                occurred_at=at + timedelta(days=version * 3),
            )
            for version, event in enumerate(events, 1)
        ]
        number += 1


def _following(chance: random.Random, amount: int, at: datetime) -> list[Event]:
    revised = Money.of(amount * chance.randrange(70, 130) // 100, "EUR")
    events: list[Event] = [
        _answered(chance.randrange(1, 6)),
        _answered(chance.randrange(6, 11)),
        _advanced(0),
        _moved(at, chance),
        Opportunity.AmountRevised(previous=Money.of(amount, "EUR"), amount=revised, reason="volume changed"),
        _advanced(1),
    ]
    match chance.randrange(4):
        case 0:
            events.append(Opportunity.Won(signed=revised))
        case 1:
            events.append(Opportunity.Lost(reasons=("price",)))
        case 2:
            events += [_advanced(2), Opportunity.Won(signed=revised)]
    return events


def _answered(question: int) -> Event:
    return Qualification.QualificationAnswered(question=str(question), answer=Answer.YES, process_edition=0)


def _advanced(stage: int) -> Event:
    after = STAGES[: stage + 1]
    return Opportunity.StageAdvanced(from_=STAGES[stage], to=STAGES[stage + 1], process_edition=0, after=after)


def _moved(at: datetime, chance: random.Random) -> Event:
    previous = date.fromordinal(at.toordinal() + 120)
    moved = date.fromordinal(previous.toordinal() + chance.randrange(5, 60))
    return Opportunity.CloseDateMoved(previous=previous, close_on=moved, reason="the budget round moved")


def facts(count: int, seed: int = 7) -> list[Recorded]:
    """At least so many facts of whole deals."""
    found: list[Recorded] = []
    for deal in deals(seed):
        found += deal
        if len(found) >= count:
            break
    return found


def hammer(threads: int, seconds: float, command: Callable[[int, int], None]) -> tuple[float, list[float]]:
    """Calls per second of `command(thread, number)` by so many threads, and each call's seconds, sorted."""
    taken: list[list[float]] = [[] for _ in range(threads)]

    def work(thread: int) -> None:
        end = time.perf_counter() + seconds
        while (begin := time.perf_counter()) < end:
            command(thread, len(taken[thread]))
            taken[thread].append(time.perf_counter() - begin)

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    every = sorted(seconds for each in taken for seconds in each)
    return len(every) / (time.perf_counter() - begin), every
