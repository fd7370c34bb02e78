"""What a set does beyond keeping rows, and what the actions do: a table of functions.

The ledger calls them; the modules that write them know the ledger only by its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erp_sandbox.ifs.store import Row

if TYPE_CHECKING:
    from erp_sandbox.ifs.ledger import Ledger

Rule = Callable[["Ledger", Row], None]
Change = Callable[["Ledger", Row, Row], None]
Act = Callable[["Ledger", Row, Row], Row]


def nothing(_: Ledger, __: Row) -> None:
    """No rule."""


def no_change_rule(_: Ledger, __: Row, ___: Row) -> None:
    """No rule for changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRules:
    """The rules of one set.

    ``fill`` puts in what the server knows itself, ``check_new`` and ``check_removal`` refuse,
    ``check_change`` gets the row before and after and may set what follows from the change,
    ``after`` runs once the row is new, changed or gone.
    """

    fill: Rule = nothing
    check_new: Rule = nothing
    check_change: Change = no_change_rule
    check_removal: Rule = nothing
    after: Rule = nothing


NO_RULES = SetRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """The rules by table, the actions by name, and what runs when a change set is done."""

    rules: Mapping[str, SetRules] = field(default_factory=dict)
    actions: Mapping[str, Act] = field(default_factory=dict)
    at_end: tuple[Callable[[Ledger], None], ...] = ()
