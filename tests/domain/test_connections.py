"""Connections of a pool that prepares what is asked again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from psycopg_pool import ConnectionPool

from domain.journal.connections import pool_for_questions, pool_of


@pytest.mark.parametrize(("pool_of_one", "prepared"), [(pool_for_questions, ["select 1 + $1"]), (pool_of, [])])
def test_what_is_asked_a_second_time_is_prepared_where_many_things_are_asked(
    pool_of_one: Callable[[str, int], ConnectionPool], prepared: list[str], database_url: str
) -> None:
    with pool_of_one(database_url, 1) as pool, pool.connection() as connection:
        for number in range(2):
            assert connection.execute("select 1 + %s", (number,)).fetchone() == (1 + number,)
        found = connection.execute("select statement from pg_prepared_statements where statement like 'select 1 +%'")
        assert [statement for (statement,) in found] == prepared
