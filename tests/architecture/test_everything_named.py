"""Everything that the page of the domain names is there: the list is `tests/data/domain_names.toml`.

Each event has its schema, its example, the command or the worker that records it, and its row; each policy its
document, its route and its place in `kams policy`; each read model its question, its route and its command; each
finding its rule.
"""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
import typer.main

from api.cli import policy_commands
from api.cli.main import app
from api.contents import table_of_contents
from api.contract.examples import example
from api.contract.schemas import current
from api.policies import POLICIES
from domain.aggregate import EVENTS, ROOTS
from domain.commands import CommandType, commands_of
from projections import READ_MODELS
from projections.engine.model import Plan
from projections.findings import RULES
from tests.architecture.everything import REPOSITORY, events
from tests.architecture.test_events import NOT_SHOWN

NAMES: dict[str, dict[str, Any]] = tomllib.loads(
    (REPOSITORY / "tests" / "data" / "domain_names.toml").read_text(encoding="utf-8")
)
events()


def missing_of_event(name: str) -> list[str]:
    """What an event lacks."""
    topic = NAMES["events"][name]
    if topic not in EVENTS:
        return ["event"]
    version = EVENTS[topic].schema_version
    lacking = []
    if (topic, version) not in current():
        lacking.append("schema")
    if not example(topic, version):
        lacking.append("example")
    if not is_recorded(name, topic):
        lacking.append("command")
    if topic not in shown() and topic not in NOT_SHOWN:
        lacking.append("row")
    return lacking


def is_recorded(name: str, topic: str) -> bool:
    """Whether a command of its aggregate records an event, or the file that says so does."""
    if place := NAMES["not_by_command"].get(name):
        file, words = place
        return words in (REPOSITORY / file).read_text(encoding="utf-8")
    root, _, event = topic.partition(".")
    return any(records(command, event) for command in commands_of(ROOTS[root]).values())


def records(command: CommandType, event: str) -> bool:
    """Whether a command names an event that it makes, itself or in what it calls."""
    owner = ROOTS[command.root.__name__]
    part = next((each.type for each in msgspec.structs.fields(owner) if each.name == command.part), owner)
    return any(re.search(rf"\.{event}\b", source) for source in called(command.method, part))


def called(function: Any, owner: Any, deep: int = 3) -> Iterator[str]:
    """The source of a function and of the methods and functions that it calls in its own class and module."""
    source = inspect.getsource(function)
    yield source
    if deep:
        module = inspect.getmodule(function)
        for name in set(re.findall(r"\bself\.(\w+)\(", source)) | set(re.findall(r"(?<![\w.])(\w+)\(", source)):
            found = getattr(owner, name, None) or getattr(module, name, None)
            if inspect.isfunction(found) and found is not function:
                yield from called(found, owner, deep - 1)


def missing_of_policy(name: str) -> list[str]:
    """What a policy lacks."""
    slug = NAMES["policies"][name]
    if slug not in POLICIES:
        return ["policy"]
    lacking = [] if POLICIES[slug].__name__ == name else ["name"]
    path = f"/policies/{slug}" + ("/{key}" if POLICIES[slug].keyed_by else "")
    lacking += [] if ("GET", path) in routes() else ["document"]
    lacking += [] if any(method != "GET" and each.startswith(path) for method, each in routes()) else ["route"]
    lacking += [] if slug in policy_commands.KINDS else ["kams policy"]
    return lacking


def missing_of_read_model(name: str) -> list[str]:
    """What a read model lacks."""
    question, path, command = NAMES["read_models"][name]
    module, _, function = question.partition(":")
    try:
        asked = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError:
        asked = None
    lacking = [] if inspect.isfunction(asked) else ["question"]
    lacking += [] if path in {each for _, each in routes()} else ["route"]
    lacking += [] if command in commands() else ["command"]
    return lacking


def missing_of_finding(name: str) -> list[str]:
    """What a finding lacks."""
    return [] if NAMES["findings"][name] in {rule.name for rule in RULES} else ["rule"]


MISSING = {
    "events": missing_of_event,
    "policies": missing_of_policy,
    "read_models": missing_of_read_model,
    "findings": missing_of_finding,
}


@cache
def shown() -> frozenset[str]:
    """The stored names of events that a read model shows."""
    return frozenset(topic for model in READ_MODELS for topic in Plan(model).topics)


@cache
def routes() -> frozenset[tuple[str, str]]:
    """Methods and paths of all endpoints."""
    none: Any = None
    return frozenset((each.method, re.sub(r":\w+}", "}", each.path)) for each in table_of_contents(none, none))


@cache
def commands() -> frozenset[str]:
    """Every command and group of `kams`."""

    def below(command: Any, prefix: str) -> Iterator[str]:
        for name, each in getattr(command, "commands", {}).items():
            yield f"{prefix}{name}"
            yield from below(each, f"{prefix}{name} ")

    return frozenset(below(typer.main.get_command(app), ""))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in MISSING for name in NAMES[kind]])
def test_what_the_domain_names_is_there(kind: str, name: str) -> None:
    assert MISSING[kind](name) == []
