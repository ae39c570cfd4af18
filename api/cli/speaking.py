"""The language of the command line: `--lang` anywhere among the arguments, else the locale's, else English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.language.catalogue import say
from domain.language.languages import Language, language_of, spoken

OPTION = "--lang"


class LanguageUnknown(Exception):
    """`--lang` names a language that KAMS does not speak."""

    def __init__(self, found: str) -> None:
        super().__init__(f"--lang {found}: KAMS speaks {' and '.join(Language)}.")


def language_among(arguments: Sequence[str], locale: str) -> tuple[Language, list[str]]:
    """The language, and the arguments without the option. Raises LanguageUnknown."""
    kept: list[str] = []
    stated: str | None = None
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            kept += [argument, *waiting]
        elif argument == OPTION:
            stated = next(waiting, "")
        elif argument.startswith(f"{OPTION}="):
            stated = argument.partition("=")[2]
        else:
            kept.append(argument)
    if stated is None:
        return language_of(locale) or Language.ENGLISH, kept
    language = language_of(stated)
    if language is None:
        raise LanguageUnknown(stated)
    return language, kept


def translate(command: Any) -> None:
    """Let the help of a command and of those below it speak the language of the conversation."""
    if spoken() is Language.ENGLISH:
        return
    command.help = _said(command.help)
    command.short_help = _said(command.short_help)
    command.epilog = _said(command.epilog)
    for parameter in command.params:
        if hasattr(parameter, "help"):
            parameter.help = _said(parameter.help)
    for below in getattr(command, "commands", {}).values():
        translate(below)


def _said(text: str | None) -> str | None:
    return say(text) if text else text
