"""Who deserves key treatment: every customer scored by the model that is in force, before status is granted."""

from datetime import date, timedelta
from random import Random

from api.demo.days import LAST_DAY, working_day
from api.demo.model import Account
from api.demo.policies import FIRST_MODEL, SECOND_MODEL
from api.demo.tables import Tables

ROUNDS = (date(2024, 2, 19), date(2024, 11, 4), date(2025, 10, 20), date(2026, 10, 5))
"""When the scoring of a round begins: the first two by the first model, the others by the second."""
SPREAD = 15
TOLD = (date(2024, 11, 18), date(2025, 10, 20), date(2026, 10, 12))
"""The rounds of the story's account: five days or so before its status was decided."""
OF_POTENTIAL = ("sales", "profitability", "buying_frequency", "concentration_of_funds")
OF_WARMTH = ("closeness", "preference", "current_state", "prospects", "partnership")
OF_CHARACTER = ("difference", "value_and_price", "buying_rules", "price_sensitivity", "strategic_fit", "service_demand")


def describe_selection(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write the scores. Who is granted key status by a score needs no override."""
    granted = {row["account"]: row for row in tables.rows["key_status"] if row["action"] == "granted"}
    for account in accounts:
        character = {key: random.gauss(6.6 if account.key_type else 4.6, 1.3) for key in OF_CHARACTER}
        share = random.uniform(0.25, 0.6) if account.key_type else random.uniform(0.05, 0.3)
        for day in _days(account, granted, random):
            _score(tables, account, day, character, share, random)


def _days(account: Account, granted: dict[str, dict[str, str]], random: Random) -> list[date]:
    if account.told:
        days = list(TOLD)
    else:
        days = [working_day(first + timedelta(random.randrange(SPREAD))) for first in ROUNDS]
    row = granted.get(account.external_id)
    if row is not None and FIRST_MODEL + timedelta(7) <= date.fromisoformat(row["on"]) < SECOND_MODEL:
        row["override"] = ""
        before = working_day(date.fromisoformat(row["on"]) - timedelta(5))
        days = [before, *(day for day in days if (day - before).days > 20)]
    return [day for day in days if account.registered_on + timedelta(3) < day <= LAST_DAY]


def _score(
    tables: Tables, account: Account, day: date, character: dict[str, float], share: float, random: Random
) -> None:
    size = 3.2 + 1.15 * account.weight**0.5 + (1.2 if account.key_type else 0)
    scores = {key: size + random.gauss(0, 0.6) for key in OF_POTENTIAL}
    scores |= {key: 1.2 + 8.6 * account.warmth(day) + random.gauss(0, 0.7) for key in OF_WARMTH}
    scores |= {key: value + random.gauss(0, 0.4) for key, value in character.items()}
    ours = max(0.03, min(0.7, share + 0.25 * (account.warmth(day) - 0.6) + random.gauss(0, 0.02)))
    rival = (1 - ours) * random.uniform(0.35, 0.75)
    tables.fact(
        "account", account.external_id, "standing.score", day,
        scores={key: f"{max(0.0, min(10.0, value)):.1f}" for key, value in scores.items()},
        wallet_share=f"{ours:.2f}", rival_share=f"{rival:.2f}",
    )  # fmt: skip
