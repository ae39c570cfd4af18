"""What cools most, and why, is what health says of each account at both moments."""

from __future__ import annotations

import random
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.visibility import Visibility
from projections.cooling import LEAST, Cooling, falls_by, told_of
from projections.health_moved import ComponentMove, moved
from projections.health_scores import days_ago
from projections.relationship_health import health, scores
from projections.view import View
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.histories_health import lives
from tests.projections.people import ACME, at

DAYS = 400
OTHERS = [some_id(f"customer {number}") for number in range(4)]
Fallen = tuple[UUID, float | None, float | None, object, list[ComponentMove]]


def of_several(chance: random.Random) -> list[Told]:
    """The lives of five customers, two of which turn out to be one, and not to be."""
    told: list[Told] = []
    for number, account in enumerate([ACME, *OTHERS]):
        for stream, event, moment in lives(random.Random(number), 120, DAYS):
            fields = {"account": account} if getattr(event, "account", None) == ACME else {}
            told.append((account if stream == ACME else stream, msgspec.structs.replace(event, **fields), moment))
    merged = Account.AccountsMerged(into=OTHERS[1], reason="the same", people={}, open_items={})
    told.append((OTHERS[0], merged, at(chance.uniform(100, 200))))
    told.append((OTHERS[0], Account.AccountsSeparated(from_=OTHERS[1], reason="two"), at(chance.uniform(250, 350))))
    return sorted(told, key=lambda each: each[2])


def fallen(view: View, days: int, shown: int) -> list[Fallen]:
    """The same, of every account at both moments by themselves."""
    before, after = (scores(each) for each in (view.at(days_ago(view, days)), view))
    moves = {each.account: each for each in moved(view.at(days_ago(view, days)), view).accounts}
    turns = {each.account: each.turns_red_on for each in health(view).accounts}
    changes = sorted((round(after[key] - before[key], 1), key) for key in after if key in before)
    found: list[Fallen] = []
    for _, key in [each for each in changes if each[0] <= -LEAST][:shown]:
        falls = sorted((each for each in moves[key].components if each.points < 0), key=lambda each: each.points)
        found.append((key, before[key], after[key], turns[key], falls))
    return found


def test_what_cools_most_is_what_health_says(journal: Journal, engine_of: EngineOf) -> None:
    office, chance, seen = Office(journal, engine_of), random.Random(6), 0
    told = of_several(chance)
    office.journal.append_all([[fact] for fact in told])
    office.engine.catch_up()
    for _ in range(25):
        days, shown = chance.choice([30, 90, 200]), chance.choice([1, 3])
        known_at = chance.choice([None, chance.randrange(len(told) // 2, len(told))])
        with office.view(at(chance.uniform(60, DAYS + 60)), known_at, Visibility.whole()) as view:
            before, after = (scores(each) for each in (view.at(days_ago(view, days)), view))
            found = told_of(view, falls_by(before, after, shown=shown), days).accounts
            expected = fallen(view, days, shown)
            said = [(each.account, each.before, each.after, each.turns_red_on, each.falls) for each in found]
            assert said == expected
            seen += len(found)
    assert seen > 20


def test_a_fall_tells_how_much_of_it_only_began_to_count() -> None:
    fell = ComponentMove("contact", 98.0, 80.0, -5.4, "", "", [], by_time=True)
    began = ComponentMove("coverage", None, 4.0, -20.0, "", "", [7])
    cooled_one = Cooling(
        account=ACME, external_id="A-1", name="Acme", before=89.0, after=63.6, band_before="green", band="yellow",
        turns_red_on=None, falls=[began, fell], positions=[7],
    )  # fmt: skip
    assert (cooled_one.change, cooled_one.newly_counted) == (-25.4, -20.0)
    assert cooled_one.is_mostly_newly_counted
    assert not msgspec.structs.replace(cooled_one, falls=[fell]).is_mostly_newly_counted
