"""Sales processes: stages, gates and the questionnaire; those that KAMS ships."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import Refused
from domain.policies.gates import Answer, block_score, gates_between
from domain.policies.policy import policy_id
from domain.policies.process_definition import (
    Definition,
    ForecastCategory,
    Gate,
    GateWithoutQuestions,
    KeyTwice,
    Milestone,
    NoStages,
    NotAProbability,
    ProcessElsewhere,
    Question,
    QuestionUnknown,
    Stage,
    StageUnknown,
)
from domain.policies.sales_process import ProcessUnknown, SalesProcess
from domain.policies.shipped_processes import FOUR_FUNNEL, NINE_PHASE, PLAIN, QUESTIONNAIRE
from tests.domain.given import after_snapshot, contents, day, given, history, late, on, recorded

OWN = policy_id("SalesProcess", "own")
STAGES = (Stage("a", "A", Decimal("0.1")), Stage("b", "B", Decimal("0.9"), gate=Gate("real", mandatory=("q1",))))
QUESTIONS = (Question("q1", "Real?", "real"), Question("q2", "Taken?", "real", against=True))


def process(key: str = "own") -> SalesProcess:
    found = SalesProcess(id=policy_id("SalesProcess", key))
    found.at(day(1))
    return found


def defined(edition: int = 1, **fields: object) -> SalesProcess.Defined:
    stated = {"key": "own", "name": "Own", "stages": STAGES, "questionnaire": QUESTIONS, **fields}
    return SalesProcess.Defined(edition=edition, definition=Definition(**stated))  # type: ignore[arg-type]


def define(it: SalesProcess, **fields: object) -> None:
    stated = {"key": "own", "name": "Own", "stages": STAGES, "questionnaire": QUESTIONS, **fields}
    it.define(**stated)  # type: ignore[arg-type]


def test_a_process_is_defined_once() -> None:
    it = process()
    define(it)
    define(it)
    assert recorded(it) == [defined()]
    assert (it.edition, it.keys()) == (1, ("a", "b"))


def test_a_change_is_another_edition() -> None:
    it = given(SalesProcess, defined(), aggregate_id=OWN)
    define(it, stages=STAGES[:1], milestones=(Milestone("m", "M", "a"),))
    assert recorded(it) == [defined(2, stages=STAGES[:1], milestones=(Milestone("m", "M", "a"),))]


def test_a_definition_dated_before_another_does_not_replace_it() -> None:
    facts = history(on(day(9), defined()), aggregate_id=OWN)
    events = late(SalesProcess, facts, day(5), lambda it: define(it, name="Older"))
    assert events == [defined(2, name="Older")]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"key": "other"}, ProcessElsewhere),
        ({"stages": ()}, NoStages),
        ({"stages": (STAGES[0], STAGES[0])}, KeyTwice),
        ({"stages": (Stage(" ", "Blank", Decimal(0)),)}, KeyTwice),
        ({"questionnaire": (QUESTIONS[0], QUESTIONS[0])}, KeyTwice),
        ({"milestones": (Milestone("m", "M", "a"), Milestone("m", "M", "b"))}, KeyTwice),
        ({"milestones": (Milestone("m", "M", "z"),)}, StageUnknown),
        ({"stages": (Stage("a", "A", Decimal("1.01")),)}, NotAProbability),
        ({"stages": (Stage("a", "A", Decimal("-0.1")),)}, NotAProbability),
        ({"stages": (Stage("a", "A", Decimal("NaN")),)}, NotAProbability),
        ({"stages": (Stage("a", "A", Decimal(1), gate=Gate("real", Decimal(80))),)}, NotAProbability),
        ({"stages": (Stage("a", "A", Decimal(1), gate=Gate("unreal")),)}, GateWithoutQuestions),
        ({"stages": (Stage("a", "A", Decimal(1), gate=Gate("real", mandatory=("q9",))),)}, GateWithoutQuestions),
    ],
)
def test_a_process_is_refused(fields: dict[str, object], refusal: type[Refused]) -> None:
    it = process()
    with pytest.raises(refusal):
        define(it, **fields)
    assert recorded(it) == []


def test_probabilities_may_be_none_and_all() -> None:
    it = process()
    define(it, stages=(Stage("a", "A", Decimal(0)), Stage("b", "B", Decimal(1))))
    assert len(recorded(it)) == 1


def test_stages_and_questions_are_found_by_their_keys() -> None:
    it = given(SalesProcess, defined(), aggregate_id=OWN)
    assert it.place("b") == 1
    assert it.question("q2").against
    with pytest.raises(StageUnknown):
        it.place("c")
    with pytest.raises(QuestionUnknown):
        it.question("q3")


def test_a_process_that_nobody_defined_or_shipped_does_not_exist() -> None:
    with pytest.raises(ProcessUnknown, match="own"):
        process().must_exist("own")
    process("plain").must_exist("plain")


def test_gates_are_scored_by_polarity_and_unknown_scores_nothing() -> None:
    it = given(SalesProcess, defined(), aggregate_id=OWN)
    assert block_score(it, "real", {}) == 0
    assert block_score(it, "real", {"q1": Answer.YES, "q2": Answer.UNKNOWN}) == Decimal("0.5")
    assert block_score(it, "real", {"q1": Answer.YES, "q2": Answer.NO}) == 1
    assert block_score(it, "real", {"q1": Answer.NO, "q2": Answer.YES}) == 0
    assert block_score(it, "nothing", {}) is None


def test_a_gate_asks_for_its_share_and_for_every_mandatory_question() -> None:
    it = given(SalesProcess, defined(), aggregate_id=OWN)
    (met,) = gates_between(it, 0, 1, {"q1": Answer.YES, "q2": Answer.NO})
    (half,) = gates_between(it, 0, 1, {"q1": Answer.YES})
    assert (met.met, met.open) == (True, ())
    assert (half.met, half.open) == (False, ("q2",))
    assert gates_between(it, -1, 0, {}) == ()


def test_a_mandatory_question_may_stand_in_another_block() -> None:
    it = process()
    gate = Gate("real", Decimal(0), mandatory=("worth",))
    define(
        it, stages=(Stage("a", "A", Decimal(1), gate=gate),), questionnaire=(*QUESTIONS, Question("worth", "?", "w"))
    )
    (finding,) = gates_between(it, -1, 0, {})
    assert (finding.met, finding.open) == (False, ("q1", "q2", "worth"))


# What KAMS ships


def test_the_four_funnels_have_their_stages_probabilities_and_gates() -> None:
    it = process("four-funnel")
    assert [(stage.key, stage.name_zh, stage.probability) for stage in it.stages] == [
        ("potential", "潜在商机", Decimal("0.1")),
        ("confirmed", "落实项目", Decimal("0.25")),
        ("ours", "我的项目", Decimal("0.5")),
        ("winnable", "项目胜算", Decimal("0.75")),
        ("negotiation", "商务谈判", Decimal("0.9")),
    ]
    gates = {stage.key: stage.gate for stage in it.stages if stage.gate}
    assert {key: (gate.block, gate.share) for key, gate in gates.items()} == {
        "confirmed": ("real", Decimal("0.8")),
        "ours": ("ours", Decimal("0.8")),
        "winnable": ("winnable", Decimal("0.8")),
    }
    assert it.stages[-1].category is ForecastCategory.COMMIT
    assert it.edition == 0


def test_the_questionnaire_has_twenty_questions_of_which_two_count_against_us() -> None:
    assert [question.key for question in QUESTIONNAIRE] == [str(number) for number in range(1, 21)]
    assert [question.key for question in QUESTIONNAIRE if question.against] == ["13", "14"]
    blocks = [question.block for question in QUESTIONNAIRE]
    assert blocks == ["real"] * 5 + ["ours"] * 5 + ["winnable"] * 5 + ["worth"] * 5


@pytest.mark.parametrize("definition", [FOUR_FUNNEL, NINE_PHASE, PLAIN], ids=lambda each: each.key)
def test_what_is_shipped_can_be_shown_set_and_changed(definition: Definition) -> None:
    it = process(definition.key)
    document = it.to_document()
    it.define_from(document)
    it.define_from(document)
    assert recorded(it) == [SalesProcess.Defined(edition=1, definition=definition)]
    assert all(stage.name_zh for stage in definition.stages)
    assert contents(after_snapshot(it)) == contents(it)


def test_nine_phases_and_a_plain_process_have_no_gates() -> None:
    assert (len(NINE_PHASE.stages), len(PLAIN.stages)) == (9, 5)
    assert not any(stage.gate for stage in (*NINE_PHASE.stages, *PLAIN.stages))


def test_a_document_in_toml_may_state_probabilities_as_numbers() -> None:
    it = process()
    it.define_from({"key": "own", "name": "Own", "stages": [{"key": "a", "name": "A", "probability": 0.1}]})
    assert it.stages == (Stage("a", "A", Decimal("0.1")),)


def test_a_process_is_there_when_it_is_shipped_or_defined():
    assert SalesProcess(id=policy_id("SalesProcess", "plain")).is_there()
    assert not SalesProcess(id=policy_id("SalesProcess", "unheard-of")).is_there()
