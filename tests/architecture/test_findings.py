"""A new finding is one short function in one file: of `findings.py`, or of `findings_*.py` for a subject of its own."""

import ast

from projections.findings import RULES
from tests.architecture.everything import REPOSITORY

FILES = [
    REPOSITORY / "projections" / "findings.py",
    *(path for path in (REPOSITORY / "projections").glob("findings_*.py") if path.stem != "findings_answer"),
]
MOST_LINES = 15


def test_a_finding_is_one_function_of_under_fifteen_lines():
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in FILES]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == {rule.name for rule in RULES}
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in lengths.items() if lines >= MOST_LINES} == {}
