"""Measures how fast the plugins are, as ratios that hold on any machine: ``make bench``."""

from __future__ import annotations

from dataclasses import dataclass


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
