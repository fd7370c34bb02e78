"""Records out of a file of Singer messages, as a tap writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.sinks import without_payment_data


def read_records(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream and record of every record, without payment data; other messages are passed over.

    Raises:
        ConfigurationError: a line is no Singer message; it is named by its number.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            message = json.loads(line, parse_float=Decimal)
            if message["type"] == "RECORD":
                yield message["stream"], without_payment_data(message["record"])
        except (ValueError, KeyError, TypeError) as error:
            text = (
                f"line {number} of the records is no Singer message. Give the output of "
                "tap-procurify: meltano invoke tap-procurify > records.jsonl"
            )
            raise ConfigurationError(text) from error
