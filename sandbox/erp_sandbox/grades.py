"""How sure a rule is, and the form in which rules are written down."""

from __future__ import annotations

from dataclasses import dataclass

DOCUMENTED, SEEN, INFERRED, SITE = "documented", "seen in code", "inferred", "site"
GRADES = (DOCUMENTED, SEEN, INFERRED, SITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a system: the knobs that change it, and the contract tests that show it.

    ``tests`` are node ids below ``tests/contract/``.
    """

    id: str
    system: str
    text: str
    grade: str
    knobs: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
