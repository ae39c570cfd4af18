"""What will follow from a command that cannot be seen in its fields."""

from __future__ import annotations

from api.console.forms.asked import Asked
from domain.language.catalogue import say


def merge_follows(asked: Asked) -> list[str]:
    """Which account ends and which goes on, what becomes of what both hold, and how it is undone."""
    assert asked.account is not None
    into = asked.seen_account(asked.preset.get("into", ""))
    names = {"ended": asked.account.profile.name, "into": into.profile.name if into else say("the account named below")}
    return [
        say("{ended} ends, and {into} goes on: whatever is new is recorded there.", **names),
        say("Nothing is moved or deleted: what was recorded stays with each of them, and is read together."),
        say("What is open with {ended} stays to be done, unless you say below that it is the same as there.", **names),
        say("It can be undone: the two can be separated again."),
    ]
