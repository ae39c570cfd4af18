"""The Chromium that tests of pages run in: the one that is named, else one of this machine, else one under .venv."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNDER_VENV = Path(__file__).parents[2] / ".venv" / "browsers"
MISSING = (
    "PAGE TESTS ARE SKIPPED: there is no Chromium. Install one (apt install chromium), name one in KAMS_CHROMIUM, or: "
    "PLAYWRIGHT_BROWSERS_PATH=.venv/browsers .venv/bin/playwright install --with-deps chromium"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
]


def chromium() -> str | None:
    """The path of a Chromium; None where there is none."""
    named = os.environ.get("KAMS_CHROMIUM")
    if named:
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    under = sorted(UNDER_VENV.glob("chromium-*/chrome-linux*/chrome"))
    return found or (str(under[-1]) if under else None)
