"""The client of programs that wait for many things at once (asyncio), on aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.client.checkpoints import Checkpoint, Mark, checkpoint_of
from api.client.client import BROKEN, JSON, PATIENCE, stated
from api.client.commands import PATIENCE as COMMAND_PATIENCE
from api.client.commands import Batch, CommandResult, accepted_of, stated_command
from api.client.course import EPOCH, Course, Transport, wanted_by
from api.client.errors import NotAnswered, NotReached, answered
from api.client.events import Event

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession


class AsyncClient:
    """The same as Client: `async with AsyncClient(url, key) as client: async for event in client.events(): …`"""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self._session: ClientSession | None = None

    async def __aenter__(self) -> AsyncClient:
        """Open the connections."""
        from aiohttp import ClientSession

        self._session = ClientSession(headers={"Authorization": f"Bearer {self.key}"}, trust_env=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The answer of a question, as JSON says it. Raises NotAnswered, NotReached."""
        async with self._opened(path.strip("/"), parameters, JSON) as answer:
            found: dict[str, Any] = await answer.json()
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
    ) -> AsyncEventStream:
        """As Client.events. A checkpoint is saved in the loop's own thread: let it be quick."""
        wanted = wanted_by(types, account, territory, imports=imports)
        kept = checkpoint_of(checkpoint)
        course = Course(wanted, after, epoch, follow=follow, transport=transport, checkpoint=kept)
        return AsyncEventStream(self, course)

    async def command(
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
        """As Client.command. Raises CommandRefused."""
        given = stated_command(
            aggregate, command, body, of=of, occurred_at=occurred_at, note=note, idempotency_key=idempotency_key,
            if_match=if_match,
        )  # fmt: skip
        (result,) = await self.commands([given], patience=patience)
        return accepted_of(result, given)

    async def commands(
        self, commands: Iterable[Mapping[str, Any]], *, patience: float = COMMAND_PATIENCE
    ) -> list[CommandResult]:
        """As Client.commands. Raises NotAnswered, NotReached."""
        batch = Batch(commands, patience)
        while content := batch.ask():
            try:
                async with self._opened("commands", {}, JSON, patience=batch.silence, content=content) as answer:
                    batch.answered(await answer.read())
            except NotAnswered as error:
                batch.refused(error)
            except BROKEN as error:
                batch.cut(error)
            await asyncio.sleep(batch.pause())
        return batch.results

    @asynccontextmanager
    async def _opened(
        self,
        path: str,
        parameters: Mapping[str, Any],
        accept: str,
        *,
        patience: float = PATIENCE,
        content: bytes | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """An answer to be read. Raises NotAnswered, NotReached."""
        from aiohttp import ClientConnectorError, ClientError, ClientTimeout, InvalidURL

        if self._session is None:
            await self.__aenter__()
        assert self._session is not None
        url = f"{self.url.rstrip('/')}/{path}"
        headers = {"Accept": accept} if content is None else {"Accept": accept, "Content-Type": JSON}
        asked = self._session.request(
            "GET" if content is None else "POST", url, params=stated(parameters), data=content, headers=headers,
            timeout=ClientTimeout(total=None, sock_connect=patience, sock_read=patience),
        )  # fmt: skip
        try:
            async with asked as answer:
                if answer.status >= 400:
                    refusal = answered(str(answer.url), answer.status, await answer.read())
                    refusal.details["retry_after"] = answer.headers.get("Retry-After", "")
                    raise refusal
                yield answer
        except InvalidURL:
            raise NotReached(url=self.url, reason="no http:// or https:// address") from None
        except ClientConnectorError as error:
            raise NotReached(url=self.url, reason=error.strerror or error) from None
        except (ClientError, TimeoutError) as error:
            lost = ConnectionResetError(str(error) or "it did not answer in time")
            raise NotReached(url=self.url, reason=lost) from None


class AsyncEventStream:
    """Events as they come; as EventStream."""

    def __init__(self, client: AsyncClient, course: Course) -> None:
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

    def __aiter__(self) -> AsyncEventStream:
        """Itself."""
        return self

    async def __anext__(self) -> Event:
        """The next event; whoever asks for it has handled the one before."""
        return await anext(self._run)

    async def aclose(self) -> None:
        """Hang up."""
        await self._run.aclose()

    async def __aenter__(self) -> AsyncEventStream:
        """Itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self.aclose()

    async def _events(self) -> AsyncGenerator[Event]:
        course = self._course
        while not course.finished:
            asked = course.ask()
            try:
                async with self._client._opened(
                    asked.path, asked.parameters, asked.accept, patience=asked.silence
                ) as answer:
                    course.began(answer.headers.get(EPOCH, ""))
                    async for piece in answer.content.iter_any():
                        for event in course.take(piece):
                            yield event
                course.ended()
            except NotAnswered as error:
                course.refused(error, error.details.get("retry_after", ""))
            except BROKEN as error:
                course.cut(error)
            finally:
                course.flush()
            if not course.finished:
                await asyncio.sleep(course.pause())
