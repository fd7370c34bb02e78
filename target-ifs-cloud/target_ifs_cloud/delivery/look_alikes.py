"""Finds what a bill may be a copy of, among the bills on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.tables import DOCUMENT
from target_ifs_cloud.documents import SupplierInvoice
from target_ifs_cloud.mapping.suspects import Earlier, earlier_of, near_number

LOOK_ALIKES_MAX = 5000
"""How many bills on record are compared with one batch, per likeness."""

_MAY_BE_COPIED = [
    state.value
    for state in (State.SENDING, State.IN_DOUBT, State.CONFIRMED, State.HELD, State.REJECTED)
]

_TOLD_NAMES = ("label", "source_id", "company", "supplier", "number", "currency", "amount", "day")
_TOLD = [DOCUMENT.c[name] for name in _TOLD_NAMES]
"""What is read of them: the records are much larger."""


def find_look_alikes(engine: sa.Engine, documents: Sequence[SupplierInvoice]) -> list[Earlier]:
    """Bills on record that share with one of these what a duplicate would share.

    Same supplier and nearly the same number, the same number from any supplier, or same supplier,
    amount and day.
    """
    columns = DOCUMENT.c
    wanted = [earlier_of(document) for document in documents]
    near = sa.tuple_(columns.supplier, columns.near_number).in_(
        {(one.supplier, near_number(one.number)) for one in wanted}
    )
    money = sa.tuple_(columns.supplier, columns.amount, columns.day).in_(
        {(one.supplier, str(one.gross), one.day.isoformat()) for one in wanted if one.day}
    )
    number = columns.number.in_({d.key.number for d in documents})
    found: dict[str, Earlier] = {}
    with engine.connect() as connection:
        for is_alike in (near, money, number):
            query = sa.select(*_TOLD).where(
                columns.kind == "bill", columns.state.in_(_MAY_BE_COPIED), is_alike
            )
            for row in connection.execute(query.limit(LOOK_ALIKES_MAX)).mappings():
                found[row["source_id"]] = _earlier(row)
    return list(found.values())


def _earlier(row: sa.RowMapping) -> Earlier:
    return Earlier(
        label=row["label"],
        source_id=row["source_id"],
        company=row["company"],
        supplier=row["supplier"],
        number=row["number"],
        currency=row["currency"],
        gross=Decimal(row["amount"] or 0),
        day=date.fromisoformat(row["day"]) if row["day"] else None,
    )
