"""Every refusal names its rule by its class, the value that it is about, and what would be accepted."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator

import pytest

import api
import domain
import projections
import workers
from domain.errors import KamsError, Refused
from tests.architecture.everything import ROOMS, name_of, source_files

WITHOUT_VALUE = {
    "AgreementUnstated": "nothing was stated",
    "AssessorMissing": "nothing was stated, or both",
    "BriefingPointBlank": "blank",
    "CompetitorUnnamed": "blank",
    "NothingSupposed": "nothing was stated",
    "DownstreamUnnamed": "nothing was stated, or both",
    "DecidedAgainst": "the value is the no-go",
    "DeliveryNotNamed": "blank",
    "DepartmentBlank": "blank",
    "DocumentNumberBlank": "blank",
    "EscalatedToNobody": "nobody was stated",
    "IssueIsOver": "the value is the issue itself",
    "IssueNotResolved": "the value is the issue itself",
    "DropReasonBlank": "blank",
    "ExpectedActionBlank": "blank",
    "HandoverReasonBlank": "blank",
    "AddressMissing": "blank",
    "AddressWithPassword": "a password is not repeated",
    "ImprovementBlank": "blank",
    "InvoiceNumberBlank": "blank",
    "JustificationBlank": "blank",
    "MergeReasonBlank": "blank",
    "NameBlank": "blank",
    "NobodyHandsOver": "there is no manager",
    "NothingRevised": "nothing was stated",
    "NotAKey": "a wrong key is not repeated",
    "NotKeyAccount": "there is no key status",
    "NotRaised": "there is no finding",
    "ObjectiveBlank": "blank",
    "ObjectiveUntitled": "blank",
    "OwnerMissing": "nothing was stated, or both",
    "PlanMilestoneUntitled": "blank",
    "PlanWithoutObjective": "there is no objective",
    "ProductKeyBlank": "blank",
    "PursuitUndecided": "there is no decision",
    "QuoteNumberBlank": "blank",
    "QuoteWithoutLines": "there are no lines",
    "SampleNotNamed": "blank",
    "SignedAmountMissing": "there is no amount",
    "SecretMissing": "there is no secret",
    "StillOpen": "there is no end",
    "TerritoryKeyBlank": "blank",
    "TitleBlank": "blank",
    "WhyBlank": "blank",
    "WithdrawalReasonBlank": "blank",
}
"""Refusals of what is not there: they have no value to name."""


def refusals() -> list[type[KamsError]]:
    for room in (domain, projections, workers, api):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    ours = {each for each in _below(Refused) if each.__module__.partition(".")[0] in ROOMS}
    return sorted(ours, key=lambda each: (each.__module__, each.__name__))


def _below(root: type[KamsError]) -> Iterator[type[KamsError]]:
    for each in root.__subclasses__():
        yield each
        yield from _below(each)


def message(refusal: type[KamsError]) -> str:
    return " ".join((refusal.__doc__ or "").partition("\n\n")[0].split())


def named(refusal: type[KamsError]) -> set[str]:
    return {name.partition(".")[0] for _, name, _, _ in string.Formatter().parse(message(refusal)) if name}


@pytest.mark.parametrize("refusal", refusals(), ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_a_refusal_names_the_value_and_what_would_be_accepted(refusal: type[KamsError]) -> None:
    assert bool(named(refusal)) is (refusal.__name__ not in WITHOUT_VALUE), message(refusal)
    said, *accepted = re.split(r"[:;?.] (?=\S)", message(refusal))
    assert said
    assert accepted, f"{message(refusal)} does not say what would be accepted"


def test_no_refusal_without_a_value_is_listed_that_is_not_there() -> None:
    assert {each.__name__ for each in refusals()} >= set(WITHOUT_VALUE)


def test_whoever_refuses_states_all_that_the_message_names() -> None:
    """A detail that is forgotten would be said as "(… not stated)"."""
    wanted: dict[str, list[set[str]]] = {}
    for refusal in refusals():
        wanted.setdefault(refusal.__name__, []).append(named(refusal))
    seen, forgotten = set(), []
    for file in source_files(*ROOMS):
        for name, stated, place in _raised(file.read_text(encoding="utf-8")):
            seen.add(name)
            if name in wanted and not any(each <= stated for each in wanted[name]):
                forgotten.append(f"{name_of(file)}:{place} {name} states {sorted(stated)} of {wanted[name]}")
    assert forgotten == []
    assert len(seen & set(wanted)) > 150


def _raised(text: str) -> Iterator[tuple[str, set[str], int]]:
    """The names of the classes that are raised, with the details stated and the line; chosen classes are skipped."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Raise) or node.exc is None:
            continue
        call = node.exc if isinstance(node.exc, ast.Call) else None
        raised = call.func if call else node.exc
        name = raised.id if isinstance(raised, ast.Name) else raised.attr if isinstance(raised, ast.Attribute) else ""
        if call and any(keyword.arg is None for keyword in call.keywords):
            continue
        yield name, {keyword.arg or "" for keyword in call.keywords} if call else set(), node.lineno
