"""Long campaigns of faults and random input: `make soak`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one campaign has run and found. Units: ``seconds`` of wall time.

    ``volume`` counts documents; ``duplicates``, ``lost`` and ``half`` those that must not be.
    """

    id: str
    fault: str
    volume: int
    seeds: int
    seconds: float
    duplicates: int = 0
    lost: int = 0
    half: int = 0
    findings: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """True when nothing was found that must not be."""
        return not (self.duplicates or self.lost or self.half or self.findings)
