"""Texts that must not be blank and are no reasons: titles, categories, what is offered."""

from domain.errors import Refused


class TextBlank(Refused):
    """{what} is blank: state it."""


def worded(text: str, what: str) -> str:
    """The text; refuses a blank one. `what` begins the sentence."""
    if not text.strip():
        raise TextBlank(what=what)
    return text
