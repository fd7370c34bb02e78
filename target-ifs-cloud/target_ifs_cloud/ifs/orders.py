"""Purchase orders of IFS: as they are shown, looked up, created, changed. No network of its own.

An order is known by its number, which we give. Its amounts stand on its lines, so a look-up reads
orders and lines, each collection by its own query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from target_ifs_cloud.documents import ORDER_SERIES, DocumentKey, Line, PurchaseOrder
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.batch import ChangeSet, Operation, action_of
from target_ifs_cloud.ifs.calls import NotOfferedError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.invoice_changes import NoEtagError
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.ifs.odata import any_of, chunks_within, equals, key
from target_ifs_cloud.ifs.profile import SiteProfile
from target_ifs_cloud.ifs.profile_names import OrderLineNames, OrderNames
from target_ifs_cloud.ifs.rows import (
    Row,
    RowShown,
    amount,
    cleared,
    filled,
    is_listed,
    is_same,
    shown_row,
    text,
)
from target_ifs_cloud.money import round_amount

_QUERY_RESERVE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShown(InvoiceShown):
    """An order as IFS shows it, with its lines that count, by line number."""

    lines: Mapping[str, RowShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePairs:
    """Lines of a document against lines of an order, by line number."""

    changed: tuple[tuple[Mapping[str, Any], RowShown], ...]
    missing: tuple[Line, ...]
    surplus: tuple[RowShown, ...]


def find_orders(
    client: IfsClient, keys: Mapping[DocumentKey, str]
) -> dict[DocumentKey, tuple[OrderShown, ...]]:
    """The orders under these numbers that still count; every key has an entry.

    Raises:
        TemporaryError: the answer was not complete, or holds what was not asked for.
        ConfigurationError: the site profile does not fit.
    """
    names = client.profile.order_names
    numbers = {number.strip().upper(): asked for asked, number in keys.items()}
    rows = _grouped(client, names.set, list(keys.values()), order=[names.id])
    found: dict[DocumentKey, Row] = {}
    for row in rows:
        asked = numbers.get(text(row, names.id).upper())
        if asked is None:
            raise TemporaryError("IFS showed orders that were not asked for. Run again")
        if not is_listed(text(row, names.state), names.over_states):
            found[asked] = row
    lines = _lines_of(client, [text(row, names.id) for row in found.values()])
    return {
        asked: (_shown(found[asked], asked, lines, client.profile),) if asked in found else ()
        for asked in keys
    }


def create_order_change_set(document: PurchaseOrder, profile: SiteProfile) -> ChangeSet:
    """The header, then every line below it; its release is a step of its own."""
    names = profile.order_names
    header = Operation(
        method="POST",
        path=names.set,
        fields=filled(header_fields(document, names), profile),
        key=(names.id,),
    )
    lines = (_new_line(line, document, profile) for line in document.lines)
    return ChangeSet(operations=(header, *lines))


def correction_change_set(
    document: PurchaseOrder, shown: OrderShown, profile: SiteProfile
) -> ChangeSet | None:
    """What must change in header and lines, with the ETags just read; ``None``: nothing.

    Raises:
        NoEtagError: a row to change was shown without an ETag.
    """
    names = profile.order_names
    changed = changed_header(document, shown, names)
    pairs = pair_lines(document, shown, names)
    touched = [row for _, row in pairs.changed] + list(pairs.surplus)
    if (changed and not shown.etag) or any(not row.etag for row in touched):
        message = "a row is shown without an ETag"
        raise NoEtagError(message)
    operations: list[Operation] = []
    if changed:
        path = order_path(shown, profile)
        operations.append(
            Operation(
                method="PATCH", path=path, fields=cleared(changed, profile), if_match=shown.etag
            )
        )
    operations += [
        Operation(method="PATCH", path=row.path, fields=cleared(fields, profile), if_match=row.etag)
        for fields, row in pairs.changed
    ]
    operations += [_removal(row, profile) for row in pairs.surplus]
    operations += [
        _new_line(line, document, profile, below=order_path(shown, profile))
        for line in pairs.missing
    ]
    return ChangeSet(operations=tuple(operations)) if operations else None


def header_fields(document: PurchaseOrder, names: OrderNames) -> dict[str, Any]:
    """Every header field that is sent, by its IFS name; empty ones are ``None``."""
    fields: dict[str, Any] = {
        **dict(document.header),
        names.id: document.number,
        names.supplier: document.supplier,
        names.currency: document.currency,
    }
    if names.source_reference is not None:
        fields[names.source_reference] = f"Procurify purchase order {document.source.id}"
    return fields


def changed_header(document: PurchaseOrder, shown: OrderShown, names: OrderNames) -> dict[str, Any]:
    """The header fields that IFS shows otherwise; number and supplier never change."""
    fixed = {names.id, names.supplier, *names.not_compared}
    return {
        name: value
        for name, value in header_fields(document, names).items()
        if name not in fixed and name in shown.row and not is_same(value, shown.row[name])
    }


def pair_lines(document: PurchaseOrder, shown: OrderShown, names: OrderNames) -> LinePairs:
    """What must happen to the lines; only fields that IFS shows are compared."""
    wanted = {line.ref: line for line in document.lines}
    changed = []
    for number, row in shown.lines.items():
        line = wanted.get(number)
        if line is None:
            continue
        fields = {
            name: value
            for name, value in line.values
            if name in row.values
            and name not in names.not_compared
            and not is_same(value, row.values[name])
        }
        if fields:
            changed.append((fields, row))
    return LinePairs(
        changed=tuple(changed),
        missing=tuple(line for line in document.lines if line.ref not in shown.lines),
        surplus=tuple(row for number, row in shown.lines.items() if number not in wanted),
    )


def order_differences(
    document: PurchaseOrder, shown: OrderShown, profile: SiteProfile
) -> list[str]:
    """What differs, in words: header fields, lines, and whether it is released."""
    names = profile.order_names
    found = _content_differences(document, shown, names)
    if shown.is_unfinished:
        found.append(f"{names.state}: the order is not released")
    return found


def is_as_sent(document: PurchaseOrder, shown: OrderShown, profile: SiteProfile) -> bool:
    """Whether header and lines are those of the document, released or not."""
    return not _content_differences(document, shown, profile.order_names)


def _content_differences(
    document: PurchaseOrder, shown: OrderShown, names: OrderNames
) -> list[str]:
    found = [
        f"{name}: IFS has {_word(shown.row[name])}, the document {_word(value)}"
        for name, value in changed_header(document, shown, names).items()
    ]
    if shown.supplier != document.supplier:
        found.append(f"{names.supplier}: IFS has {shown.supplier}, not {document.supplier}")
    if shown.company != document.company:
        found.append(f"company: IFS has {shown.company}, not {document.company}")
    pairs = pair_lines(document, shown, names)
    for fields, row in pairs.changed:
        found.append(f"line {text(row.values, names.lines.line)}: other {', '.join(fields)}")
    found += [f"line {line.ref} is missing in IFS" for line in pairs.missing]
    found += [
        f"line {text(row.values, names.lines.line)} stands in IFS and not in the document"
        for row in pairs.surplus
    ]
    return found


def order_path(shown: InvoiceShown, profile: SiteProfile) -> str:
    """The address of an order, relative to its projection."""
    names = profile.order_names
    return names.set + key([(names.id, shown.invoice_id)])


# parts


def _lines_of(client: IfsClient, numbers: Sequence[str]) -> dict[str, list[RowShown]]:
    """The lines that count, by order number."""
    names = client.profile.order_names.lines
    found: dict[str, list[RowShown]] = {number: [] for number in numbers}
    order = [names.order, names.line, names.release]
    for row in _grouped(client, names.set, numbers, order=order):
        number = text(row, names.order)
        if number not in found:
            raise TemporaryError("IFS showed lines of orders that were not asked for. Run again")
        if not is_listed(text(row, names.state), names.cancelled_states):
            found[number].append(
                shown_row(row, collection=names.set, names=order, profile=client.profile)
            )
    return found


def _grouped(
    client: IfsClient, collection: str, numbers: Sequence[str], *, order: Sequence[str]
) -> list[Row]:
    """The rows of some orders by the first field of ``order``: or-chains within an address."""
    limits = client.profile.limits
    parts = [equals(order[0], number) for number in sorted(set(numbers))]
    chunks = chunks_within(
        parts,
        length_max=limits.url_length_max - _QUERY_RESERVE,
        count_max=limits.lookup_keys_per_request,
    )
    readings = [
        client.reading("order", collection, filter_by=any_of(chunk), order=order)
        for chunk in chunks
    ]
    found: list[Row] = []
    for rows in client.collections("order", readings):
        if rows is None:
            raise NotOfferedError(
                f"IFS does not offer {collection} (status 404): correct projections.order or the "
                "block `order` in the site profile"
            )
        found += rows
    return found


def _shown(
    row: Row,
    asked: DocumentKey,
    lines: Mapping[str, Sequence[RowShown]],
    profile: SiteProfile,
) -> OrderShown:
    names = profile.order_names
    number, state = text(row, names.id), text(row, names.state)
    own = lines.get(number, ())
    currency = text(row, names.currency) or _currency_of(own, names.lines)
    net = sum((_line_net(line, names.lines, currency) for line in own), Decimal(0))
    return OrderShown(
        company=text(row, names.company) or asked.company,
        invoice_id=number,
        supplier=text(row, names.supplier),
        series=ORDER_SERIES,
        number=number,
        state=state,
        currency=currency,
        net=net,
        tax=Decimal(0),
        gross=net,
        etag=text(row, "@odata.etag"),
        row=row,
        is_changeable=is_listed(state, names.changeable_states),
        is_closable=is_listed(state, names.closable_states),
        is_unfinished=names.release_action is not None
        and is_listed(state, names.unreleased_states),
        lines={text(line.values, names.lines.line): line for line in own},
    )


def _currency_of(lines: Sequence[RowShown], names: OrderLineNames) -> str:
    return next((word for line in lines if (word := text(line.values, names.currency))), "")


def _line_net(line: RowShown, names: OrderLineNames, currency: str) -> Decimal:
    """What a line comes to: as IFS shows it, else quantity by price."""
    net = amount(line.values, names.net)
    if net is not None:
        return net
    quantity = amount(line.values, names.quantity) or Decimal(0)
    return round_amount(quantity * (amount(line.values, names.price) or Decimal(0)), currency)


def _new_line(
    line: Line, document: PurchaseOrder, profile: SiteProfile, *, below: str = ""
) -> Operation:
    """The creation of a line: below a new order (``below`` empty), or below one that stands."""
    own = profile.order_names.lines
    numbers = (own.order, own.line, own.release)
    fields = {**dict(line.values), own.line: line.ref, own.release: own.release_value}
    if own.child is None:
        fields[own.order] = document.number
        return Operation(method="POST", path=own.set, fields=filled(fields, profile), key=numbers)
    if below:
        path = f"{below}/{own.child}"
        return Operation(method="POST", path=path, fields=filled(fields, profile), key=numbers)
    return Operation(
        method="POST", path=own.child, fields=filled(fields, profile), parent=1, key=numbers
    )


def _removal(row: RowShown, profile: SiteProfile) -> Operation:
    action = profile.order_names.lines.cancel_action
    if action is None:
        return Operation(method="DELETE", path=row.path, if_match=row.etag)
    service = profile.projection("order").name
    return action_of(service, row.path, action, etag=row.etag)


def _word(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)
