"""What came back from a write, in the terms that recording needs. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from target_ifs_cloud.documents import Problem


class Verdict(Enum):
    """What is certain about a write.

    DONE: IFS said so for every part. REFUSED: IFS said no and nothing of it stands. STALE: IFS said
    no because what we had read is old; read again. POSTPONED: IFS did not serve it (throttled,
    locked, out of reach); nothing of it stands. UNANSWERED: nobody knows; look it up.
    """

    DONE = "done"
    REFUSED = "refused"
    STALE = "stale"
    POSTPONED = "postponed"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of a write and its answer, as the audit trail keeps it."""

    method: str
    path: str
    body_hash: str
    status: int | None
    etag_before: str = ""
    etag_after: str = ""

    def to_fields(self) -> dict[str, str | int | None]:
        """Its part of a line of the audit trail."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The outcome of one document's write. ``problem`` says why IFS refused it, ``further`` too."""

    verdict: Verdict
    ifs_id: str = ""
    problem: Problem | None = None
    exchanges: tuple[Exchange, ...] = ()
    further: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every reason of a refusal."""
        return (*((self.problem,) if self.problem else ()), *self.further)
