"""Connections of a pool that prepares what is asked again."""

from __future__ import annotations

import pytest

from domain.journal.connections import pool_of


@pytest.mark.parametrize(("prepares", "prepared"), [(True, ["select 1 + $1"]), (False, [])])
def test_what_is_asked_a_second_time_is_prepared_where_many_things_are_asked(
    prepares: bool, prepared: list[str], database_url: str
) -> None:
    with pool_of(database_url, 1, prepares=prepares) as pool, pool.connection() as connection:
        for number in range(2):
            assert connection.execute("select 1 + %s", (number,)).fetchone() == (1 + number,)
        found = connection.execute("select statement from pg_prepared_statements where statement like 'select 1 +%'")
        assert [statement for (statement,) in found] == prepared
