"""What can end a run, named by the caller's next step.

A wrong document is never one of these: it is a list of ``documents.Problem``.

    RunError                      the run cannot go on; ``exit_code`` says how a bare run ends
    ├── ConfigurationError   (2)  fix a setting, a rule file or the site profile
    ├── TemporaryError       (4)  nothing is wrong here; the same run may be started again
    ├── OutcomeUnknownError  (4)  a write may or may not have happened; look before sending again
    └── RefusedError         (4)  the other system read the request and said no

Messages name what happened, to which document, what is certain and what to do. They never hold
a response body, a token, a bank number or a whole configuration.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_SETTLED = 0
EXIT_PROGRAMMING = 1
EXIT_CONFIGURATION = 2
EXIT_NEEDS_PERSON = 3
EXIT_STOPPED = 4


class RunError(Exception):
    """Parent of everything below; never raised itself."""

    exit_code: ClassVar[int] = EXIT_PROGRAMMING


class ConfigurationError(RunError):
    """A setting, a rule file or the site profile must be changed first."""

    exit_code = EXIT_CONFIGURATION


class TemporaryError(RunError):
    """The other system did not answer or asked to wait; certain: nothing was written."""

    exit_code = EXIT_STOPPED


class OutcomeUnknownError(RunError):
    """A write was sent and no readable answer came back; certain: nothing, so look first."""

    exit_code = EXIT_STOPPED


class RefusedError(RunError):
    """The other system answered and refused; certain: this request changed nothing.

    ``status`` is the HTTP status, ``code`` the ``error.code`` of the body (or ``""``), ``number``
    the database error number and ``tag`` the ``LuName.TAG`` where the text carries them;
    ``words`` is what the other system says, for people: as it came, so redact it.
    """

    # A refusal of one document never ends a run; of a question it does, with nothing on record.
    exit_code = EXIT_STOPPED

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str = "",
        number: int = 0,
        tag: str = "",
        words: str = "",
    ) -> None:
        """Keep what classifies the refusal beside the message for people."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.number = number
        self.tag = tag
        self.words = words
