"""The JavaScript of the tests runs in the node that their requirements bring."""

from pathlib import Path

import pytest

from tests.node import NODE, ScriptFailed, node, npm_installed

HERE = Path(__file__).parent


def test_node_is_the_wheels_own() -> None:
    assert node(code="console.log(process.execPath)").strip() == str(NODE)


def test_a_module_reads_its_input_and_its_environment() -> None:
    code = "let t = ''; for await (const c of process.stdin) t += c; console.log(t + process.env.STATED);"
    assert node(code=code, text="in ", environment={"STATED": "stated"}) == "in stated\n"


def test_a_script_that_fails_says_why() -> None:
    with pytest.raises(ScriptFailed, match="no such thing"):
        node(code="throw new Error('no such thing')")


def test_what_is_installed_is_what_the_lock_names(tmp_path: Path) -> None:
    installed = npm_installed(HERE)
    assert '"version": "3.6.6"' in (installed / "node_modules" / "@asyncapi" / "parser" / "package.json").read_text()
    assert npm_installed(HERE) == installed
