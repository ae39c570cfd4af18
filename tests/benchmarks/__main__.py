"""`python -m tests.benchmarks [module …]` measures the speeds and compares them with their limits.

Every module of this package that has `run(report)` takes part, in the order of the names. Each ratio compares two
things measured in the same run on the same machine. Ends with 1 if a must is not reached.
"""

import importlib
import pkgutil
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import tests.benchmarks
from api.cli.embedded import EmbeddedServers
from api.cli.settings import Settings
from tests.benchmarks.report import Report


def main(wanted: list[str]) -> int:
    warnings.simplefilter("ignore", ResourceWarning)
    folder = Path(tempfile.mkdtemp(prefix="kams-bench-", dir="/tmp"))
    folder.chmod(0o711)
    servers = EmbeddedServers(Settings(home=folder / "home"), system_folder=folder / "system")
    try:
        report = Report(servers.start(want_valkey=False).database_url)
        report.head()
        for module in pkgutil.iter_modules(tests.benchmarks.__path__):
            if module.name != "__main__" and (not wanted or module.name in wanted):
                run = getattr(importlib.import_module(f"tests.benchmarks.{module.name}"), "run", None)
                if run is not None:
                    run(report)
        return 0 if report.fulfilled else 1
    finally:
        servers.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
