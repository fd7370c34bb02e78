"""The state of a system in a file, so that a rehearsal goes on tomorrow where it stopped today.

The file is a pickle, which can hold code: open none that you have not written yourself.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORM = 1
TENANT_MEMBER = "tenant file"
State = Mapping[str, Any]


class SnapshotError(Exception):
    """The file is no snapshot of this system; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One system's file. ``seed`` and ``scale`` are those of the tenant that it belongs to.

    ``tenant`` is the fingerprint of its tenant file, ``""`` without one.
    """

    path: Path
    seed: int
    scale: int
    tenant: str = ""

    def save(self, state: State) -> None:
        """Write it whole: whoever reads meanwhile, or later, finds the old one or the new one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            kept = {**state, TENANT_MEMBER: self.tenant}
            pickle.dump((FORM, self.seed, self.scale, kept), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)

    def load(self) -> State | None:
        """What was saved last; ``None`` when nothing was.

        Raises:
            SnapshotError: it is no snapshot, or that of another tenant.
        """
        if not self.path.exists():
            return None
        try:
            form, seed, scale, state = pickle.loads(self.path.read_bytes())  # noqa: S301 (our own file)
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError) as fault:
            raise SnapshotError(
                f"{self.path} is no snapshot: {fault}; remove it, or name another folder"
            ) from fault
        if (form, seed, scale) != (FORM, self.seed, self.scale):
            raise SnapshotError(
                f"{self.path} is of seed {seed} and scale {scale}, not of seed {self.seed} and "
                f"scale {self.scale}: name another folder, or serve that tenant"
            )
        if state.pop(TENANT_MEMBER, "") != self.tenant:
            raise SnapshotError(
                f"{self.path} is of another tenant file: name another folder, or serve that tenant"
            )
        found: State = state
        return found
