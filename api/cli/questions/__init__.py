"""The table of contents: reading commands of the read models, a file each."""

from __future__ import annotations

import typer

from api.cli.questions import (
    balance,
    buying,
    competition,
    deliveries,
    digest,
    duplicates,
    experiments,
    exposure,
    findings,
    issues,
    maps,
    plans,
    portfolio,
    programmes,
    qualification,
    quotes,
    scorecards,
    strategies,
    targets,
    todo,
    visits,
    what_if,
    winning,
)


def add(app: typer.Typer) -> None:
    """Add all of them."""
    for each in (
        balance,
        buying,
        competition,
        deliveries,
        digest,
        duplicates,
        experiments,
        exposure,
        findings,
        issues,
        maps,
        plans,
        portfolio,
        programmes,
        qualification,
        quotes,
        scorecards,
        strategies,
        targets,
        todo,
        visits,
        what_if,
        winning,
    ):
        each.add(app)
