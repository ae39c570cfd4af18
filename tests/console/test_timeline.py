"""What happened, in words: of which opportunity or issue, by whom or by what way it came; the news before the late."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from api.console.facts import parted
from api.fact_lines import ChangeLine
from api.process_words import process_words
from api.timeline import in_words, titles_of_parts
from domain.account.account import Account
from domain.account.standing import Standing
from domain.account_plan.objectives import Objectives
from domain.account_plan.situation import Situation
from domain.aggregate import Origin, Precision, Recorded
from domain.finding import Finding, SubjectKind
from domain.issue.issue import Issue
from domain.issue.sla import Due, Sla
from domain.journal.context import Context
from domain.language import Language, speaking
from domain.money import Money
from domain.objective import Metric
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.qualification import Qualification
from domain.opportunity.quote_lines import QuoteLine
from domain.opportunity.quotes import Quotes
from domain.policies.gates import Answer, GateFinding
from domain.sealed import Sealed
from domain.visibility import Visibility
from projections.view import Reader
from tests.api.office import Office

SEALED = Sealed(uuid4(), b"", b"")
LONG_AGO = Context(at=datetime(2026, 1, 20, tzinfo=UTC), origin=Origin.WORKER)


def lines(office: Office, **more: str) -> list[str]:
    page = office.get(f"/console/account/{office.ids['own']}", section="timeline", **more).text
    found = re.findall(r"<li[^>]*><time.*?</li>", page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in found]


def test_each_fact_says_of_which_opportunity_or_issue_it_is_and_leads_there(office: Office) -> None:
    said = lines(office)
    assert any("opportunity opened" in each and "· Pumps" in each for each in said)
    assert any("issue raised" in each and "· delivery" in each for each in said)
    assert not any("account registered" in each and "· Pumps" in each for each in said)
    page = office.get(f"/console/account/{office.ids['own']}", section="timeline").text
    for path in (f"opportunity/{office.ids['own deal']}", f"issue/{office.ids['own issue']}"):
        assert f'href="/console/{path}"' in page


def test_an_amount_is_written_as_everywhere_on_pages(office: Office) -> None:
    assert any("amount €1,000.00" in each for each in lines(office) if "opportunity opened" in each)
    assert not any("1,000.00 EUR" in each for each in lines(office))


@pytest.fixture(scope="module")
def imported(office: Office) -> None:
    """A visit of which the day alone is known."""

    def decision(account: Account) -> None:
        account.visits.log(visit_id=uuid4())

    at = datetime(2026, 2, 3, 15, 59, tzinfo=UTC)
    context = Context(at=at, origin=Origin.IMPORT, precision=Precision.DAY, actor=office.members["admin"])
    office.journal.run(Account, office.ids["own"], decision, context)
    office.caught_up()


@pytest.mark.usefixtures("imported")
def test_what_was_imported_says_so_and_what_is_known_to_the_day_has_no_hour(office: Office) -> None:
    (said,) = [each for each in lines(office) if "visit logged" in each]
    assert said.startswith("3 Feb 2026 · imported visit logged")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            Quotes.QuoteIssued(
                quote_no="Q-1",
                version=1,
                issued_on=date(2026, 2, 1),
                lines=(QuoteLine("sense-v", Decimal("50.0"), Decimal("1916.72")),),
                total=Money.of("95836", "CNY"),
                valid_until=date(2026, 3, 1),
            ),
            "50 × sense-v at 1,916.72",
        ),
        (Sla.SlaBreached(which=Due.RESOLUTION, due=datetime(2026, 1, 2, tzinfo=UTC)), "breached: resolution, due"),
        (
            Standing.AccountScored(
                model="key-accounts",
                edition=2,
                scores={},
                totals={"overall": Decimal("5.83")},
                fuzzy_total=Decimal("5.8290"),
            ),
            "scored: model key-accounts, totals 5.8",
        ),
    ],
)
def test_facts_are_told_in_words_and_not_in_raw_fields(event: object, words: str) -> None:
    fact = Recorded(originator_id=uuid4(), originator_version=1, event=event, occurred_at=datetime.now(UTC))  # type: ignore[arg-type]
    assert words in in_words(fact, {}, lambda _text, _field: None)


def test_a_moment_is_told_in_the_companys_zone_on_pages_and_as_utc_elsewhere(office: Office) -> None:
    due = datetime(2026, 1, 2, 23, 30, tzinfo=UTC)
    fact = Recorded(
        originator_id=uuid4(),
        originator_version=1,
        event=Sla.SlaBreached(which=Due.RESOLUTION, due=due),
        occurred_at=datetime.now(UTC),
    )
    assert in_words(fact, {}, lambda _text, _field: None).endswith("due 2026-01-02 23:30 UTC")
    issue = office.ids["own issue"]
    office.journal.run(Issue, issue, lambda each: each.sla.note_breach(Due.RESOLUTION), LONG_AGO)
    office.caught_up()
    (said,) = [each for each in lines(office) if "breached" in each and "resolution" in each]
    assert "UTC" not in said
    assert re.search(r"due \d+ [A-Z][a-z]+ 202\d, \d\d:\d\d", said)


def recorded(event: Any) -> Recorded:
    return Recorded(originator_id=uuid4(), originator_version=1, event=event, occurred_at=datetime.now(UTC))


def test_a_value_is_told_with_thousands_and_of_which_objective_it_is() -> None:
    objective = uuid4()
    aim = Objectives.ObjectiveSet(
        account=uuid4(),
        objective_id=objective,
        title="Revenue",
        metric=Metric.REVENUE,
        baseline=Decimal("0.00"),
        target=Decimal("4210000.00"),
        currency="CNY",
        unit="",
        fiscal_year=2026,
        start=date(2026, 1, 1),
        due=date(2026, 12, 31),
    )
    value = Objectives.ObjectiveProgressed(objective_id=objective, value=Decimal("791302.50"), on=date(2026, 4, 8))
    facts = [recorded(aim), recorded(value)]
    names = titles_of_parts(facts)
    set_, progressed = (in_words(fact, names, lambda _text, _field: None) for fact in facts)
    assert set_ == "objective set: title Revenue, metric revenue, baseline 0, target 4,210,000"
    assert progressed == "objective progressed: objective Revenue, value 791,302.5, on 2026-04-08"


def test_sentences_in_a_row_end_without_their_full_stops() -> None:
    texts = {"strengths": "They plan ahead.", "weaknesses": "They pay late ...", "threats": "A rival is in."}
    event = Situation.SituationAnalysed(account=uuid4(), strengths=SEALED, weaknesses=SEALED, threats=SEALED)
    said = in_words(recorded(event), {}, lambda _text, field: texts[field])
    assert said.endswith("strengths They plan ahead, weaknesses They pay late ..., threats A rival is in.")


def test_where_nothing_was_before_each_member_of_what_came_is_a_change_of_its_own() -> None:
    no, yes = {"answer": "no"}, {"answer": "yes"}
    first = ChangeLine(["qualification"], None, {"1": no, "2": yes})
    later = ChangeLine(["qualification", "3"], no, yes)
    assert parted(first.path, first) == [(["qualification", "1"], None, no), (["qualification", "2"], None, yes)]
    assert parted(later.path, later) == [(["qualification", "3"], no, yes)]


def test_why_somebody_did_it_is_told_whole() -> None:
    reason = "the buyer asked for it in the meeting, and " * 6 + "signed"
    fact = Recorded(
        originator_id=uuid4(),
        originator_version=1,
        event=Opportunity.CloseDateMoved(previous=None, close_on=date(2026, 9, 22), reason=reason),
        occurred_at=datetime.now(UTC),
    )
    assert in_words(fact, {}, lambda _text, _field: None).endswith(reason)


@pytest.mark.usefixtures("imported")
def test_what_a_worker_noticed_of_long_ago_comes_after_what_is_news(office: Office) -> None:
    office.journal.run(Issue, office.ids["own issue"], lambda issue: issue.sla.note_breach(Due.RESPONSE), LONG_AGO)
    office.caught_up()
    assert any("breached: " in each for each in lines(office))
    page = office.get("/console/today/changes").text
    own = page.partition(f"/console/account/{office.ids['own']}")[2].partition("</section>")[0]
    assert own.index("visit logged") >= 0
    assert "breached" not in own.partition("visit logged")[0]


def test_a_question_is_told_as_it_is_asked_and_by_its_key_where_no_process_asks_it(office: Office) -> None:
    answered = (
        recorded(Qualification.QualificationAnswered(question=key, answer=Answer.NO, process_edition=1))
        for key in ("5", "77")
    )
    with Reader(office.journal, office.engine).view(Visibility.whole()) as view:
        words = process_words(view, "kam-en")
    known, unknown = (in_words(each, {}, lambda _text, _field: None, words) for each in answered)
    assert known == "qualification answered: question “Compelling event?”, answer no"
    assert unknown == "qualification answered: question 77, answer no"


def test_in_chinese_a_fact_is_told_with_chinese_marks_names_of_rules_and_blocks() -> None:
    finding = Finding.Raised(
        rule="logged_late", rule_version=1, subject_kind=SubjectKind.ACCOUNT, subject=uuid4(), causes=()
    )
    gate = GateFinding("real", "real", Decimal(0), Decimal("0.8"), (), met=False)
    moved = Opportunity.StageAdvanced(
        from_="potential", to="confirmed", process_edition=1, after=("potential",), gates=(gate,), override="decided"
    )
    with speaking(Language.CHINESE):
        found, advanced = (in_words(recorded(each), {}, lambda _text, _field: None) for each in (finding, moved))
    assert found == "发现已提出：规则 记录过晚"
    assert advanced.startswith("阶段已推进：从 potential，至 confirmed，")
    assert not [each for each in (":", ", ", "real 部分") if each in advanced]
