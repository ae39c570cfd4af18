"""A new finding is one short function in one file."""

import ast

from projections.findings import RULES
from tests.architecture.everything import REPOSITORY

FILE = REPOSITORY / "projections" / "findings.py"
MOST_LINES = 15


def test_a_finding_is_one_function_of_under_fifteen_lines():
    functions = [node for node in ast.parse(FILE.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == {rule.name for rule in RULES}
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in lengths.items() if lines >= MOST_LINES} == {}
