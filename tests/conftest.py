"""What several test folders need: the sandbox in its own processes, and the plugins as commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
READY_MAX_S = 60
POLL_S = 0.05

# A slow machine is no fault: no test fails by the time that drawing or running an example takes.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: half of the time tests wait for other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, so that none of them is left to one worker at the end."""
    longest = (ROOT / "tests" / "pipeline", ROOT / "tests" / "contract" / "test_profiles.py")
    items.sort(key=lambda item: not any(item.path.is_relative_to(place) for place in longest))


@dataclass(frozen=True)
class Sandbox:
    """The two systems as processes of their own."""

    procurify: str
    ifs: str

    def ask(self, url: str) -> Any:
        """An answer of the control side, decimals exact."""
        answer = requests.get(url, timeout=60)
        answer.raise_for_status()
        return json.loads(answer.content, parse_float=Decimal)

    def tell(self, url: str, body: Mapping[str, Any]) -> Any:
        """An order to the control side."""
        answer = requests.post(url, json=body, timeout=60)
        answer.raise_for_status()
        return json.loads(answer.content, parse_float=Decimal)

    def tap_config(self) -> dict[str, Any]:
        """The settings with which tap-procurify reads this sandbox."""
        return {
            "base_url": self.procurify,
            "client_id": "sandbox-procurify",
            "client_secret": "sandbox-procurify-secret",
            "start_date": "2025-01-01T00:00:00Z",
        }

    def target_config(self, folder: Path) -> dict[str, Any]:
        """The settings with which target-ifs-cloud writes to this sandbox."""
        return {
            "base_url": self.ifs,
            "realm": "sandbox",
            "client_id": "SANDBOX_IFS",
            "client_secret": "sandbox-ifs-secret",
            "transforms_dir": str(ROOT / "transforms"),
            "outbox_url": f"sqlite:///{folder}/outbox.db",
            "settling_time_s": 1,
        }


@contextmanager
def run_sandbox(folder: Path, *options: str) -> Iterator[Sandbox]:
    """Both systems on free loopback ports for as long as the body runs."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [str(BIN / "erp-sandbox"), "serve", "--procurify-port", "0", "--ifs-port", "0"]
    process = subprocess.Popen([*command, "--ready-file", str(ready), *options])
    try:
        for _ in range(int(READY_MAX_S / POLL_S)):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(POLL_S)
        urls = json.loads(ready.read_text())
        yield Sandbox(procurify=urls["procurify"], ifs=urls["ifs"])
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Callable[..., AbstractContextManager[Sandbox]]:
    """A sandbox of its own for one test; called with further options of ``erp-sandbox serve``."""
    return lambda *options: run_sandbox(tmp_path, *options)
