"""Linear algebra by one thread: its matrices are small, so that threads would wait for each other longer than they
work; and how many there are would show in the last digits of a result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_one_at_a_time = threading.RLock()
"""The limit is one for the whole process: whoever leaves first would lift it for the others."""


def by_one_thread(work: Callable[P, R]) -> Callable[P, R]:
    """The same function, with linear algebra by one thread; of such functions one runs at a time."""

    @wraps(work)
    def alone(*arguments: P.args, **named: P.kwargs) -> R:
        with _one_at_a_time, _libraries().limit(limits=1, user_api="blas"):
            return work(*arguments, **named)

    return alone


def _libraries() -> Any:
    """What is loaded by now: others may come later, with libraries of their own."""
    import numpy as np  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
