"""Chinese and English: every term, every refusal and every sentence that KAMS says, in one place.

The language of a conversation is ambient, like a locale: a door sets it with `speaking`, and whatever is said on the
way (a refusal, a reason, a heading) comes out in it. Nothing that is stored depends on it.
"""

from domain.language.amounts import shown_amount, shown_quantity
from domain.language.catalogue import (
    Term,
    either,
    event_words,
    field_words,
    filled,
    in_context,
    say,
    template_of,
    term,
    terms,
)
from domain.language.languages import Language, language_of, preferred, speaking, spoken

__all__ = [
    "Language",
    "Term",
    "either",
    "event_words",
    "field_words",
    "filled",
    "in_context",
    "language_of",
    "preferred",
    "say",
    "shown_amount",
    "shown_quantity",
    "speaking",
    "spoken",
    "template_of",
    "term",
    "terms",
]
