"""What a check of a running system comes to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `remedy` is empty where nothing is to be done; where it is `ok` all the same, it
    warns."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
