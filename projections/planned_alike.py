"""Plans of queries that serve for whatever is asked: of one account to make a plan takes longer than to follow it."""

from __future__ import annotations

import psycopg


def plan_alike(connection: psycopg.Connection) -> None:
    """From now on, in a transaction, plan each prepared query once, whatever its parameters are. For questions
    about a few accounts, and those whose rows are found in the same way whatever is asked."""
    connection.execute("set local plan_cache_mode = force_generic_plan")
