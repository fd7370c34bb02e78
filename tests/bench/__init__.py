"""Measures how fast the plugins are, as ratios that hold on any machine: ``make bench``."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

KILOBYTES_PER_MB = 1024
_SELF = Path("/proc/self")


def peak_mb(process: Path = _SELF) -> float:
    """The most main memory that a process has held since it runs its own program.

    ``ru_maxrss`` also counts what the process that started it held, so it is for other systems.
    """
    if not process.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_PER_MB
    status = (process / "status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM"))
    return int(peak.split()[1]) / KILOBYTES_PER_MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure beside its target.

    ``anchor`` says what the figure is compared with; ``measured`` and ``target`` are shown as they
    stand, so each measuring module chooses its own digits.
    """

    id: str
    metric: str
    measured: str
    anchor: str
    target: str
    met: bool
