"""The system page: numbers of the engine, who works, what is behind or parked, and what to do about it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.console.serving import Served, must_suit_desk_and_phone, visit
from workers.store import WorkerStore


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as made:
            yield made


def now(office: Office, who: str = "auditor") -> str:
    answer = office.get("/console/system-now", who)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_admins_and_auditors_look_and_nobody_else(office: Office) -> None:
    for path in ("/console/system", "/console/system-now"):
        allowed = {who for who in office.keys if office.get(path, who).status_code == 200}
        assert allowed == {"admin", "auditor"}, path
        assert office.get(path, "manager").status_code == 403


def test_every_read_model_stands_there_with_its_position_and_version(office: Office) -> None:
    office.caught_up()
    shown, status = now(office), office.engine.status()
    assert f"{status.head:,}" in shown
    for each in status.models:
        cells = f'{each.version}</td><td class="num">{each.position:,}<'
        assert f'<th scope="row">{each.model}</th><td class="num">{cells}' in shown
    assert f"{len(status.models)} up to date" in shown


def test_a_read_model_that_is_behind_says_by_how_much(office: Office) -> None:
    office.caught_up()
    office.account("late", manager="manager")
    status = office.engine.status()
    behind = status.head - status.models[0].position
    assert behind > 0
    shown = now(office)
    assert f'<td class="num">{behind}<br>' in shown
    assert "behind by up to" in shown
    office.caught_up()
    assert "behind by up to" not in now(office)


def test_who_works_is_named_and_that_nobody_does_is_told_with_what_to_do(office: Office) -> None:
    shown = now(office)
    assert "No worker was seen within the last hour." in shown
    assert "Run `kams work` on at least one machine" in shown
    worker = uuid4()
    with office.journal.pool.connection() as connection:
        store = WorkerStore(connection)
        store.report_alive(worker)
        assert store.lease("sealing", worker, 60)
        shown = now(office)
        store.report_gone(worker)
    assert "No worker was seen" not in shown
    assert "1 alive" in shown
    assert "sealing" in shown


def test_what_is_parked_is_named_with_the_command_that_folds_it_again(office: Office) -> None:
    office.give_raw_event(office.ids["own"], "Account.NobodyKnowsThis")
    office.caught_up()
    shown = now(office)
    assert "kams projections retry" in shown
    assert re.search(r"\d rows? parked", shown)
    parked = [each for each in office.engine.status().models if each.parked]
    assert parked
    assert f"{parked[0].model}: {parked[0].parked} parked" in shown


def test_a_rebuild_under_way_shows_how_far_it_is(office: Office) -> None:
    model = office.engine.models[0]
    head = office.engine.status().head
    with office.journal.pool.connection() as connection:
        connection.execute(
            "insert into projections (model, version, rebuilding, shape, position) values (%s, %s, true, '', %s)",
            (model.name, model.version, head // 2),
        )
    shown = now(office)
    with office.journal.pool.connection() as connection:
        connection.execute("delete from projections where rebuilding")
    assert re.search(rf"{model.name} {model.version}: (49|50)%", shown)


def test_chinese_is_spoken(office: Office) -> None:
    answer = office.request("GET", "/console/system-now", "auditor", headers={"Accept-Language": "zh"})
    assert "读模型" in answer.text
    assert "日志只增不改" in answer.text


def test_the_page_is_accessible_fits_a_phone_and_looks_again_by_itself(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, "/console/system", "admin")
    browser_page.locator("kams-part[data-loaded]").wait_for()
    must_suit_desk_and_phone(browser_page)
    with browser_page.expect_response("**/console/system-now*", timeout=15_000):
        pass
