"""A plan that serves for whatever is asked: made once, and only as long as one question lasts."""

from __future__ import annotations

from projections.account_list import listed
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.planned_alike import plan_alike
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import ACME, at, registered

_PLANS = "select custom_plans, generic_plans from pg_prepared_statements where statement like %s"


def test_within_a_question_each_query_is_planned_once(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    office.tell(registered(0))
    with office.view(at(1)) as view:
        view.connection.execute("set local plan_cache_mode = auto")
        plan_alike(view.connection)
        sql = as_of_sql(ACCOUNTS, "key, 'planned alike'", "key = any(%(keys)s)").encode()
        for _ in range(3):
            asked = view.parameters(keys=[ACME])
            assert view.connection.execute(sql, asked, prepare=True).fetchall() == [(ACME, "planned alike")]
        assert view.connection.execute(_PLANS, ("%planned alike%",)).fetchone() == (0, 3)
        assert [each.account for each in listed(view)] == [ACME]
