"""A mapping (TOML): what foreign files, columns, words and stages mean.

    on = 2017-12-31                      # the day of the export
    currency = "USD"                     # of amounts that state none
    dates = "%m/%d/%Y"                   # where dates are not ISO
    decimal = ","                        # the decimal sign
    encoding = "cp1252"                  # where it cannot be told from the content; also: delimiter = ";"
    price_list = "products.csv"          # the file of products whose list prices stand for amounts that are missing

    [process]                            # the sales process that the foreign pipeline becomes; it has no gates
    key = "theirs"
    name = "Their pipeline"
    stages = [{ key = "lead", name = "Lead", probability = 10, category = "pipeline" }]

    [[tables]]                           # one for each kind that a file holds; a file may have several
    file = "deals*.csv"
    kind = "opportunities"
    columns = { external_id = "Deal No", account = "Customer", title = "{Customer} {Product}" }
    defaults = { account = "nobody" }    # for blank cells and columns that are not there
    values.product = { "GTXPro" = "GTX Pro" }
    times = { amount = 1000 }            # where the file writes thousands
    also = ["territory"]                 # columns found by their usual headers as well (default: none)

    [[tables]]                           # columns that are questions, of which the process above is made to ask
    file = "deals*.csv"
    kind = "answers"
    columns = { opportunity = "D-{#}" }  # {#} is the number of a row in its file
    answers = ["Budget", "Authority"]    # Budget: yes, no, unknown; of other words "Authority: High" is asked

    [[rows]]                             # a row that no file holds
    kind = "accounts"
    name = "nobody"

A column is a header of the file, or a text with headers in braces. Several tables of one file are the same rows seen
as several kinds. Files that no table names are left alone and listed.
"""

from __future__ import annotations

import codecs
import fnmatch
import re
import tomllib
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from api.importing.kinds import KINDS
from domain.decodable import decodable
from domain.errors import Fault as FieldFault
from domain.errors import Malformed
from domain.language.catalogue import say

IN_BRACES = re.compile(r"\{([^{}]+)\}")


class MappingWrong(Malformed):
    """The mapping has {count} wrong key(s): {summary}."""


class Stage(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A stage of a foreign pipeline; `probability` in percent."""

    key: str
    name: str
    probability: Decimal
    category: str = "pipeline"


class Process(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The sales process that a foreign pipeline becomes."""

    key: str
    name: str
    stages: list[Stage]


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """One file as one kind."""

    file: str
    kind: str
    columns: dict[str, str] = {}
    defaults: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    times: dict[str, Decimal] = {}
    also: list[str] = []
    answers: list[str] = []
    dates: str | None = None
    decimal: str | None = None


class Mapping(msgspec.Struct, forbid_unknown_fields=True):
    """What foreign files mean."""

    name: str = ""
    on: date | None = None
    currency: str | None = None
    dates: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    price_list: str | None = None
    process: Process | None = None
    tables: list[Table] = []
    rows: list[dict[str, str]] = []

    def tables_of(self, file: str) -> list[Table]:
        """The tables that a file of this name holds."""
        return [table for table in self.tables if fnmatch.fnmatch(file.casefold(), table.file.casefold())]


def load_mapping(name: str | Path) -> Mapping:
    """A mapping by the name of a shipped one or by its file. Raises MappingWrong, which names every wrong key."""
    shipped = resources.files("api.importing.mappings").joinpath(f"{name}.toml")
    path = Path(name)
    if path.is_file():
        text = path.read_text("utf-8-sig")
    elif "/" not in str(name) and shipped.is_file():
        text = shipped.read_text("utf-8")
    else:
        reason = say(
            "there is no such file, and the shipped mappings are: {known}", known=", ".join(shipped_mappings())
        )
        raise MappingWrong(FieldFault("mapping", str(name), reason))
    try:
        return read_mapping(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MappingWrong(FieldFault(str(name), "", say("this is not TOML: {error}", error=error))) from error


def shipped_mappings() -> list[str]:
    """The names of the mappings that come with the program."""
    folder = resources.files("api.importing.mappings")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def read_mapping(content: dict[str, Any]) -> Mapping:
    """A mapping from its decoded TOML."""
    known = set(Mapping.__struct_fields__)
    unknown = say("there is no such key; known are {known}", known=", ".join(sorted(known)))
    faults = [FieldFault(key, str(content[key]), unknown) for key in content if key not in known]
    fields = {}
    for key in known & content.keys():
        try:
            fields[key] = msgspec.convert(content[key], type=decodable(_type_of(key)))
        except msgspec.ValidationError as error:
            faults.append(FieldFault(key, "", str(error)))
    if not faults:
        mapping = Mapping(**fields)
        faults = [*_faults_of_values(mapping), *_faults_of_tables(mapping)]
        if not faults:
            return mapping
    raise MappingWrong(*faults)


def _type_of(key: str) -> Any:
    return next(field.type for field in msgspec.structs.fields(Mapping) if field.name == key)


def _faults_of_values(mapping: Mapping) -> list[FieldFault]:
    faults = []
    if mapping.delimiter not in (None, ",", ";", "\t"):
        faults.append(FieldFault("delimiter", str(mapping.delimiter), "use a comma, a semicolon or a tab"))
    for where, decimal in (
        ("decimal", mapping.decimal),
        *((f"tables.{t.file}.decimal", t.decimal) for t in mapping.tables),
    ):
        if decimal not in (None, ".", ","):
            faults.append(FieldFault(where, str(decimal), 'use "." or ","'))
    try:
        codecs.lookup(mapping.encoding or "utf-8")
    except LookupError:
        faults.append(FieldFault("encoding", str(mapping.encoding), "there is no such encoding"))
    return faults


def _faults_of_tables(mapping: Mapping) -> list[FieldFault]:
    faults = []
    for number, table in enumerate(mapping.tables, 1):
        where = f"tables[{number}] ({table.file})"
        if table.kind not in KINDS:
            faults.append(FieldFault(f"{where}.kind", table.kind, say("the kinds are {known}", known=", ".join(KINDS))))
            continue
        if table.answers and table.kind != "answers":
            faults.append(FieldFault(f"{where}.answers", table.kind, "only a table of kind answers has these"))
        names = [field.name for field in KINDS[table.kind].fields()]
        for part in ("columns", "defaults", "values", "times", "also"):
            for column in getattr(table, part):
                if column not in names:
                    reason = say(
                        "{kind} have no such column; they have {names}", kind=table.kind, names=", ".join(names)
                    )
                    faults.append(FieldFault(f"{where}.{part}", column, reason))
    if mapping.price_list and "products" not in {table.kind for table in mapping.tables_of(mapping.price_list)}:
        faults.append(FieldFault("price_list", mapping.price_list, "no table says that this file holds products"))
    for number, row in enumerate(mapping.rows, 1):
        if row.get("kind") not in KINDS:
            faults.append(
                FieldFault(
                    f"rows[{number}].kind",
                    str(row.get("kind")),
                    say("the kinds are {known}", known=", ".join(KINDS)),
                )
            )
    return faults


def headers_in(column: str) -> list[str]:
    """The headers of the file that a mapped column is made of."""
    return IN_BRACES.findall(column) or [column]
