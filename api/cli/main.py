"""The command `kams`."""

from __future__ import annotations

import gc
import sys

import typer

from api.cli import (
    administration,
    auditing,
    backing,
    contacting,
    demonstration,
    eventing,
    explaining,
    intake,
    questions,
    reading,
    running,
    streaming,
)
from api.cli.errors import WRONG_USE, leave
from api.cli.settings import locale_of
from api.cli.speaking import LanguageUnknown, language_among, translate
from domain.language.languages import speaking

app = typer.Typer(
    name="kams",
    help="Key account management with memory: every number as of any moment, with the events behind it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="--lang en or zh, anywhere, chooses the language; else the locale does. "
    "Exit codes: 0 fine, 1 refused, 2 wrong use, 3 system not reachable.",
)

for add_commands in (
    running.add,
    intake.add,
    contacting.add,
    reading.add,
    questions.add,
    explaining.add,
    auditing.add,
    eventing.add,
    administration.add,
    backing.add,
    demonstration.add,
    streaming.add,
):
    add_commands(app)


def main() -> None:
    """Run a command; errors end with one line and their exit code."""
    gc.set_threshold(50_000, 20, 50)  # a command makes many objects, few cycles, and ends soon
    try:
        language, arguments = language_among(sys.argv[1:], locale_of())
    except LanguageUnknown as error:
        print(f"kams: {error}", file=sys.stderr)
        raise SystemExit(WRONG_USE) from None
    with speaking(language):
        run(arguments)


def run(arguments: list[str]) -> None:
    """Run a command in the language of the conversation."""
    command = typer.main.get_command(app)
    translate(command)
    try:
        command(args=arguments, prog_name="kams")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:  # noqa: BLE001 `leave` raises again what nobody foresaw
        leave(error)
    finally:
        gc.freeze()  # nothing is worth looking for any more


if __name__ == "__main__":
    main()
