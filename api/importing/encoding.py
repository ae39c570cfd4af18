"""From the bytes of a file to its text: UTF-8, UTF-16, GB18030 or Windows-1252, by evidence.

Lines that are in another encoding than their file keep their bytes as lone surrogates (`surrogateescape`), so that
the rows they stand in can be refused one by one.
"""

from __future__ import annotations

import codecs
import re

from api.importing.refusals import FileRefused
from domain.language.catalogue import say

MARKED = re.compile("[\ud800-\udfff]")
NOT_CSV = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a spreadsheet or another zip archive; save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Office document of the old format; save it as CSV"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a SQLite database"),
    (b"{\\rtf", "an RTF document"),
)
CONTROL = bytes(c for c in range(32) if c not in b"\t\n\r\f\v\0")
THREE_BYTES = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
HIGH_RUNS = re.compile(rb"[\x80-\xff]+")


def text_of(file: str, content: bytes, encoding: str | None = None) -> str:
    """The text of a file; `encoding` overrides the evidence. Raises FileRefused for what is no text at all."""
    _refuse_other_formats(file, content)
    if encoding:
        return content.decode(encoding, "surrogateescape").removeprefix("\ufeff")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "surrogatepass")
    if wide := _utf16_without_bom(content):
        return content.decode(wide, "surrogatepass")
    _refuse_binary(file, content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _mixed_or_legacy(file, content.removeprefix(codecs.BOM_UTF8))


def _refuse_other_formats(file: str, content: bytes) -> None:
    for magic, what in NOT_CSV:
        if content.startswith(magic):
            raise FileRefused(file=file, reason=say("this is not CSV but {what}", what=what))
    start = content[:4096].lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    if re.match(rb"<(!doctype|html|\?xml|!--|table|head|body|div)", start):
        raise FileRefused(file=file, reason="this is not CSV but HTML or XML (often the sign-in page of the source)")
    if re.match(rb"[{\[]\s*([\"{\[}\]]|$)", start):
        raise FileRefused(file=file, reason="this is not CSV but JSON")


def _refuse_binary(file: str, content: bytes) -> None:
    sample = content[:65536]
    strange = len(sample) - len(sample.translate(None, CONTROL))
    if strange * 50 > len(sample) or sample.count(0) * 20 > len(sample):
        raise FileRefused(file=file, reason="this is not CSV: it holds bytes that no text has")


def _utf16_without_bom(content: bytes) -> str:
    sample = content[:4096]
    half = len(sample) // 2
    if half < 4 or len(content) % 2:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd * 3 > half and even * 20 <= half:
        return "utf-16-le"
    return "utf-16-be" if even * 3 > half and odd * 20 <= half else ""


def _mixed_or_legacy(file: str, content: bytes) -> str:
    lines = content.split(b"\n")
    beyond_ascii = [line for line in lines if not line.isascii()]
    valid = sum(_is_utf8(line) for line in beyond_ascii)
    if valid * 2 >= len(beyond_ascii):
        return content.decode("utf-8", "surrogateescape")
    others = [line for line in beyond_ascii if not _is_utf8(line)]
    chinese, western = _weigh(others)
    if chinese == western:
        reason = "its encoding can be GB18030 or Windows-1252: state `encoding` in a mapping, or save it as UTF-8"
        raise FileRefused(file=file, reason=reason)
    legacy = "gb18030" if chinese > western else "cp1252"
    return "\n".join(_legacy_line(line, legacy) for line in lines)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _weigh(lines: list[bytes]) -> tuple[int, int]:
    """What speaks for GB18030 (pairs that are common characters) and for Windows-1252 (letters that stand alone)."""
    chinese = western = 0
    for line in lines:
        for run in HIGH_RUNS.findall(line):
            if len(run) % 2:
                western += 1
                continue
            for lead in run[::2]:
                common = 0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3
                chinese, western = chinese + common, western + (not common)
    return chinese, western


def _legacy_line(line: bytes, encoding: str) -> str:
    """A line of a file in a legacy encoding; a line that is UTF-8 all the same keeps its bytes, marked."""
    if line.isascii():
        return line.decode("ascii")
    if _is_utf8(line) and (encoding == "cp1252" or THREE_BYTES.search(line)):
        return line.decode("ascii", "surrogateescape")
    return line.decode(encoding, "surrogateescape")
