"""The tap's README says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tap_procurify.settings_schema import SCHEMA
from tap_procurify.tap import STREAMS, TapProcurify

TAP = Path(__file__).parents[2] / "tap-procurify"
README = (TAP / "README.md").read_text()


def test_the_streams_table_is_what_the_tap_has() -> None:
    """Names, keys and bookmarks, in the order of reading."""
    rows = re.findall(r"^\| \*\*(\w+)\*\* \| ([^|]+) \| ([^|]+) \|", README, re.MULTILINE)
    assert rows == [
        (stream.name, ", ".join(stream.keys), stream.stamp_field or "none") for stream in STREAMS
    ]


def test_the_settings_table_explains_every_setting_in_its_own_words() -> None:
    """The README and --about do not tell different stories."""
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]*\| ([^|]*) \|$", README, re.MULTILINE))
    assert {name: text.removeprefix("**secret**; ") for name, text in rows.items()} == {
        name: spec["description"] for name, spec in SCHEMA["properties"].items()
    }


def test_every_derived_field_is_marked() -> None:
    """What Procurify does not send says so in its description."""
    for stream in STREAMS:
        for name, part in stream.record_schema["properties"].items():
            if name.startswith("_procurify") or name in {"owner", "bill_uuid"}:
                assert part["description"].startswith("Derived: "), name


def test_every_stream_says_where_it_comes_from() -> None:
    """In the class that reads it."""
    for stream in STREAMS:
        assert stream.__doc__
        assert "Source: " in stream.__doc__ or stream.name == "bill_items"


def test_the_hub_entry_lists_the_settings_of_the_tap() -> None:
    """Names, words, defaults and secrets."""
    entry = yaml.safe_load((TAP / "meltanohub.yml").read_text())
    told = {
        setting["name"]: (
            setting["description"],
            setting.get("value"),
            setting.get("sensitive", False),
        )
        for setting in entry["settings"]
    }
    assert told == {
        name: (spec["description"], spec.get("default"), spec.get("secret", False))
        for name, spec in SCHEMA["properties"].items()
    }
    assert {str(name) for name in entry["capabilities"]} == {
        name.value for name in TapProcurify.capabilities
    }
