"""The client of programs that wait for each answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen
from uuid import UUID

from api.client.checkpoints import Checkpoint, Mark, checkpoint_of
from api.client.commands import PATIENCE as COMMAND_PATIENCE
from api.client.commands import Batch, CommandResult, accepted_of, stated_command
from api.client.course import EPOCH, Course, Transport, wanted_by
from api.client.errors import NotAnswered, NotReached, answered
from api.client.events import Event
from api.client.frames import Frame, framed, framed_list, must_have

if TYPE_CHECKING:
    import pyarrow

LOCAL = "http://127.0.0.1:8000"
ARROW, JSON = "application/vnd.apache.arrow.stream", "application/json"
PATIENCE = 300.0
PIECE = 65_536
BROKEN = (NotReached, OSError, HTTPException)
"""What a connection that was cut raises, sooner or later."""


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
        must_have(frame)
        parameters = stated({"as_of": as_of, "known_at": known_at, **more})
        if "/" in what.strip("/"):
            return framed_list(self.ask(what, **parameters), what, frame)
        return framed(self.table(what, **parameters), frame)

    def table(self, model: str, **parameters: Any) -> pyarrow.Table:
        """The rows of a read model, as Arrow sends them."""
        import pyarrow
        import pyarrow.ipc

        with self.opened(f"rows/{quote(model, safe='')}", parameters, ARROW) as answer:
            try:
                with pyarrow.ipc.open_stream(answer) as stream:
                    return stream.read_all()
            except (IncompleteRead, pyarrow.ArrowInvalid, OSError) as error:
                raise NotAnswered(url=self.url, status=answer.status, reason=f"incomplete ({error})") from error

    def ask(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The answer of a question, as JSON says it."""
        with self.opened(path.strip("/"), parameters, JSON) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def events(
        self,
        after: int = 0,
        *,
        epoch: int | None = None,
        follow: bool = True,
        types: str | Iterable[str] = (),
        account: str | UUID | None = None,
        territory: str | Iterable[str] = (),
        imports: bool = True,
        transport: Transport = "sse",
        checkpoint: Checkpoint | Callable[[Mark], object] | None = None,
    ) -> EventStream:
        """Everything after a position, in order, each event once, then what comes; with `follow=False` up to now.

        Whatever is cut is taken up again. A `checkpoint` that has a mark says where to begin, whatever `after` says,
        and is saved after each event was handled: who is killed gets the last one once more. A function is told
        instead. While it waits for news it follows by server-sent events, or by `poll`. `imports=False` leaves out
        what was imported.

        Raises JournalCutOff where the journal was restored from a backup that lacks what was read, NotAdmitted,
        NotAnswered, StreamInconsistent, CheckpointUnreadable, CheckpointNotKept; NotReached at the first try.
        """
        wanted = wanted_by(types, account, territory, imports=imports)
        kept = checkpoint_of(checkpoint)
        course = Course(wanted, after, epoch, follow=follow, transport=transport, checkpoint=kept)
        return EventStream(self, course)

    def command(
        self,
        aggregate: str,
        command: str,
        body: Mapping[str, Any] | None = None,
        *,
        of: str | UUID | None = None,
        occurred_at: str | date | datetime | None = None,
        note: str | None = None,
        idempotency_key: str | None = None,
        if_match: int | None = None,
        patience: float = COMMAND_PATIENCE,
    ) -> CommandResult:
        """Give a command: `client.command("account", "visits.log", {"minutes": 45, …}, of="A-01")`. It has a key of its
        own, so it is recorded once, though it is sent again where the answer was lost. Raises CommandRefused."""
        given = stated_command(
            aggregate, command, body, of=of, occurred_at=occurred_at, note=note, idempotency_key=idempotency_key,
            if_match=if_match,
        )  # fmt: skip
        (result,) = self.commands([given], patience=patience)
        return accepted_of(result, given)

    def commands(
        self, commands: Iterable[Mapping[str, Any]], *, patience: float = COMMAND_PATIENCE
    ) -> list[CommandResult]:
        """Give many commands, as POST /commands takes them, one after the other, a thousand in a request; a result for
        each, refused ones too. What has no idempotency_key gets one; what was not answered is sent again for `patience`
        seconds. Raises NotAnswered, NotReached at once where nobody is there, NotKnown where the patience ended: it
        names the key, and nothing is recorded twice by giving the same again with its keys."""
        batch = Batch(commands, patience)
        while content := batch.ask():
            try:
                with self.opened("commands", {}, JSON, patience=batch.silence, content=content) as answer:
                    batch.answered(answer.read())
            except NotAnswered as error:
                batch.refused(error)
            except BROKEN as error:
                batch.cut(error)
            time.sleep(batch.pause())
        return batch.results

    @contextmanager
    def opened(
        self,
        path: str,
        parameters: Mapping[str, Any],
        accept: str,
        *,
        patience: float = PATIENCE,
        content: bytes | None = None,
    ) -> Iterator[HTTPResponse]:
        """An answer to be read. Raises NotAnswered, NotReached."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise NotReached(url=self.url, reason="no http:// or https:// address")
        query = f"?{urlencode(stated(parameters))}" if parameters else ""
        headers = {"Authorization": f"Bearer {self.key}", "Accept": accept}
        if content is not None:
            headers["Content-Type"] = JSON
        asked = Request(f"{self.url.rstrip('/')}/{path}{query}", data=content, headers=headers)
        try:
            with urlopen(asked, timeout=patience) as answer:
                yield answer
        except HTTPError as error:
            with error:
                refusal = answered(asked.full_url, error.code, error.read())
                refusal.details["retry_after"] = error.headers.get("Retry-After", "")
                raise refusal from None
        except URLError as error:
            raise NotReached(url=self.url, reason=error.reason) from None


class EventStream:
    """Events as they come. `position`: everything up to it was handled, or was not for this key or filter; `epoch` goes
    with it. To be iterated once."""

    def __init__(self, client: Client, course: Course) -> None:
        self._client, self._course = client, course
        self._run = self._events()

    @property
    def position(self) -> int:
        """Go on after this one."""
        return self._course.position

    @property
    def epoch(self) -> int | None:
        """The journal's, which is another one after each restore from a backup."""
        return self._course.epoch

    def __iter__(self) -> EventStream:
        """Itself."""
        return self

    def __next__(self) -> Event:
        """The next event; whoever asks for it has handled the one before."""
        return next(self._run)

    def close(self) -> None:
        """Hang up."""
        self._run.close()

    def __enter__(self) -> EventStream:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.close()

    def _events(self) -> Generator[Event]:
        course = self._course
        while not course.finished:
            asked = course.ask()
            try:
                with self._client.opened(asked.path, asked.parameters, asked.accept, patience=asked.silence) as answer:
                    course.began(answer.headers.get(EPOCH, ""))
                    while piece := answer.read1(PIECE):
                        yield from course.take(piece)
                course.ended()
            except NotAnswered as error:
                course.refused(error, error.details.get("retry_after", ""))
            except BROKEN as error:
                course.cut(error)
            finally:
                course.flush()
            if not course.finished:
                time.sleep(course.pause())


def stated(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as a query says them; none is left out."""
    return {
        name.removesuffix("_"): word(value) for name, value in parameters.items() if value is not None and value != ""
    }


def word(value: Any) -> str:
    """A value as a query says it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
