"""The page about the site profile names every line with its default, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from target_ifs_cloud.ifs.profile import default_lines

PAGE = Path(__file__).parents[3] / "docs" / "site-profile.md"
FREE_FORM = {"invoice.constants", "invoice.cancel_body", "enum_keys"}
"""Lines whose names are the site's own."""


def lines(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every line of the profile with its value."""
    if not isinstance(value, dict) or path in FREE_FORM:
        yield path, value
        return
    for name, inner in value.items():
        yield from lines(f"{path}.{name}" if path else name, inner)


def test_every_line_is_explained_with_its_default_meaning_and_grade() -> None:
    """A new line, another default or a line that is gone must be told on the page."""
    rows = re.findall(
        r"^\| `([\w.]+)` \| `(.*?)` \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    told = {path: json.loads(default) for path, default, _, _ in rows}
    assert told == json.loads(json.dumps(dict(lines("", default_lines()))))
    assert all(meaning.strip() and grade.strip() for _, _, meaning, grade in rows)
