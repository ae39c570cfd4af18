"""The facts about some accounts: their own, those of what belongs to them, and what the company's own streams tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from domain.aggregate import Recorded
from domain.journal.about import facts_about
from domain.journal.journal import Journal
from projections.account_figures import belonging_to
from projections.engine import as_of_sql
from projections.experiments import EXPERIMENTS
from projections.partner_programmes import PARTNER_PROGRAMMES
from projections.view import View


def company_facts(view: View, accounts: Sequence[UUID]) -> dict[UUID, list[Recorded]]:
    """What programmes and experiments tell of some accounts, by stream, and nothing that they tell of others."""
    keys: list[UUID] = []
    for model in (PARTNER_PROGRAMMES, EXPERIMENTS):
        sql = as_of_sql(model, "key")
        keys += (key for (key,) in view.connection.execute(sql.encode(), view.parameters()))
    return facts_about(view.connection, keys, accounts)


def account_histories(journal: Journal, view: View, accounts: Sequence[UUID]) -> dict[UUID, list[Recorded]]:
    """All facts about some accounts, by stream: of the company's own streams only those that are about them, so that
    what these are folded to has nothing else in it."""
    own = journal.streams.histories([*accounts, *belonging_to(view, accounts)])
    return own | company_facts(view, accounts)


def company_titles(view: View, streams: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """External id and title of those streams that are programmes or experiments."""
    found: dict[UUID, tuple[str, str]] = {}
    for model in (PARTNER_PROGRAMMES, EXPERIMENTS):
        sql = as_of_sql(model, "key, external_id, title", "key = any(%(streams)s)")
        rows = view.connection.execute(sql.encode(), view.parameters(streams=list(streams)))
        found |= {key: (external_id, title) for key, external_id, title in rows}
    return found
