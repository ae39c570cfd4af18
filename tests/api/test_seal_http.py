"""The seal over HTTP: for auditors and admins; what is not sealed yet is 409, with the number that is."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from domain.journal.journal import Journal
from domain.member import Role
from domain.seal.checkpoints import read_checkpoint
from domain.seal.merkle import is_consistent
from domain.seal.notes import VerifierKey, is_signed
from domain.seal.proofs import check_inclusion
from domain.seal.sealing import seal
from tests.api.office import JANUARY, Office, open_office
from tests.conftest import new_database
from tests.workers.sealing import KEY
from workers.sealing import Sealing

ASKED = ("/audit/seal", "/audit/checkpoint", "/audit/checkpoint/note", "/audit/proof/1", "/audit/consistency")


def sealed(journal: Journal) -> int:
    """Seal everything; how much that is."""
    with journal.pool.connection() as connection:
        note = Sealing(KEY).seal(connection)
    assert note is not None
    return read_checkpoint(note).size


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture(scope="module")
def sizes(office: Office) -> tuple[int, int]:
    """The sizes of two checkpoints; an event came after the second."""
    first = sealed(office.journal)
    office.account("later")
    second = sealed(office.journal)
    office.account("unsealed")
    return first, second


@pytest.mark.parametrize("who", [role.value for role in Role] + ["nobody"])
def test_auditors_and_admins_ask(office: Office, sizes: tuple[int, int], who: str) -> None:
    for path in ASKED:
        parameters = {"from": 1, "to": 2} if path.endswith("consistency") else {}
        assert office.get(path, who, **parameters).status_code == (200 if who in ("auditor", "admin") else 403), path


def test_the_state_of_the_seal(office: Office, sizes: tuple[int, int]) -> None:
    _, second = sizes
    told = office.get("/audit/seal", "auditor").json()
    assert (told["size"], told["head"], told["unsealed"]) == (second, second + 1, 1)
    assert told["age_seconds"] > 0
    assert told["fault"] is None
    assert read_checkpoint(office.get("/audit/checkpoint/note", "auditor").text).system.hex == told["system"].replace(
        "-", ""
    )


def test_a_checkpoint_as_json_and_as_text(office: Office, sizes: tuple[int, int]) -> None:
    answer = office.get("/audit/checkpoint", "auditor").json()
    text = office.get("/audit/checkpoint/note", "auditor")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text == answer["note"]
    (key,) = office.get("/audit/seal", "auditor").json()["keys"]
    assert is_signed(text.text, VerifierKey.parse(key))
    checkpoint = read_checkpoint(text.text)
    assert (checkpoint.size, base64.b64encode(checkpoint.root).decode()) == (sizes[1], answer["root"])
    assert office.get("/audit/checkpoint", "auditor", size=sizes[0]).json()["size"] == sizes[0]


def test_a_size_without_checkpoint_is_a_conflict_that_names_its_neighbours(
    office: Office, sizes: tuple[int, int]
) -> None:
    refused = office.get("/audit/checkpoint", "auditor", size=sizes[0] - 1)
    assert (refused.status_code, refused.json()["rule"]) == (409, "NoCheckpointOfSize")
    assert str(sizes[0]) in refused.json()["detail"]


def test_a_proof_can_be_checked_by_its_text_alone(office: Office, sizes: tuple[int, int]) -> None:
    (key,) = office.get("/audit/seal", "auditor").json()["keys"]
    answer = office.get("/audit/proof/2", "auditor").json()
    proven = check_inclusion(answer["text"], VerifierKey.parse(key))
    assert (proven.position, proven.checkpoint.size, answer["size"]) == (2, sizes[0], sizes[0])
    assert (answer["entry"]["position"], answer["entry"]["topic"]) == (2, "Territories.TerritorySet")
    assert office.get("/audit/proof/2", "auditor", size=sizes[1]).json()["size"] == sizes[1]


def test_positions_that_are_not_sealed_yet_and_those_that_are_not_there(office: Office, sizes: tuple[int, int]) -> None:
    waiting = office.get(f"/audit/proof/{sizes[1] + 1}", "auditor")
    assert (waiting.status_code, waiting.json()["rule"]) == (409, "NotSealed")
    assert waiting.json()["details"]["sealed"] == sizes[1]
    assert office.get(f"/audit/proof/{sizes[1] + 2}", "auditor").status_code == 404
    assert office.get("/audit/proof/0", "auditor").status_code == 404
    for wrong in ("x", "-1", "1.5", "9" * 30):
        assert office.get(f"/audit/proof/{wrong}", "auditor").status_code == 422, wrong


def test_a_consistency_proof_holds(office: Office, sizes: tuple[int, int]) -> None:
    answer = office.get("/audit/consistency", "auditor", **{"from": sizes[0], "to": sizes[1]}).json()
    proof = [base64.b64decode(step) for step in answer["proof"]]
    roots = [base64.b64decode(answer[name]) for name in ("old_root", "new_root")]
    assert answer["holds"]
    assert is_consistent(sizes[0], sizes[1], *roots, proof)
    assert roots[1] == read_checkpoint(office.get("/audit/checkpoint/note", "auditor").text).root
    beyond = office.get("/audit/consistency", "auditor", **{"from": 1, "to": sizes[1] + 1})
    assert (beyond.status_code, beyond.json()["rule"]) == (409, "NotSealed")
    backwards = office.get("/audit/consistency", "auditor", **{"from": 3, "to": 2})
    assert (backwards.status_code, backwards.json()["rule"]) == (422, "SizesNotInOrder")


def test_before_anything_is_sealed_there_is_no_checkpoint(database_url: str) -> None:
    with open_office(database_url) as fresh:
        assert fresh.get("/audit/checkpoint", "auditor").status_code == 409
        assert fresh.get("/audit/proof/1", "auditor").status_code == 409
        told = fresh.get("/audit/seal", "auditor").json()
        assert (told["size"], told["checkpoint_at"], told["keys"], told["anchors"]) == (0, None, [], [])


def test_operators_see_the_seal_in_the_metrics(office: Office, sizes: tuple[int, int]) -> None:
    with office.journal.pool.connection() as connection:
        connection.execute(
            "insert into anchors (name, host, size, failures, contradicts) values ('file:/x', 'here', 1, 2, true)"
        )
        text = office.get("/metrics", "admin").text
        connection.execute("delete from anchors")
    assert f"kams_sealed_position {float(sizes[1])}" in text
    assert "kams_seal_fault 0.0" in text
    age = next(line for line in text.splitlines() if line.startswith("kams_seal_age_seconds "))
    assert 0 < float(age.split()[1]) < 600
    for name, value in {"lag": sizes[1] - 1, "failures": 2, "alarm": 1}.items():
        assert f'kams_anchor_{name}{{anchor="file:/x",host="here"}} {float(value)}' in text


def test_seal_takes_the_clock_that_it_is_given(database_url: str) -> None:
    with open_office(database_url) as fresh, fresh.journal.pool.connection() as connection:
        note = seal(connection, Sealing(KEY).signing_key(connection), lambda: JANUARY)
        assert note is not None
        assert read_checkpoint(note).at == JANUARY
