"""What a client says about a refusal, each thing once."""

import pytest

from api.client.errors import said


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ({"detail": "The input has 1 wrong field(s): x: required.", "faults": [{"field": "x", "reason": "required"}]},
         "The input has 1 wrong field(s): x: required."),
        ({"detail": "5 is no score.", "faults": [{"field": "score", "reason": "5 is no score."}]}, "5 is no score."),
        ({"detail": "Wrong.", "faults": [{"field": "a", "reason": "required"}, {"field": "b", "reason": "too long"}]},
         "Wrong. a: required; b: too long"),
        ({"detail": "A reason is required.", "faults": [{"field": "a", "reason": "required"}]},
         "A reason is required. a: required"),
        ({"detail": "1 wrong: minutes: no.", "faults": [{"field": "commands[1].body.minutes", "reason": "no"}]},
         "1 wrong: minutes: no."),
        ({"faults": [{"field": "a", "reason": "required"}]}, "a: required"),
        ({"title": "Conflict"}, "Conflict"),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_fault_is_said_once(problem: dict[str, object], words: str) -> None:
    assert said(problem) == words
