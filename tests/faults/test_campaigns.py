"""A small share of the campaigns of `make soak`, with every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.campaigns import CAMPAIGNS

ROOT = Path(__file__).parents[2]
SEED_OF_SHARE = {"R1": 117}
"""R1 takes the boundary from the seed: this one is in the middle of a run."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("id_", sorted(CAMPAIGNS.keys() - {"R4"}))
def test_nothing_is_doubled_lost_or_left_half(id_: str) -> None:
    """One round of the campaign in a process of its own; the full volume is `make soak`."""
    seed = SEED_OF_SHARE.get(id_, 2)
    command = [sys.executable, "-m", "tests.soak", "--quick", "--budget", "0", "--only", id_]
    done = subprocess.run(
        [*command, "--seed", str(seed)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
