"""The facts about some accounts: their own, those of what belongs to them, and what the company's own streams tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.aggregate import Recorded
from domain.belonging import COMPANY_KINDS
from domain.journal.about import facts_about
from domain.journal.journal import Journal
from projections.account_figures import belonging_to
from projections.engine import as_of_sql
from projections.experiments import EXPERIMENTS
from projections.partner_programmes import PARTNER_PROGRAMMES
from projections.view import View


def company_facts(view: View, accounts: Sequence[UUID]) -> dict[UUID, list[Recorded]]:
    """What programmes and experiments tell of some accounts, by stream, and nothing that they tell of others."""
    return facts_about(view.connection, [key for (key,) in _of_company(view, "key")], accounts)


def account_histories(journal: Journal, view: View, accounts: Sequence[UUID]) -> dict[UUID, list[Recorded]]:
    """All facts about some accounts, by stream: of the company's own streams only those that are about them, so that
    what these are folded to has nothing else in it."""
    own = journal.streams.histories([*accounts, *belonging_to(view, accounts)])
    return own | company_facts(view, accounts)


def company_titles(view: View, told: Mapping[UUID, Sequence[Recorded]]) -> dict[UUID, tuple[str, str]]:
    """External id and title of those streams of which something is told that are programmes or experiments."""
    streams = [key for key, facts in told.items() if facts[0].event.topic.partition(".")[0] in COMPANY_KINDS]
    rows = _of_company(view, "key, external_id, title", "key = any(%(streams)s)", streams=streams) if streams else ()
    return {key: (external_id, title) for key, external_id, title in rows}


def _of_company(view: View, columns: str, where: str = "", **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of programmes and experiments, by one question."""
    sql = " union all ".join(as_of_sql(model, columns, where) for model in (PARTNER_PROGRAMMES, EXPERIMENTS))
    return view.connection.execute(sql.encode(), view.parameters(**parameters)).fetchall()
