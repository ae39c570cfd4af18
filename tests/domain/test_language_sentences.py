"""Every sentence that the code says has its Chinese with the same values, and none is left over."""

import ast
import re
import string
import tomllib
from functools import cache
from importlib import resources

from jinja2 import nodes as nodes_of_templates

from api.cli.main import app
from api.cli.output import label
from api.console import rendering
from domain.language import Language, say, speaking, term
from projections import health_effects, map_gaps
from tests import built_commands
from tests.architecture.everything import name_of, source_files


def sentences(file):
    """The sentences of a file with their Chinese."""
    return tomllib.loads(file.read_text(encoding="utf-8"))["sentences"]


OF_PAGES = {file.name: sentences(file) for file in resources.files("api.console").joinpath("words").iterdir()}
SENTENCES = {
    **sentences(resources.files("domain.language").joinpath("sentences.zh.toml")),
    **{english: chinese for file in OF_PAGES.values() for english, chinese in file.items()},
}
HEADERS = re.compile("HEADER|^header$|^LIST$|^DISCIPLINE$|^STORES$|^THREADS$|^HISTORY$")
IN_CONTEXT = {
    "met (competition)",
    "met (discipline)",
    *(
        f"{word} (strategy)"
        for word in (
            "answer",
            "process",
            "what",
            "days overdue",
            "of",
            "value",
            "line",
            "in plans",
            "in no plan",
        )
    ),
    "met (map)",
    "level (map)",
    "title (map)",
    "name (people)",
    "title (people)",
    "revenue (account)",
    "number (balance)",
    "was (import)",
    "real (block)",
    "ours (block)",
    "winnable (block)",
    "worth (block)",
}
FOR_TYPISTS = re.compile(r"kams command account|kams command opp|^\x08|^The same file twice|^A column is")
LIBRARYS = {"Arguments", "Commands", "Options", "Show this message and exit.", "required"}
FOR_MACHINES = {"api/cli/balance_output.py:HEADER", "api/cli/map_output.py:CSV_HEADER"}


@cache
def nodes():
    """What stands in each file of the code."""
    return {
        name_of(file): [
            node
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call | ast.Constant | ast.Assign)
        ]
        for file in source_files("domain", "projections", "workers", "api")
    }


def said():
    """The templates given to `say`, and the nouns that are counted."""
    for name, there in nodes().items():
        for node in there:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if node.func.id == "say" and texts[:1]:
                yield f"{name}:{node.lineno}", texts[0]
            elif node.func.id == "counted" and texts:
                yield from (
                    (f"{name}:{node.lineno}", f"{{n}} {noun}") for noun in (texts[0], *(texts[1:] or [f"{texts[0]}s"]))
                )
    yield from said_on_pages()


@cache
def said_on_pages():
    """The sentences of templates."""
    environment = rendering.environment()
    found = []
    for name in environment.list_templates():
        source, _, _ = environment.loader.get_source(environment, name)
        for call in environment.parse(source).find_all(nodes_of_templates.Call):
            if isinstance(call.node, nodes_of_templates.Name) and call.node.name == "_":
                assert isinstance(call.args[0], nodes_of_templates.Const), f"{name}:{call.lineno}: no sentence in _()"
                found.append((f"{name}:{call.lineno}", call.args[0].value))
    return found


def constants():
    """Every text that stands in the code, docstrings and help by paragraph."""
    for there in nodes().values():
        for node in there:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value.lstrip("\n")
                yield node.value.replace("_", " ")
    yield from helps()
    yield from (text for _, text in said())
    yield from IN_CONTEXT
    yield from (f"{{n}} {noun}" for names in health_effects.NAMES.values() for noun in names)
    yield from (f"no {term('BuyerRole', role)}" for role in map_gaps.SEATS)


def helps():
    """The help of every command and option, by paragraph."""
    waiting = [built_commands.built(app)]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        texts = [command.help, command.epilog, *(getattr(each, "help", None) for each in command.params)]
        yield from (paragraph for text in texts if text for paragraph in text.split("\n\n"))


def headers():
    """The headings of columns."""
    for name, there in nodes().items():
        for node in there if name.startswith("api/cli/") else ():
            listed = []
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if HEADERS.search(node.targets[0].id) and f"{name}:{node.targets[0].id}" not in FOR_MACHINES:
                    listed = [node.value]
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "print_table":
                listed = node.args[:2]
            for each in (inner for part in listed for inner in [part, *getattr(part, "elts", [])]):
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and re.search("[a-z]{2}", each.value):
                    yield f"{name}:{node.lineno}", each.value.lstrip("\n")


def placeholders(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_what_is_said_has_its_chinese():
    there = set(said())
    assert len(there) > 700
    assert {each for each in there if each[1] not in SENTENCES} == set()


def test_the_help_of_commands_and_options_has_its_chinese():
    told = {each for each in helps() if not FOR_TYPISTS.search(each)}
    assert len(told) > 300
    assert told - SENTENCES.keys() == set()


def test_every_heading_has_its_chinese():
    with speaking(Language.CHINESE):
        bare = {(where, text) for where, text in headers() if label(text) == text and say(text) == text}
    assert bare == set()


def test_pages_say_anew_nothing_that_is_said_elsewhere():
    there = set(sentences(resources.files("domain.language").joinpath("sentences.zh.toml")))
    assert {(name, english) for name, file in OF_PAGES.items() for english in file if english in there} == set()


def test_pages_that_say_the_same_say_it_alike_in_chinese():
    pairs = {pair for file in OF_PAGES.values() for pair in file.items()}
    assert len(pairs) == len({english for english, _ in pairs})


def test_no_sentence_is_left_over():
    assert set(SENTENCES) - set(constants()) - LIBRARYS == set()


def test_a_sentence_carries_the_same_values_in_chinese():
    other = {
        english: chinese
        for english, chinese in SENTENCES.items()
        if '{"' not in english and placeholders(chinese) != placeholders(english)
    }
    assert other == {}


def test_a_sentence_is_in_chinese():
    bare = {
        english: chinese
        for english, chinese in SENTENCES.items()
        if not re.search("[一-鿿，（；]", chinese) and re.search("[a-z]{2}", re.sub(r"\{[^}]*\}", "", english))
    }
    assert bare.keys() - AS_THEY_ARE == set()


AS_THEY_ARE = {"{part} of {whole}", "{position} of {goal}", " and {n}"}
