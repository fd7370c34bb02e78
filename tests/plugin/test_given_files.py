"""A file that is not what it should be ends a command with one line and the code for settings."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import BIN

PLUGINS = ("tap-procurify", "target-ifs-cloud", "tap-ifs-cloud", "target-procurify")
CONFIGURATION = 2
SECRET = "canary-secret"


def told(folder: Path, *command: str) -> tuple[int, list[str]]:
    """Exit code of a command, and the lines of it that tell an error."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if "ERROR" in line]


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f'{{"client_secret": "{SECRET}",\n}}'.encode(), ("is no JSON", "line 2, column 1")),
        (f'["{SECRET}"]'.encode(), ("no object of names and values",)),
        (b"\xff\xfe", ("is no UTF-8 text",)),
        (None, ("is not there, seen from",)),
    ],
    ids=["no JSON", "a list", "no text", "not there"],
)
def test_a_configuration_file_without_settings_is_told_in_one_line(
    tmp_path: Path, plugin: str, content: bytes | None, words: tuple[str, ...]
) -> None:
    """With its name, the place in it and the cure."""
    if content is not None:
        (tmp_path / "given.json").write_bytes(content)
    code, lines = told(tmp_path, plugin, "--config", "given.json")
    assert code == CONFIGURATION
    (line,) = lines
    assert all(word in line for word in ("the configuration file given.json", *words))


@pytest.mark.parametrize("option", ["state", "catalog"])
@pytest.mark.parametrize("plugin", ["tap-procurify", "tap-ifs-cloud"])
@pytest.mark.parametrize(
    ("content", "words"),
    [("{\n,}", "is no JSON: line 2, column 1"), ("[]", "no object of names and values")],
)
def test_a_state_or_catalog_that_is_none_is_told_in_one_line(
    tmp_path: Path, plugin: str, option: str, *, content: str, words: str
) -> None:
    """Before anything is read."""
    (tmp_path / "config.json").write_text(json.dumps({}))
    (tmp_path / "given.json").write_text(content)
    code, lines = told(tmp_path, plugin, "--config", "config.json", f"--{option}", "given.json")
    assert code == CONFIGURATION
    (line,) = lines
    assert "given.json" in line
    assert words in line
