"""The wheel of the sandbox, installed without anything else of this project."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from tests.conftest import BIN, POLL_S, READY_MAX_S, ROOT

pytestmark = pytest.mark.timeout(300)


def uv(*words: str) -> None:
    """Call uv; what it says is shown when it fails."""
    done = subprocess.run(
        [str(BIN / "uv"), "--quiet", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment in which nothing but the wheel was asked for."""
    folder = tmp_path_factory.mktemp("alone")
    uv("build", "--wheel", "--out-dir", str(folder / "dist"), str(ROOT / "sandbox"))
    (wheel,) = (folder / "dist").glob("*.whl")
    uv("venv", str(folder / "venv"))
    python = folder / "venv" / "bin" / "python"
    uv("pip", "install", "--python", str(python), str(wheel))
    return python.parent


@pytest.fixture
def urls(programs: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where the installed sandbox answers."""
    ready = tmp_path / "ready.json"
    ports = ("--procurify-port", "0", "--ifs-port", "0", "--ready-file", str(ready))
    process = subprocess.Popen([str(programs / "erp-sandbox"), "serve", *ports], cwd=tmp_path)
    try:
        for _ in range(int(READY_MAX_S / POLL_S)):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(POLL_S)
        found: dict[str, str] = json.loads(ready.read_text())
        yield found
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_the_wheel_alone_serves_both_systems(urls: dict[str, str]) -> None:
    """Their records are there, and the books hold together."""
    assert len(ProcurifyControl(urls["procurify"]).truth("bills")["bills"]) == 200
    assert not IfsControl(urls["ifs"]).broken_invariants()


def test_the_wheel_alone_tells_its_rules(programs: Path, tmp_path: Path) -> None:
    """The page is written from the installed code, whose comments travel with it."""
    command = [str(programs / "erp-sandbox"), "rules", "--markdown"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == (ROOT / "docs" / "sandbox.md").read_text("utf-8")


def test_nothing_else_of_the_project_comes_with_it(programs: Path, tmp_path: Path) -> None:
    """Neither plugin is needed, neither is there."""
    code = (
        "from importlib.util import find_spec; "
        "print([n for n in ('tap_procurify', 'target_ifs_cloud') if find_spec(n)])"
    )
    command = [str(programs / "python"), "-c", code]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
