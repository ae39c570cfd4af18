"""Everything that happened with an account, in words, the newest first; what was taken back stays, marked."""

from __future__ import annotations

from itertools import chain
from typing import Any

from api.console.accounts.scope import Scope
from api.console.subject import happened, told
from api.corrected import Corrections
from api.thing_words import thing_words
from domain.aggregate import Recorded
from domain.language.catalogue import term

PAGE = 30


def timeline(scope: Scope) -> dict[str, Any]:
    """A page of the timeline, of one kind of fact or of all, and where the next one begins."""
    query = scope.frame.query
    each_once = {fact.position: fact for fact in chain(scope.of_company, *scope.histories.values())}
    facts = happened(each_once.values(), scope.view)
    chosen = [fact for fact in facts if query.about in ("", _about(fact))]
    shown = told(scope, chosen, Corrections.among(facts), thing_words(scope.view), before=query.before, limit=PAGE)
    kinds = [(each, term("aggregates", each)) for each in sorted({_about(fact) for fact in facts})]
    return shown | {"kinds": kinds, "about": query.about}


def _about(fact: Recorded) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in fact.event.topic.split(".")[0])[1:]
