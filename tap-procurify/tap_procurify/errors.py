"""What can end a run, grouped by what to do next.

TapError
├── ConfigurationError   change a setting, the STATE or the rights of the Procurify user (exit 2)
│   └── NotFoundError    Procurify says that the thing does not exist
└── TemporaryError       nothing is lost, run again later (exit 4)

No message holds an answer's body, a token or a secret.
"""

from __future__ import annotations

EXIT_PROGRAMMING = 1
EXIT_CONFIGURATION = 2
EXIT_STOPPED = 4


class TapError(Exception):
    """The run cannot go on."""

    exit_code = EXIT_PROGRAMMING


class ConfigurationError(TapError):
    """A setting, the STATE or a right must be changed before another run helps."""

    exit_code = EXIT_CONFIGURATION


class NotFoundError(ConfigurationError):
    """Procurify answered 404."""


class TemporaryError(TapError):
    """Procurify could not be read to the end; running again is safe."""

    exit_code = EXIT_STOPPED
