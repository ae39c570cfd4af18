"""KAMS for notebooks: rows of read models and answers of questions as pandas or Polars frames, over HTTP.

from api.client import read

deals = read("opportunities", as_of="2026-03-31", url="http://127.0.0.1:8000", key="kams_…")
deals.attrs["kams"]["known_at"]            # the position that it rests on: state it to read the same again
read("forecast/deals", within=92, key="kams_…", frame="polars")
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from http.client import HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from domain.errors import KamsError

if TYPE_CHECKING:
    import pyarrow

LOCAL = "http://127.0.0.1:8000"
ARROW = "application/vnd.apache.arrow.stream"
MARK = b"kams"
PATIENCE = 300.0
DECIMAL = re.compile(r"-?\d+\.\d+")
Frame = Literal["pandas", "polars", "arrow"]
PACKAGES = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}


class NotAnswered(KamsError):
    """{url} answered {status}: {reason}"""


class NotReached(KamsError):
    """{url} is not reached: {reason}. State where KAMS serves: url="http://…"."""


class NotAFrame(KamsError):
    """{frame} is no frame that can be made: state {frames}."""


class PackageMissing(KamsError):
    """A frame of {frame} needs another package: pip install {package}."""


class NoLines(KamsError):
    """The answer of {what} holds no list that could be a frame; it has: {fields}."""


def read(
    what: str,
    *,
    key: str,
    as_of: str | date | datetime | None = None,
    known_at: int | str | datetime | None = None,
    url: str = LOCAL,
    frame: Frame = "pandas",
    **more: Any,
) -> Any:
    """A frame: of the rows of a read model or reporting view (`opportunities`), or of the list in a question's answer
    (its path: `forecast/deals`), as of a moment, as known at a position or time. `more` are further parameters of the
    route. What it rests on is in `attrs["kams"]` of pandas, in the schema's metadata of Arrow.

    Raises NotAFrame, NotAnswered, NotReached, PackageMissing, NoLines.
    """
    return Client(url, key).read(what, as_of=as_of, known_at=known_at, frame=frame, **more)


@dataclass(frozen=True)
class Client:
    """A server and the key of who asks. Nothing is kept between questions."""

    url: str
    key: str

    def read(
        self,
        what: str,
        *,
        as_of: str | date | datetime | None = None,
        known_at: int | str | datetime | None = None,
        frame: Frame = "pandas",
        **more: Any,
    ) -> Any:
        """As `read` says."""
        _must_have(frame)
        parameters = _stated({"as_of": as_of, "known_at": known_at, **more})
        if "/" in what.strip("/"):
            return _framed_list(self.ask(what, **parameters), what, frame)
        return _framed(self.table(what, **parameters), frame)

    def table(self, model: str, **parameters: Any) -> pyarrow.Table:
        """The rows of a read model, as Arrow sends them."""
        import pyarrow
        import pyarrow.ipc

        with self._opened(f"rows/{quote(model, safe='')}", parameters, ARROW) as answer:
            try:
                with pyarrow.ipc.open_stream(answer) as stream:
                    return stream.read_all()
            except (IncompleteRead, pyarrow.ArrowInvalid, OSError) as error:
                raise NotAnswered(url=self.url, status=answer.status, reason=f"incomplete ({error})") from error

    def ask(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The answer of a question, as JSON says it."""
        with self._opened(path.strip("/"), parameters, "application/json") as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    @contextmanager
    def _opened(self, path: str, parameters: Mapping[str, Any], accept: str) -> Iterator[HTTPResponse]:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise NotReached(url=self.url, reason="no http:// or https:// address")
        query = f"?{urlencode(_stated(parameters))}" if parameters else ""
        headers = {"Authorization": f"Bearer {self.key}", "Accept": accept}
        asked = Request(f"{self.url.rstrip('/')}/{path}{query}", headers=headers)
        try:
            with urlopen(asked, timeout=PATIENCE) as answer:
                yield answer
        except HTTPError as error:
            with error:
                raise NotAnswered(url=asked.full_url, status=error.code, reason=_reason(error.read())) from None
        except URLError as error:
            raise NotReached(url=self.url, reason=error.reason) from None


def _stated(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as a query says them; none is left out."""
    return {
        name.removesuffix("_"): _word(value) for name, value in parameters.items() if value is not None and value != ""
    }


def _word(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reason(body: bytes) -> str:
    """What a problem says: its detail and the fields that are wrong."""
    try:
        problem = json.loads(body)
    except ValueError:
        return body[:200].decode(errors="replace")
    faults = "; ".join(f"{each['field']}: {each['reason']}" for each in problem.get("faults", []))
    return " ".join(part for part in (problem.get("detail") or problem.get("title"), faults) if part)


def _must_have(frame: str) -> None:
    from importlib.util import find_spec

    if frame not in PACKAGES:
        raise NotAFrame(frame=str(frame)[:80], frames=", ".join(PACKAGES))
    for package in ("pyarrow", PACKAGES[frame]):
        if find_spec(package) is None:
            raise PackageMissing(frame=frame, package=package)


def _framed(table: pyarrow.Table, frame: str) -> Any:
    if frame == "arrow":
        return table
    if frame == "polars":
        import polars

        return polars.from_arrow(table)
    made = table.to_pandas()
    made.attrs["kams"] = json.loads((table.schema.metadata or {}).get(MARK, b"{}"))
    return made


def _framed_list(answer: Mapping[str, Any], what: str, frame: str) -> Any:
    """The first list of an answer, everything else beside it as what it rests on."""
    import pyarrow

    name = next((name for name, value in answer.items() if isinstance(value, list)), None)
    if name is None:
        raise NoLines(what=what, fields=", ".join(answer))
    lines = [line if isinstance(line, dict) else {name: line} for line in answer[name]]
    table = pyarrow.Table.from_pylist(_typed(lines))
    rested = {field: value for field, value in answer.items() if not isinstance(value, list)}
    return _framed(table.replace_schema_metadata({MARK: json.dumps(rested).encode()}), frame)


def _typed(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Amounts and probabilities, which JSON holds as texts, as exact numbers."""
    names = {name for line in lines for name, value in line.items() if value is not None}
    exact = {name for name in names if all(_is_decimal(line.get(name)) for line in lines)}
    return [{name: Decimal(v) if v and name in exact else v for name, v in line.items()} for line in lines]


def _is_decimal(value: Any) -> bool:
    return value is None or (isinstance(value, str) and DECIMAL.fullmatch(value) is not None)
