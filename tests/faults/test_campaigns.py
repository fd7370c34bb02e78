"""A small share of the campaigns of `make soak`, with every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.campaigns import CAMPAIGNS

ROOT = Path(__file__).parents[2]
SLOW = {"R3", "R4", "R12"}
"""What waits on purpose, or is shown by faster tests as well, runs with `make soak` alone."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("id_", sorted(CAMPAIGNS.keys() - SLOW))
def test_nothing_is_doubled_lost_or_left_half(id_: str) -> None:
    """One round of the campaign in a process of its own; the full volume is `make soak`."""
    command = [sys.executable, "-m", "tests.soak", "--quick", "--budget", "0", "--only", id_]
    done = subprocess.run(
        [*command, "--seed", "2"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
