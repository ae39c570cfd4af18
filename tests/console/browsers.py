"""The Chromium that tests of pages run in: the one that is named, else one of this machine, else one under .venv.

Where there is one without a window (chromium-headless-shell) it is taken: the same engine, network and scripts, and a
third less to do, since no tab, toolbar or profile is drawn and kept that nobody looks at.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNDER_VENV = Path(__file__).parents[2] / ".venv" / "browsers"
MISSING = (
    "PAGE TESTS ARE SKIPPED: there is no Chromium. Install one (apt install chromium), name one in KAMS_CHROMIUM, or: "
    "PLAYWRIGHT_BROWSERS_PATH=.venv/browsers .venv/bin/playwright install --with-deps chromium"
)
LEFT_OUT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",
)
"""What a browser need not have: what playwright leaves out (the last list that is stated counts), and what makes two
more processes for each context that nobody looks at."""

ARGUMENTS = [
    f"--disable-features={','.join(LEFT_OUT)}",
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
    under += sorted(UNDER_VENV.glob("chromium_headless_shell-*/chrome-linux*/headless_shell"))
    return found or (str(under[-1]) if under else None)
