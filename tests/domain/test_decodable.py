"""A type that several threads decode by for the first time at once ends no process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from domain.decodable import decodable

ROUNDS, THREADS, PARTS = 30, 4, 10
PROGRAM = f"""
from __future__ import annotations
import sys, threading
import msgspec
from domain.decodable import decodable

sys.setswitchinterval(1e-6)
PARTS = {PARTS}
STATED = msgspec.msgpack.encode({{f"f{{i}}": {{"a": 1}} for i in range(PARTS)}})
READY = {{ready}}

def decode(start):
    start.wait()
    whole = msgspec.msgpack.decode(STATED, type=READY(Whole))
    assert whole.f3.a == 1

for _ in range({ROUNDS}):
    for i in range(PARTS):
        globals()[f"Part{{i}}"] = msgspec.defstruct(f"Part{{i}}", [("a", "int")], module=__name__)
    Whole = msgspec.defstruct("Whole", [(f"f{{i}}", f"Part{{i}}") for i in range(PARTS)], module=__name__)
    start = threading.Barrier({THREADS})
    threads = [threading.Thread(target=decode, args=(start,)) for _ in range({THREADS})]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("all decoded")
"""


def decoded(ready: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a process whose threads decode by types that `ready` makes ready."""
    program = PROGRAM.replace("{ready}", ready)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_threads_may_decode_by_a_type_for_the_first_time_at_once():
    ended = decoded("decodable")
    assert (ended.returncode, ended.stdout) == (0, "all decoded\n"), ended.stderr


def test_without_it_the_process_ends():
    """When this fails msgspec has been mended, and domain/decodable.py may go."""
    assert decoded("lambda kind: kind").returncode == -signal.SIGSEGV


def test_a_type_by_which_nothing_can_be_decoded_is_refused():
    with pytest.raises(TypeError):
        decodable("no type")  # type: ignore[arg-type]
