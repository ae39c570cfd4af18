"""The policies of the sample company that have a date of their own: two selection models, two rate cards."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from domain.policies.shipped_selection import CRITERIA, DEFAULT_MODEL, KEY_ACCOUNTS

FIRST_MODEL = date(2024, 1, 15)
SECOND_MODEL = date(2025, 10, 13)
FIRST_RATES = date(2023, 11, 1)
SECOND_RATES = date(2025, 7, 1)

WEIGHTS = {
    FIRST_MODEL: "sales 24 profitability 16 buying_frequency 10 concentration_of_funds 8 value_and_price 8"
    " price_sensitivity 6 difference 5 preference 5 buying_rules 5 closeness 4 strategic_fit 3 current_state 3"
    " prospects 2 service_demand 1 partnership 0",
    SECOND_MODEL: "partnership 16 difference 13 prospects 12 current_state 11 closeness 9 strategic_fit 9"
    " profitability 8 sales 6 service_demand 4 preference 4 value_and_price 3 buying_rules 2 buying_frequency 1"
    " concentration_of_funds 1 price_sensitivity 1",
}
OBJECTIVES = {
    FIRST_MODEL: "Volume: fill the new plant within two years",
    SECOND_MODEL: "Partnership: few customers with whom the next drive generation is built",
}
SEGMENTS_SINCE = date(2024, 1, 15)
SEGMENTS: list[dict[str, Any]] = [
    {"key": "small", "name": "Small customers", "name_zh": "小客户", "abc": ["B", "C"], "kinds": ["end_customer"]},
    {
        "key": "trade",
        "name": "The trade",
        "name_zh": "渠道",
        "kinds": ["distributor", "dealer", "wholesaler", "retailer"],
    },
    {"key": "close", "name": "Partners", "name_zh": "伙伴", "relationships": ["partner", "strategic"]},
]
RATES = (
    ("sales", "Sales", "销售", 2_400, 2_550),
    ("application", "Application engineer", "应用工程师", 3_200, 3_400),
    ("design", "Design engineer", "设计工程师", 3_600, 3_850),
    ("lab", "Test laboratory", "试验室", 4_500, 4_800),
    ("executive", "Executive", "高层", 6_000, 6_400),
)
"""Kind, name, name in Chinese, CNY a person-day on the first card and on the second."""


def policies_text() -> str:
    """All dated policies as JSON: kind (as `kams policy` names it), key, day and document, in the order of days."""
    found = [_model(day) for day in WEIGHTS] + [_rates(FIRST_RATES, 3), _rates(SECOND_RATES, 4)]
    found.append(_policy("segments", "", SEGMENTS_SINCE, {"segments": SEGMENTS}))
    return json.dumps(sorted(found, key=lambda each: str(each["on"])), ensure_ascii=False, indent=1)


def _model(on: date) -> dict[str, Any]:
    document = msgspec.to_builtins(KEY_ACCOUNTS)
    weights = _weights(on)
    for criterion in document["criteria"]:
        criterion["weight"] = weights[criterion["key"]]
    document["objective"] = OBJECTIVES[on]
    return _policy("selection-model", DEFAULT_MODEL, on, document)


def _weights(on: date) -> dict[str, str]:
    words = WEIGHTS[on].split()
    weights = dict(zip(words[::2], words[1::2], strict=True))
    assert weights.keys() == {criterion.key for criterion in CRITERIA}
    return weights


def _rates(on: date, column: int) -> dict[str, Any]:
    rates = [
        {"key": line[0], "name": line[1], "name_zh": line[2],
         "per_day": {"amount": str(Decimal(line[column])), "currency": "CNY"}} for line in RATES
    ]  # fmt: skip
    return _policy("rate-card", "", on, {"rates": rates})


def _policy(kind: str, key: str, on: date, document: dict[str, Any]) -> dict[str, Any]:
    return {"policy": kind, "key": key, "on": on.isoformat(), "document": document}
