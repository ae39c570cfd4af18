"""kams whatif: the same history under other policies (假设), side by side with what was; nothing is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.asking import AccountKey, AsOf, Csv, Json, KnownAt, NoWait, Owner, ProductKey, Territory, group_by, opened
from api.cli.options import day, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.suppositions import Supposition
    from projections.view import View

QUESTIONS = ("health", "portfolio", "funnel", "forecast", "findings", "gates", "visits", "service")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("whatif")(what_if)


def what_if(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help=f"One of {', '.join(QUESTIONS)}.")],
    policy: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="KIND[:KEY]=FILE", help="Suppose this document, as `policy set` takes it."),
    ] = None,
    edition: Annotated[
        list[str] | None,
        typer.Option("--edition", metavar="KIND[:KEY]=N", help="Suppose an edition that was in force."),
    ] = None,
    policies_of: Annotated[
        list[str] | None,
        typer.Option("--policies-of", metavar="[KIND[:KEY]=]DAY", help="Suppose what held then: all, or one."),
    ] = None,
    account: AccountKey = "",
    member: Annotated[
        str, typer.Option("--member", metavar="PERSON", help="Only what concerns one of our people.")
    ] = "",
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHAT", help="The funnel by owner, territory, product or account.")
    ] = None,
    period: Annotated[
        str, typer.Option("--period", metavar="PERIOD", help="Of a forecast (several by commas), or of visits.")
    ] = "",
    model: Annotated[
        str, typer.Option("--model", metavar="KEY", help="The selection model; key-accounts if left out.")
    ] = "key-accounts",
    method: Annotated[
        str, typer.Option("--method", metavar="METHOD", help="Rank by weighted, abc, boston, matrix or fuzzy.")
    ] = "weighted",
    rule: Annotated[str, typer.Option("--rule", metavar="NAME", help="Only these rules, separated by commas.")] = "",
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="A series from this day on; of gates and service their days."),
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Until this day.")] = None,
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="WHEN", help="week-ends, month-ends, quarter-ends or year-ends."),
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """What-if (假设): the same history under other policies, side by side with what was; nothing is recorded."""
    from api.cli import what_if_output
    from api.names import find_account, find_member
    from api.what_if import Parameters, WhatIfQuestion, answered
    from projections.portfolio import Method
    from projections.whatif.side_by_side import Ends

    with opened(as_of, known_at, no_wait) as (made, view):
        said = Parameters(
            account=find_account(view, account) if account else None,
            member=find_member(made.journal, view, member) if member else None,
            owner=find_member(made.journal, view, owner) if owner else None,
            territory=territory,
            product=product,
            by=group_by(by),
            period=period,
            model=model,
            method=_one_of(Method, method, "--method"),
            rules=tuple(name.strip() for name in rule.split(",") if name.strip()),
            first=day("--from", first),
            last=day("--to", last),
            every=_one_of(Ends, every, "--every") if every else None,
        )
        supposed = _suppositions(made, view, policy or [], edition or [], policies_of or [])
        answer = answered(view, made.journal, _one_of(WhatIfQuestion, question, "QUESTION"), said, supposed)
        what_if_output.show(answer, json, csv)


def _one_of(kind: Any, text: str, option: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise none_of(text, kind, option) from None


def _suppositions(
    made: System, view: View, documents: list[str], editions: list[str], days: list[str]
) -> list[Supposition]:
    """What is supposed, from the options. Raises Malformed and usage errors."""
    from api.cli.documents import read_document
    from api.policies import POLICIES
    from api.what_if import key_for, kind_of
    from projections.whatif.supposing import supposed_as_of, supposed_document, supposed_edition

    found = []
    for stated in documents:
        kind, key, file = _parts(stated, "--policy")
        document = read_document(file)
        found.append(supposed_document(view, kind_of("--policy", kind), key_for(kind, key, document), document))
    for stated in editions:
        kind, key, number = _parts(stated, "--edition")
        if not (number.isascii() and number.isdigit() and len(number) < 7):
            raise typer.BadParameter(say("{text} is no number of an edition", text=number), param_hint="--edition")
        found.append(supposed_edition(view, kind_of("--edition", kind), key_for(kind, key), int(number)))
    for stated in days:
        kind, key, when = _parts(stated, "--policies-of") if "=" in stated else ("", "", stated)
        moment = made.calendar.moment("policies_of", when)
        assert moment is not None
        kinds = [kind_of("--policies-of", kind)] if kind else list(POLICIES.values())
        found += supposed_as_of(view, kinds, moment, key=key, everything=not kind)
    return found


def _parts(stated: str, option: str) -> tuple[str, str, str]:
    """Kind, key and the rest of KIND[:KEY]=REST. Raises a usage error."""
    from api.what_if import kind_of, must_have_no_key

    name, equals, rest = stated.partition("=")
    kind, _, key = name.partition(":")
    if not (equals and kind and rest):
        raise typer.BadParameter(
            say("{text}: state a kind of policy, =, and what is supposed of it", text=stated), param_hint=option
        )
    kind_of(option, kind)
    must_have_no_key(option, kind, key)
    return kind, key, rest
