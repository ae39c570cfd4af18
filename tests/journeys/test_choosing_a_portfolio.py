"""A sales director chooses key accounts by the company's objective, and reviews them a year later under another one:
everything typed as commands, looked at as of the middle and as of the end of the story."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.cli.embedded import Addresses
from tests.api.command_line import Answer, CommandLine, company_that_lived, done, give

REVENUE = """
key = "key-accounts"
name = "Key accounts"
name_zh = "大客户选择"
objective = "Revenue of three years"
portfolio_limit = 15
comparisons = [
    {left = "potential", right = "attractiveness", ratio = 2},
    {left = "potential", right = "relationship", ratio = 4},
    {left = "attractiveness", right = "relationship", ratio = 2},
]
criteria = [
    {key = "difference", name = "Difference", group = "attractiveness"},
    {key = "sales", name = "Sales", group = "potential"},
    {key = "prospects", name = "Prospects", group = "relationship"},
]
thresholds = [{measure = "overall", at_least = 6}]

[[matrices]]
key = "boston"
name = "Boston"
x = {measure = "relative_share", cuts = [1]}
y = {measure = "growth", cuts = [0.1]}
cells = ["question mark", "star", "dog", "cash cow"]

[[matrices]]
key = "attractiveness-relationship"
name = "Attractiveness and relationship"
x = {measure = "relationship", cuts = [5]}
y = {measure = "attractiveness", cuts = [5]}
cells = ["key development", "key account", "opportunistic", "maintenance"]
"""
PARTNERSHIP = REVENUE.replace("Revenue of three years", "Partners for new products").replace(
    'left = "potential", right = "relationship", ratio = 4', 'left = "relationship", right = "potential", ratio = 4'
)
PARTNERSHIP = PARTNERSHIP.replace(
    'left = "potential", right = "attractiveness"', 'left = "attractiveness", right = "potential"'
).replace('left = "attractiveness", right = "relationship"', 'left = "relationship", right = "attractiveness"')
CONTRADICTION = REVENUE.replace(
    'left = "potential", right = "relationship"', 'left = "relationship", right = "potential"'
)
COMPANY = 'name = "Werke"\ncurrency = "EUR"\ntime_zone = "Asia/Shanghai"\n'

CUSTOMERS = {"A-1": "Huarui Steel", "A-2": "North Foods", "A-3": "Marine Works", "A-4": "Tiny Tools"}


@pytest.fixture(scope="module")
def kams(
    embedded_addresses: Addresses, tmp_path_factory: pytest.TempPathFactory, fresh_names: Iterator[str]
) -> Iterator[CommandLine]:
    folder = tmp_path_factory.mktemp("portfolio")
    yield from company_that_lived(embedded_addresses, next(fresh_names), folder, live_through)


def of(kams: CommandLine, account: str, command: str, on: str, **fields: str) -> Answer:
    return give(kams, "account", account, command, on, **fields)


def scored(kams: CommandLine, account: str, on: str, scores: tuple[float, float, float], **shares: str) -> Answer:
    names = ("difference", "sales", "prospects")
    stated = {f"scores.{name}": str(score) for name, score in zip(names, scores, strict=True)}
    return of(kams, account, "standing.score", on, **stated, **shares)


def buys(kams: CommandLine, account: str, number: int, on: str, amount: int) -> None:
    revenue = f'{{"amount": "{amount}", "currency": "EUR"}}'
    done(of(kams, account, "purchases.add", on, document_no=f"{account}-{number}", revenue=revenue))


def live_through(kams: CommandLine) -> None:
    done(kams("company", "set", "-", "--on", "2023-01-01", given=COMPANY))
    for external_id, name in CUSTOMERS.items():
        done(of(kams, "new", "register", "2023-01-02", name=name, external_id=external_id))
    for external_id, before, then, now in (("A-1", 500, 600, 500), ("A-2", 50, 100, 300), ("A-3", 200, 250, 100)):
        buys(kams, external_id, 1, "2023-03-01", before)
        buys(kams, external_id, 2, "2024-02-01", then)
        buys(kams, external_id, 3, "2025-02-01", now)
    # The first spring: by revenue.
    done(kams("policy", "set", "selection-model", "-", "--on", "2024-03-01", given=REVENUE))
    done(scored(kams, "A-1", "2024-03-10", (6, 9, 3), wallet_share="0.4", rival_share="0.2"))
    done(scored(kams, "A-2", "2024-03-10", (8, 3, 8), wallet_share="0.1"))
    done(scored(kams, "A-3", "2024-03-10", (7, 7, 4), wallet_share="0.3", rival_share="0.5"))
    done(of(kams, "A-1", "standing.grant", "2024-03-15", relationship_type="strategic", justification="most revenue"))
    done(of(kams, "A-3", "standing.grant", "2024-03-15", relationship_type="ordinary", justification="second largest"))
    # A year later: by partnership. Edition 2.
    done(kams("policy", "set", "selection-model", "-", "--on", "2025-03-01", given=PARTNERSHIP))
    done(scored(kams, "A-1", "2025-03-10", (6, 8, 7)))
    done(scored(kams, "A-2", "2025-03-10", (8, 4, 9), wallet_share="0.5", rival_share="0.25"))
    done(scored(kams, "A-3", "2025-03-10", (4, 6, 2)))
    done(
        of(kams, "A-1", "standing.review", "2025-03-20", decision="keep", justification="opens its laboratory to us",
           improvement="one engineer on site", review_due="2025-09-20")
    )  # fmt: skip
    done(of(kams, "A-2", "standing.grant", "2025-03-20", relationship_type="partner", justification="develops with us"))


def portfolio(kams: CommandLine, *more: str) -> Any:
    return done(kams("portfolio", "--json", *more)).json


def ranking(answer: Any) -> list[tuple[int | None, str, str]]:
    return [
        (line["rank"], line["external_id"], line["score"]["totals"]["overall"] if line["score"] else "")
        for line in answer["customers"]
    ]


def test_the_weights_follow_from_comparisons_and_change_with_the_objective(kams: CommandLine) -> None:
    then = done(kams("policy", "show", "selection-model", "--json", "--as-of", "2024-06-30")).json
    now = done(kams("policy", "show", "selection-model", "--json")).json
    assert [each["weight"] for each in then["criteria"]] == ["0.285714", "0.571429", "0.142857"]
    assert [each["weight"] for each in now["criteria"]] == ["0.285714", "0.142857", "0.571429"]
    assert (then["objective"], now["objective"]) == ("Revenue of three years", "Partners for new products")


def test_comparisons_in_a_circle_are_refused_and_named(kams: CommandLine) -> None:
    refused = kams("policy", "set", "selection-model", "-", given=CONTRADICTION)
    assert refused.code == 1
    assert "relationship to potential is 4, the others say" in refused.err
    assert "consistency ratio of" in refused.err


def test_the_ranking_of_the_middle_is_that_of_the_first_objective(kams: CommandLine) -> None:
    middle = portfolio(kams, "--as-of", "2024-06-30")
    assert (middle["edition"], middle["key_accounts"]) == (1, 2)
    assert ranking(middle) == [(1, "A-1", "7.2857"), (2, "A-3", "6.5714"), (3, "A-2", "5.1429"), (None, "A-4", "")]
    assert middle["proposals"] == []


def test_the_ranking_of_the_end_is_that_of_the_new_objective(kams: CommandLine) -> None:
    end = portfolio(kams, "--as-of", "2025-03-31")
    assert (end["edition"], end["key_accounts"]) == (2, 3)
    assert ranking(end) == [(1, "A-2", "8.0000"), (2, "A-1", "6.8571"), (3, "A-3", "3.1429"), (None, "A-4", "")]


def test_the_matrices_and_classes_of_both_springs(kams: CommandLine) -> None:
    then = portfolio(kams, "--method", "boston", "--as-of", "2024-03-31")
    cells = {line["external_id"]: line["cells"] for line in then["customers"]}
    assert [cells[each]["boston"]["cell"] for each in ("A-1", "A-2", "A-3")] == [
        "star",
        "question mark",
        "question mark",
    ]
    assert cells["A-1"]["attractiveness-relationship"]["cell"] == "key development"
    now = portfolio(kams, "--method", "abc", "--as-of", "2025-03-31")
    assert [(line["external_id"], line["abc"]) for line in now["customers"]] == [
        ("A-1", "A"),
        ("A-2", "A"),
        ("A-3", "B"),
        ("A-4", "C"),
    ]


def test_reviews_become_due_and_say_what_is_proposed(kams: CommandLine) -> None:
    before = portfolio(kams, "--reviews-due", "--as-of", "2025-03-15")
    assert [line["external_id"] for line in before["customers"]] == ["A-1", "A-3"]
    after = portfolio(kams, "--reviews-due", "--as-of", "2025-03-31")
    assert [line["external_id"] for line in after["customers"]] == ["A-3"]
    assert [(each["action"], each["external_id"]) for each in after["proposals"]] == [
        ("review", "A-3"),
        ("demote", "A-3"),
    ]


def test_a_review_without_justification_is_refused_and_a_demotion_below_ordinary_ends_it(kams: CommandLine) -> None:
    silent = of(kams, "A-3", "standing.review", "2025-04-01", decision="demote", justification=" ")
    assert silent.code == 1
    assert "Why is this customer in the key position?" in silent.err
    kept = of(kams, "A-1", "standing.review", "2025-04-01", decision="keep", justification="the same")
    assert kept.code == 1
    assert "what we ourselves will change" in kept.err
    done(of(kams, "A-3", "standing.review", "2025-04-01", decision="demote", justification="no wish for partnership"))
    assert portfolio(kams, "--as-of", "2025-03-31")["key_accounts"] == 3
    assert portfolio(kams, "--as-of", "2025-04-02")["key_accounts"] == 2


def test_a_grant_without_a_score_of_the_new_edition_needs_an_override(kams: CommandLine) -> None:
    refused = of(kams, "A-4", "standing.grant", "2025-04-02", relationship_type="ordinary", justification="nice people")
    assert refused.code == 1
    assert "no score by edition 2 of the selection model key-accounts" in refused.err


def test_why_a_customer_is_key_shows_every_justification(kams: CommandLine) -> None:
    shown = done(kams("portfolio", "--why", "A-1", "--as-of", "2025-03-31")).out
    for text in ("strategic since 2024-03-15", "most revenue", "one engineer on site", "Prospects", "0.571429"):
        assert text in shown
    then = done(kams("portfolio", "--why", "Huarui Steel", "--as-of", "2024-06-30", "--json")).json
    assert [each["decision"] for each in then["history"]] == ["granted"]
    assert then["objective"] == "Revenue of three years"
    history = done(kams("portfolio", "--why", "A-1", "--csv", "--as-of", "2025-03-31")).out.splitlines()
    assert history[0] == "at,decision,type,justification,what we change,position"
    assert history[1].startswith("2025-03-20,keep,strategic,opens its laboratory to us,one engineer on site,")
    assert kams("portfolio", "--why", "nobody").code == 1


def test_the_table_names_the_model_and_what_is_proposed(kams: CommandLine) -> None:
    shown = done(kams("portfolio", "--as-of", "2025-03-31"))
    assert "Portfolio by key-accounts, edition 2: Partners for new products" in shown.out
    assert "Proposed, to be decided" in shown.out
    assert "3 key accounts of at most 15" in shown.err
    assert done(kams("portfolio", "--csv")).out.startswith("rank,account,name,overall,fuzzy,totals current,revenue")
    assert "No customers recorded." in done(kams("portfolio", "--as-of", "2020-01-01")).err
    assert kams("portfolio", "--method", "magic").code == 2
