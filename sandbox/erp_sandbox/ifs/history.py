"""The history log: who changed what, for the units whose logging is switched on.

Source: sets, fields and the names of the units are seen in code; the words of the types inferred.
"""

from __future__ import annotations

from datetime import datetime, timezone

from erp_sandbox.ifs.entity import EntitySet
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model_system import LOG, LOG_COLUMNS
from erp_sandbox.ifs.store import Row, column_of

# The log knows suppliers under the name of the whole unit as well.
_OTHER_NAMES = {"SupplierInfoGeneral": ("SupplierInfo",)}


def keep_history(ledger: Ledger, entity: EntitySet, before: Row | None, after: Row | None) -> None:
    """Write down one change, as far as its unit is logged."""
    if entity.name in {LOG, LOG_COLUMNS}:
        return
    names = (entity.lu, *_OTHER_NAMES.get(entity.lu, ()))
    for lu in names:
        if lu in ledger.knobs.history_logging:
            _write(ledger, entity, lu, (before or {}, after or {}))


def _write(ledger: Ledger, entity: EntitySet, lu: str, states: tuple[Row, Row]) -> None:
    before, after = states
    number = ledger.store.next_number()
    kind = "Modify" if before and after else "Insert" if after else "Delete"
    key = after or before
    ledger.store.put(
        LOG,
        {
            "LogId": number,
            "LuName": lu,
            "TimeStamp": moment(ledger.store.now()),
            "Username": ledger.knobs.client_id,
            "HistoryType": kind,
            "Keys": "".join(f"{column_of(name)}={key.get(name)}^" for name in entity.key),
        },
    )
    for name in entity.fields:
        if before.get(name) != after.get(name):
            ledger.store.put(
                LOG_COLUMNS,
                {
                    "LogId": number,
                    "ColumnName": column_of(name),
                    "ColumnNamePrompt": name,
                    "OldValue": _text(before.get(name)),
                    "NewValue": _text(after.get(name)),
                },
            )


def moment(when: datetime) -> str:
    """A moment in whole seconds of UTC."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
