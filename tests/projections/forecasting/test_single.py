"""Forecasts are reckoned by one thread of linear algebra, whoever asks, and leave it as it was."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from projections.forecasting.single import by_one_thread


def threads() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_linear_algebra_has_one_thread_inside_and_what_it_had_outside() -> None:
    with threadpool_limits(2, "blas"):
        assert by_one_thread(by_one_thread(threads))() == {1}
        assert threads() == {2}


def test_in_another_thread_too_and_one_waits_for_the_other() -> None:
    begun, goes_on, seen = Event(), Event(), list[set[int]]()

    @by_one_thread
    def first() -> None:
        begun.set()
        goes_on.wait(10)
        seen.append(threads() | {0})

    before = threads()
    runs = [Thread(target=first), Thread(target=lambda: seen.append(by_one_thread(threads)()))]
    runs[0].start()
    begun.wait(10)
    runs[1].start()
    goes_on.set()
    for each in runs:
        each.join(10)
    assert seen == [{0, 1}, {1}]
    assert threads() == before


def test_a_failure_leaves_the_threads_as_they_were() -> None:
    @by_one_thread
    def failing() -> None:
        raise ZeroDivisionError

    with threadpool_limits(2, "blas"):
        with pytest.raises(ZeroDivisionError):
            failing()
        assert threads() == {2}
