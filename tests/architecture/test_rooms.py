"""The house: imports point down, the environment is read in one place, files stay small."""

import ast

import pytest

from domain.journal.locks import AdvisoryLock
from tests.architecture.everything import REPOSITORY, ROOMS, contents_of, imports_of, name_of, source_files

MAY_IMPORT = {
    "domain": {"domain"},
    "projections": {"domain", "projections"},
    "workers": {"domain", "projections", "workers"},
    "api": {"domain", "projections", "api"},
    "api/cli": set(ROOMS),
}
MOST_LINES = 350
SETTINGS = "api/cli/settings.py"


def room_of(file) -> str:
    name = name_of(file)
    return "api/cli" if name.startswith("api/cli/") else name.partition("/")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_inwards(room):
    wrong = [
        f"{name_of(file)} imports {module}"
        for file in source_files(room)
        for module in imports_of(file)
        if module.partition(".")[0] in ROOMS and module.partition(".")[0] not in MAY_IMPORT[room_of(file)]
    ]
    assert wrong == []


def test_nothing_but_the_command_line_imports_the_command_line():
    wrong = [
        name_of(file)
        for file in source_files("api")
        if room_of(file) != "api/cli" and any(f"{module}.".startswith("api.cli.") for module in imports_of(file))
    ]
    assert wrong == []


def test_no_room_imports_the_tests():
    assert [
        name_of(f) for f in source_files(*ROOMS) if any(m.partition(".")[0] == "tests" for m in imports_of(f))
    ] == []


def test_the_environment_is_read_in_one_place():
    assert [name_of(file) for file in source_files(*ROOMS) if contents_of(file).reads_environment] == [SETTINGS]


def test_advisory_locks_have_their_numbers_in_one_place():
    taken = {name_of(f) for f in source_files(*ROOMS) for lock in AdvisoryLock if str(int(lock)) in f.read_text()}
    assert taken == {"domain/journal/locks.py"}
    stated = (REPOSITORY / "domain/journal/sql/001_journal.sql").read_text(encoding="utf-8")
    assert f"pg_advisory_xact_lock({int(AdvisoryLock.APPEND)})" in stated


def test_what_is_decoded_by_a_type_is_decoded_by_one_that_any_thread_may_use():
    """See domain/decodable.py: a type at its first use in two threads at once ends the process."""
    files = [file for file in source_files(*ROOMS) if name_of(file) != "domain/decodable.py"]
    assert [
        f"{name_of(file)}:{call.lineno}: {ast.unparse(kind)}"
        for file in files
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("msgspec.")
        for kind in decoded_by(call)
        if not (isinstance(kind, ast.Call) and ast.unparse(kind.func) == "decodable")
    ] == []


def decoded_by(call: ast.Call) -> list[ast.expr]:
    """The type by which a call of msgspec decodes, if it names one."""
    place = {"convert": 1, "Decoder": 0}.get(ast.unparse(call.func).rpartition(".")[2], len(call.args))
    return [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "type")]


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_has_a_second_idea_in_it(room):
    long = {name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in source_files(room)}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_nine_functions_of_ten_fit_into_25_lines(room):
    lengths = sorted(each.lines for file in source_files(room) for each in contents_of(file).functions)
    assert lengths[int(0.9 * (len(lengths) - 1))] <= 25


@pytest.mark.parametrize("room", ROOMS)
def test_every_function_states_what_it_returns(room):
    silent = [
        f"{name_of(file)}:{each.line} {each.name}"
        for file in source_files(room)
        for each in contents_of(file).functions
        if not each.states_what_it_returns
    ]
    assert silent == []


def test_the_rooms_are_where_this_test_looks():
    assert all((REPOSITORY / room / "__init__.py").exists() for room in ROOMS)
