"""Looks at the files that a command is given before anything is done with them.

target-ifs-cloud has the same: each is installed alone, and they share no code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import IO

from tap_procurify.errors import ConfigurationError

ENVIRONMENT = "ENV"
"""Stands in place of a file: the settings come from the environment."""


def check_config_files(paths: Iterable[str]) -> None:
    """Whether every file after ``--config`` is a JSON object.

    Raises:
        ConfigurationError: one is not there, cannot be read, or is something else.
    """
    for path in paths:
        if path != ENVIRONMENT:
            _read(partial(Path(path).read_text, encoding="utf-8"), "configuration", path)


def checked(file: IO[str] | None, what: str) -> IO[str] | None:
    """The same text, once it is known to be a JSON object.

    Raises:
        ConfigurationError: it is not, or cannot be read.
    """
    if file is None:
        return None
    return StringIO(_read(file.read, what, str(getattr(file, "name", ""))))


def _read(read: Callable[[], str], what: str, name: str) -> str:
    """The text. No word of it travels into a message: it may hold a secret."""
    try:
        text = read()
    except (OSError, ValueError) as error:
        raise _unreadable(what, name, error) from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(
            f"the {what} file {name} is no JSON: line {error.lineno}, column {error.colno}: "
            f"{error.msg}. Nothing was read or sent. Correct it there"
        ) from None
    except (ValueError, RecursionError):
        raise ConfigurationError(
            f"the {what} file {name} is no JSON that can be read. Nothing was read or sent"
        ) from None
    if not isinstance(value, dict):
        raise ConfigurationError(
            f"the {what} file {name} is JSON, but no object of names and values in braces: line 1, "
            "column 1. Nothing was read or sent. Correct it there"
        )
    return text


def _unreadable(what: str, name: str, error: Exception) -> ConfigurationError:
    if isinstance(error, FileNotFoundError):
        reason = f"is not there, seen from {Path.cwd()}"
    elif isinstance(error, OSError):
        reason = f"cannot be read ({error.strerror})"
    else:
        reason = "is no UTF-8 text"
    return ConfigurationError(
        f"the {what} file {name} {reason}. Nothing was read or sent. Name the right file"
    )
