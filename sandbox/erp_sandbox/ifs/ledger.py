"""Creates, changes and removes the rows of one site, as far as IFS would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from erp_sandbox.ifs.behaviour import NO_RULES, Behaviour, SetRules
from erp_sandbox.ifs.entity import TEXT, EntitySet
from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.ifs.model import SETS
from erp_sandbox.ifs.refusal import EXISTS, RECORD_ERROR, database_error
from erp_sandbox.ifs.store import Row, Store


class Ledger:
    """Rows and rules of one IFS site."""

    def __init__(self, knobs: Knobs, behaviour: Behaviour, now: Callable[[], datetime]) -> None:
        """Start with empty books; ``now`` is the clock of the site."""
        self.store = Store(knobs, now)
        self.knobs = knobs
        self.behaviour = behaviour
        # Invoices by company, supplier and number, so that a number is looked up without a search.
        self.numbers: dict[tuple[str, str, str], list[int]] = {}
        # What at_end looks at: the loads that a change set has touched.
        self.touched: set[tuple[str, str]] = set()

    def create(self, entity: EntitySet, row: Row) -> Row:
        """Insert a row, as far as IFS would.

        Raises:
            Refusal: a mandatory value is missing, the key is there already, or a rule says no.
        """
        rules = self._rules(entity)
        rules.fill(self, row)
        for name in (*entity.required, *self._required_here(entity)):
            if row.get(name) in {None, ""}:
                raise database_error(RECORD_ERROR, entity.lu, tag="NULLVALUE", text=name)
        _check_lengths(entity, row)
        if entity.numbered and row.get(entity.numbered) is None:
            number = self.store.next_number()
            is_text = entity.fields[entity.numbered] == TEXT
            row[entity.numbered] = str(number) if is_text else number
        if self.store.key_of(entity, row) in self.store.tables[entity.stored_in]:
            raise database_error(EXISTS, entity.lu, tag="EXIST")
        rules.check_new(self, row)
        self.store.put(entity.name, row)
        rules.after(self, row)
        return row

    def change(self, entity: EntitySet, before: Row, members: Row) -> Row:
        """Change some members of a row.

        Raises:
            Refusal: a rule says no, or the key would be another one.
        """
        changed = {**before, **members}
        if self.store.key_of(entity, changed) != self.store.key_of(entity, before):
            raise database_error(RECORD_ERROR, entity.lu, tag="READONLY", text="key")
        for name in entity.required:
            if name in members and members[name] in {None, ""}:
                raise database_error(RECORD_ERROR, entity.lu, tag="NULLVALUE", text=name)
        _check_lengths(entity, members)
        rules = self._rules(entity)
        rules.check_change(self, before, changed)
        self.store.put(entity.name, changed)
        rules.after(self, changed)
        return changed

    def remove(self, entity: EntitySet, row: Row) -> None:
        """Delete a row with what hangs below it.

        Raises:
            Refusal: a rule says no.
        """
        rules = self._rules(entity)
        rules.check_removal(self, row)
        self._remove_below(entity, row)
        self.store.remove(entity.name, row)
        rules.after(self, row)

    def act(self, action: str, row: Row, parameters: Row) -> Row:
        """What is left of a row after an action.

        Raises:
            Refusal: the row is in no state for it.
        """
        return self.behaviour.actions[action](self, row, parameters)

    def end_change_set(self) -> None:
        """What runs by itself once a change set has been carried out."""
        for step in self.behaviour.at_end:
            step(self)

    def children(self, name: str, row: Row) -> list[Row]:
        """The rows of a collection below a row."""
        child = SETS[name]
        parent = SETS[child.parent]
        names = {theirs: own for own, theirs in child.aliases.items()}
        fixed = {names.get(part, part): str(row.get(part)) for part in parent.key}
        return list(self.store.rows(name, fixed))

    def _remove_below(self, entity: EntitySet, row: Row) -> None:
        for child in SETS.values():
            if child.parent == entity.name:
                for below in self.children(child.name, row):
                    self._remove_below(child, below)
                    self.store.remove(child.name, below)

    def _required_here(self, entity: EntitySet) -> list[str]:
        """What is mandatory at this site only."""
        places = [place.split(".") for place in self.knobs.custom_required]
        return [name for set_, name in places if set_ == entity.name]

    def _rules(self, entity: EntitySet) -> SetRules:
        return self.behaviour.rules.get(entity.stored_in, NO_RULES)


def _check_lengths(entity: EntitySet, row: dict[str, Any]) -> None:
    """A text that is too long is refused, never cut (inferred)."""
    for name, length in entity.lengths.items():
        if len(str(row.get(name) or "")) > length:
            raise database_error(RECORD_ERROR, entity.lu, tag="TOOLONG", text=name)
