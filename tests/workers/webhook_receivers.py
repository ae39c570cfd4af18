"""Receivers of webhooks on this machine: each a server of its own that answers, or does not, as a test tells it."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
HERE = "127.0.0.1"


@dataclass(frozen=True)
class Delivery:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A server, what came to it, and over how many connections."""

    port: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    connections: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HERE}:{self.port}/hook"


@asynccontextmanager
async def receiver(answer: Answer, trust: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A server that answers each request so; with TLS if it is given what to show."""
    made, writers = Receiver(scheme="https" if trust else "http"), set[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.connections += 1
        writers.add(writer)
        try:
            while True:
                made.deliveries.append(await delivery(reader))
                await answer(writer)
                await writer.drain()
                if writer.is_closing():
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HERE, 0, ssl=trust)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if task.get_coro().__name__ == "serve":
                task.cancel()
                await asyncio.wait([task])


async def delivery(reader: asyncio.StreamReader) -> Delivery:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return Delivery(head[0], headers, await reader.readexactly(int(headers["content-length"])))


def answering(status: int, body: bytes = b"", *headers: str) -> Answer:
    """Answers at once."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(lines).encode() + body)

    return answer


def writing(*parts: bytes, then: Answer | None = None) -> Answer:
    """Writes some bytes, then does something else."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then is not None:
            await then(writer)

    return answer


async def never(writer: asyncio.StreamWriter) -> None:
    """Says nothing more."""
    await asyncio.get_running_loop().create_future()


async def cut(writer: asyncio.StreamWriter) -> None:
    """Resets the connection."""
    writer.transport.abort()


@dataclass(frozen=True)
class Certificate:
    """A certificate that nobody else has signed, as a server shows it and as a client trusts it."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext


def certificate(folder: Path, name: str) -> Certificate:
    """For a name and this machine's address."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address(HERE))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown = folder / f"{name}.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown.write_bytes(pem + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(shown)
    return Certificate(server, ssl.create_default_context(cadata=pem.decode()))
