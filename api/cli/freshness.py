"""A reading command never answers from a half-projected model without saying so."""

from __future__ import annotations

import time

from api.cli import output
from api.cli.session import System
from projections.working import alive_workers

PATIENCE_SECONDS = 10.0
PAUSE = 0.02


def bring_up_to_date(system: System, *, wait: bool = True) -> None:
    """See that the read models have everything that the journal held when the command started.

    Waits for the workers; where none is alive, or they do not get on, does their work itself, same function, same
    lock. With `wait=False` it returns at once, and the answer says whether it is complete.
    """
    goal = system.journal.streams.head()
    if not wait or _behind(system, goal) == 0:
        return
    if not _wait_for_workers(system, goal):
        _do_their_work(system, goal)


def _wait_for_workers(system: System, goal: int) -> bool:
    """Whether the workers have done it; False when none is alive any more, or none gets on."""
    left, since = _behind(system, goal), time.monotonic()
    while left and time.monotonic() - since < PATIENCE_SECONDS:
        if not system.journal.streams.read(alive_workers):
            return False
        time.sleep(PAUSE)
        now = _behind(system, goal)
        if now < left:
            left, since = now, time.monotonic()
    return not left


def _do_their_work(system: System, goal: int) -> None:
    with output.progress() as bar:
        task = bar.add_task("read models", total=goal)
        while left := _behind(system, goal):
            system.engine.catch_up(
                until=goal, progress=lambda done, total: bar.update(task, completed=done, total=total)
            )
            if _behind(system, goal) == left:  # somebody else is at work on it
                time.sleep(PAUSE)


def _behind(system: System, goal: int) -> int:
    """How many events the slowest model lacks."""
    return max((goal - model.position for model in system.engine.status().models if model.position < goal), default=0)
