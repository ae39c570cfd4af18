"""Import of CSV files: `Importer(journal).run(paths, …)` answers with an `ImportReport`."""

from api.importing.importer import Importer
from api.importing.report import ImportReport

__all__ = ["ImportReport", "Importer"]
