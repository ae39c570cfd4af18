"""What somebody may do with something, grouped by what it is about; what is done daily stands first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.console.forms.asked import ROOT_OF, Doing, doors
from api.console.forms.wording import command_words, form_address
from api.nouns import OPENINGS
from domain.language.catalogue import field_words, say

DAILY: dict[str, tuple[str, ...]] = {
    "accounts": (
        "visits.log",
        "visits.plan",
        "contacts.log",
        "action_items.add",
        "stakeholders.add",
        "stakeholders.assess",
        "needs.add",
    ),
    "opportunities": (
        "advance",
        "revise_amount",
        "move_close_date",
        "qualification.answer",
        "buyers.map",
        "quotes.issue",
        "win",
        "lose",
    ),
    "issues": ("acknowledge", "resolve", "escalate", "departments.ask"),
    "plans": ("objectives.progress", "milestones.reach", "objectives.set", "milestones.set"),
}
BEGUN_THERE: dict[str, tuple[tuple[str, str], ...]] = {
    "accounts": (("opportunities", "open"), ("issues", "raise_issue"), ("plans", "draft")),
}
"""What begins on a page of something else: it names that as its account."""
NOT_BY_HAND = frozenset({"withdraw", "visits.correct", "milestones.miss", "milestones.withdraw_miss", "contacts.file"})
"""Corrections, which begin at the fact that they take back, files, and what workers record."""


@dataclass(frozen=True)
class Item:
    """A command, and where its form is; `why` it does not fit what is there now."""

    label: str
    address: str
    preset: str = ""
    why: str = ""


@dataclass(frozen=True)
class Group:
    """Commands of one part. Those that do not fit now stand folded up, with their reasons: on an earlier day they
    did."""

    label: str
    items: list[Item]
    folded: bool = False


def menu_of(doing: Doing, noun: str, stated: Any) -> list[Group]:
    """What the asker may do, and what of it does not fit now; empty where that is nothing."""
    root = ROOT_OF[noun].__name__
    names = [name.partition(".")[2] for name in doors() if name.startswith(f"{root}.")]
    names = [name for name in names if name not in NOT_BY_HAND and name != OPENINGS.get(ROOT_OF[noun])]
    names = [name for name in names if doing.may(noun, stated, name)]
    unfit = {name: why for name in names if (why := doing.misfit(noun, stated, name))}
    names = [name for name in names if name not in unfit]
    daily = [name for name in DAILY.get(noun, ()) if name in names]
    groups = [Group(say("Daily"), [_item(noun, stated, name) for name in daily])]
    begun = [
        each for each in BEGUN_THERE.get(noun, ()) if (names or unfit) and doing.may(each[0], "new", each[1], stated)
    ]
    groups.append(Group(say("Begin"), [_item(kind, "new", name, f"account={stated}") for kind, name in begun]))
    for part in dict.fromkeys(_part(name) for name in names):
        items = [_item(noun, stated, name) for name in names if _part(name) == part and name not in daily]
        words = field_words(part) if part else field_words(PARTLESS[noun] if noun in PARTLESS else root.lower())
        groups.append(Group(words[:1].upper() + words[1:], items))
    folded = [_item(noun, stated, name, why=why) for name, why in unfit.items()]
    groups.append(Group(say("Not as it stands now"), folded, folded=True))
    return [each for each in groups if each.items]


def words_of(noun: str, name: str) -> str:
    """What a command is called on a link."""
    return command_words(f"{ROOT_OF[noun].__name__}.{name}")


PARTLESS = {"accounts": "account", "opportunities": "opportunity", "issues": "issue", "plans": "plan"}


def _item(noun: str, stated: Any, name: str, preset: str = "", why: str = "") -> Item:
    return Item(words_of(noun, name), form_address(noun, stated, name), preset, why)


def _part(name: str) -> str:
    return name.rpartition(".")[0]
