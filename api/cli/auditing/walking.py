"""Walking through a replay with the keys of a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.cli import output, replay_output
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.fact_words import Words
    from api.replay import Replay

FORWARD = frozenset({"n", " ", "\r", "\n", "\x1b[C", "\x1b[B", "\x1bOC", "\x1bOB", "l", "j"})
BACK = frozenset({"p", "\x7f", "\x1b[D", "\x1b[A", "\x1bOD", "\x1bOA", "h", "k"})
HOME = frozenset({"\x1b[H", "\x1b[1~", "\x1bOH", "0"})
END = frozenset({"\x1b[F", "\x1b[4~", "\x1bOF", "$"})
LEAVE = frozenset({"q", "\x03", "\x04", ""})
FURTHEST = 10
PAGES = {"\x1b[6~": FURTHEST, "\x1b[5~": -FURTHEST}
"""Page down and page up."""


def walk(replay: Replay, words: Words) -> None:
    """Show a step and go where the keys say, until `q`."""
    with _keys() as key:
        _walk(replay, words, key, _ask)


def _walk(replay: Replay, words: Words, key: Callable[[], str], ask: Callable[[], str]) -> None:
    number, remark = len(replay), ""
    while True:
        _show(replay, number, words, remark)
        remark = ""
        pressed = key()
        if pressed in LEAVE:
            return
        if pressed == "g":
            number, remark = _gone_to(replay, number, ask())
        else:
            number = after(pressed, number, len(replay))


def after(pressed: str, number: int, count: int) -> int:
    """The step to which a key leads; any other key stays."""
    if pressed in HOME:
        wanted = 1
    elif pressed in END:
        wanted = count
    else:
        wanted = number + (pressed in FORWARD) - (pressed in BACK) + PAGES.get(pressed, 0)
    return max(min(wanted, count), min(count, 1))


def _gone_to(replay: Replay, number: int, stated: str) -> tuple[int, str]:
    """The step of the fact at a position, or where one was and why."""
    found = replay.history.number_of(int(stated)) if stated.isascii() and stated.isdigit() else None
    if found is None:
        return number, say("No fact of this replay has the position {text}.", text=stated)
    return found, ""


def _show(replay: Replay, number: int, words: Words, remark: str) -> None:
    paper = output.console()
    paper.clear()
    if number:  # the event below the state: that is what stays in sight where the terminal is low
        line = replay.line(number)
        replay_output.show_state(replay.state(number), words)
        paper.print()
        replay_output.show_line(replay.teller.names.get(replay.account, ""), line, len(replay), words)
    else:
        paper.print(say("Nothing of it was recorded by then."))
    paper.print()
    if remark:
        paper.print(remark)
    paper.print(say("→ n next · ← p back · g go to a position · Home End · q leave"), style="dim")


def _ask() -> str:
    """A position, typed by a person."""
    return input(say("Position: ")).strip()


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Reads one key at a time, without waiting for Enter; the terminal is as before afterwards."""
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def key() -> str:
        tty.setcbreak(terminal)
        try:
            return _read(terminal)
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    yield key


def _read(terminal: int) -> str:
    """A key; those that send several characters as a whole."""
    import os
    import select

    pressed = os.read(terminal, 1)
    while pressed.startswith(b"\x1b") and select.select([terminal], [], [], 0.05)[0]:
        pressed += os.read(terminal, 1)
        if (pressed[-1:].isalpha() and pressed != b"\x1bO") or pressed.endswith(b"~"):
            break
    return pressed.decode(errors="replace")
