"""Mistakes put into the engine on purpose, each of which the property test must find."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

import domain.journal.reading
from projections.engine import fold, intervals, projector, query, store
from tests.projections.checks import holds
from tests.projections.conftest import EngineOf, Journal, fresh
from tests.projections.histories import History, Profile

Mutant = tuple[Any, str, str, str]

MUTANTS: dict[str, Mutant] = {
    "events that changed nothing are forgotten": (
        store.Store,
        "timelines",
        "            found.setdefault(key, []).append(entry)",
        "            if kind == 1: found.setdefault(key, []).append(entry)",
    ),
    "late is what comes before the current version": (projector.Projector, "_append", "now.last_at", "now.at"),
    "the version before a late fact gets no shortened copy": (
        fold,
        "_settle",
        "        if before.valid_to == END_OF_TIME:",
        "        if True:",
    ),
    "what is retracted stays": (
        fold,
        "_retire",
        "    entry.retracted_at = step\n    retired.append(entry)",
        "    pass",
    ),
    "retracted versions were never true": (
        query,
        "as_of_sql",
        "{past} {taken_back(_T, _P)}",
        "{past} false and {taken_back(_T, _P)}",
    ),
    "lengths are filed a class too low": (
        intervals,
        "holding",
        "span = class_of_time",
        "span - 2 = class_of_time",
    ),
    "what ends exactly at a withdrawn moment is not loaded": (store.Store, "timelines", "valid_to >= ", "valid_to > "),
    "retracted versions are loaded again": (store.Store, "timelines", " and retracted_at is null", ""),
    "a version is known since its cause": (
        fold,
        "_walk",
        "None if silent else after, silent, step)",
        "None if silent else after, silent, envelope.position)",
    ),
    "an end is known since the version is": (
        fold,
        "_settle",
        "before.ended_at = after.valid_to, step",
        "before.ended_at = after.valid_to, before.known_from",
    ),
    "a re-fold stops before what is withdrawn": (
        fold,
        "_walk",
        "m == len(coming) and not left and state == was",
        "m == len(coming) and state == was",
    ),
    "a re-fold never passes the late facts": (
        fold,
        "_walk",
        "m == len(coming) and not left and state == was",
        "m > 0 and not left and state == was",
    ),
    "of a tie the later position comes first": (
        fold,
        "_walk",
        "(coming[m].at, coming[m].position) < old[n].order",
        "coming[m].at <= old[n].at",
    ),
    "every event is a step of its own": (
        domain.journal.reading,
        "_BETWEEN",
        "max(position) over (partition by recorded_at)",
        "position",
    ),
    "the first event may be silent": (fold, "append", "columns: Columns = NOTHING", "columns: Columns = None"),
    "a row of which nothing is left stays": (fold, "write_timeline", "if timeline.current:\n", "if False:\n"),
    "an end not yet known is taken for known": (
        query,
        "as_of_sql",
        "({past} {open_still}",
        "({past} false and {open_still}",
    ),
}
FEW = Profile(facts=250, streams=5, late=0.4, span=15, withdrawn=0.2, largest_append=5)
MANY = Profile(facts=600, streams=120, late=0.5, span=15, withdrawn=0.25, largest_append=5)
HISTORIES = [(4, FEW), (4, MANY), (5, FEW), (5, MANY)]


@pytest.fixture
def journal(fresh_journal: Journal) -> Journal:
    """A database for each test: these make tables, change them and leave them damaged."""
    return fresh_journal


def mutate(patch: pytest.MonkeyPatch, owner: Any, name: str, old: str, new: str) -> None:
    """Replace a piece of a function's (or constant's) text, wherever the engine uses it."""
    before = getattr(owner, name)
    if isinstance(before, str):
        assert old in before
        patch.setattr(owner, name, before.replace(old, new))
        return
    text = textwrap.dedent(inspect.getsource(before))
    if inspect.isclass(owner):
        old, new = (part.replace("\n    ", "\n").removeprefix("    ") for part in (old, new))
    assert old in text, f"{name} has changed, and its mutant no longer applies"
    made: dict[str, Callable[..., Any]] = {}
    exec(compile(text.replace(old, new, 1), f"mutant of {name}", "exec"), vars(sys.modules[before.__module__]), made)
    if inspect.isclass(owner):
        patch.setattr(owner, name, made[name])
        return
    for module in [m for n, m in sys.modules.items() if n.startswith("projections.engine")]:
        if getattr(module, name, None) is before:
            patch.setattr(module, name, made[name])


def found(journal: Journal, engine_of: EngineOf) -> bool:
    """Whether the property test fails on one of some histories, told in small batches."""
    for seed, profile in HISTORIES:
        journal.empty()
        History(seed, profile).write(journal)
        engine = fresh(journal, engine_of, batch=20)
        try:
            engine.catch_up()
            holds(journal, engine, seed, questions=25)
        except Exception:  # a mutant may answer wrongly or not at all: either is found
            return True
    return False


@pytest.mark.parametrize("name", MUTANTS)
def test_the_property_test_finds(
    name: str, journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch, *MUTANTS[name])
    monkeypatch.setattr("tests.projections.checks.as_of_sql", query.as_of_sql)
    assert found(journal, engine_of)


def test_without_a_mutant_it_finds_nothing(journal: Journal, engine_of: EngineOf) -> None:
    assert not found(journal, engine_of)
