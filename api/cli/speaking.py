"""The language of the command line: `--lang` anywhere among the arguments, else the locale's, else English."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import typer.core

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
    setattr(typer.core, "_", say)  # noqa: B010 its headings are looked up by their English, as ours are
    _translate(command)


def _translate(command: Any) -> None:
    command.help = _said(command.help)
    command.short_help = _said(command.short_help)
    command.epilog = _said(command.epilog)
    for parameter in command.params:
        if hasattr(parameter, "help"):
            parameter.help = _said(parameter.help)
    command.get_help_option = partial(_help_option, command.get_help_option)
    for below in getattr(command, "commands", {}).values():
        _translate(below)


def _help_option(made: Any, context: Any) -> Any:
    option = made(context)
    if option is not None:
        option.help = _said(option.help)
    return option


def _said(text: str | None) -> str | None:
    """A help text, paragraph by paragraph: examples stay as they are."""
    return "\n\n".join(say(paragraph) for paragraph in text.split("\n\n")) if text else text
