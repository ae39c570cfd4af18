"""What can go wrong between the journal and the rows.

KamsError
└── ProjectionError
    ├── BadModel         a read model is not declared as it must be
    ├── ModelChanged     rows of another shape under the same version
    ├── BadColumn        a handler gave a column a value that cannot be compared or stored
    ├── NotMigrated      the tables of a model are not made yet
    └── RebuildUnderWay  somebody else rebuilds the model
"""

from __future__ import annotations

from domain.errors import KamsError


class ProjectionError(KamsError):
    """A read model cannot go on."""


class BadModel(ProjectionError):
    """The read model {model} is not declared as it must be: {reason}."""


class ModelChanged(ProjectionError):
    """The rows of {model} have changed, and its version is still {version}: give it version {next}."""


class BadColumn(ProjectionError):
    """The column {column} cannot hold {value}: {reason}."""


class NotMigrated(ProjectionError):
    """There are no tables for version {version} of the read model {model}: run `kams migrate`."""


class RebuildUnderWay(ProjectionError):
    """The read model {model} is being rebuilt already."""
