"""Reads the body of a vendor that is created or changed, and says all that is wrong with it.

The fields, lengths and types are documented; the words of the messages are inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from erp_sandbox.procurify.rows.reference import CURRENCY_BY_ID, TERM_BY_ID
from erp_sandbox.purchases import (
    CARD_PROVIDER,
    CHECKOUT,
    PREFERRED,
    PUNCHOUT,
    REGULAR,
)
from erp_sandbox.tenant import TAXES, TERM

# Documented as required; the score is computed, so ``null`` is all that can be sent (inferred).
REQUIRED = ("name", "email", "type", "overall_score")
WRITABLE_TYPES = frozenset({PUNCHOUT, PREFERRED, REGULAR, CARD_PROVIDER, CHECKOUT})
MISSING, NULL, BLANK = (
    "This field is required.",
    "This field may not be null.",
    "This field may not be blank.",
)
OBJECT_REFERENCES = ("shipping_term_ref", "payment_method_ref", "shipping_method_ref")


class BadValueError(Exception):
    """A value is not acceptable; the text is for the caller of the API."""


Reader: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyField:
    """A writable field: the attribute it becomes and how its value is read."""

    attribute: str
    read: Reader
    is_nullable: bool = True


def _text(length: int, *, can_be_blank: bool = True) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str):
            raise BadValueError("Not a valid string.")
        if not value.strip() and not can_be_blank:
            raise BadValueError(BLANK)
        if len(value) > length:
            raise BadValueError(f"Ensure this field has no more than {length} characters.")
        return value

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValueError("Must be a valid boolean.")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadValueError("A valid integer is required.")
    return value


def _one_of(known: Mapping[int, object]) -> Reader:
    def read(value: object) -> int:
        number = _whole(value)
        if number not in known:
            raise BadValueError(f'Invalid pk "{number}" - object does not exist.')
        return number

    return read


def _type(value: object) -> int:
    number = _whole(value)
    if number not in WRITABLE_TYPES:
        raise BadValueError(f'"{number}" is not a valid choice.')
    return number


def _emails(value: object) -> tuple[str, ...]:
    """A list of addresses; it may be empty (inferred)."""
    if not isinstance(value, list):
        raise BadValueError(f'Expected a list of items but got type "{type(value).__name__}".')
    for one in value:
        if not isinstance(one, str) or (one and one.count("@") != 1):
            raise BadValueError("Enter a valid email address.")
    return tuple(value)


def _term(value: object) -> int:
    """A payment term: which form a server takes is unknown, so its id and an object are taken."""
    if isinstance(value, dict):
        found = TERM.get(str(value.get("name")))
        if found is None:
            raise BadValueError("No such payment term.")
        return found.id
    return int(_one_of(TERM_BY_ID)(value))


def _reference(value: object) -> None:
    if not isinstance(value, (dict, int)) or isinstance(value, bool):
        raise BadValueError("Expected an object or an id.")


FIELDS: Mapping[str, BodyField] = {
    "name": BodyField(attribute="name", read=_text(150, can_be_blank=False), is_nullable=False),
    "active": BodyField(attribute="is_active", read=_flag, is_nullable=False),
    "addressLineOne": BodyField(attribute="street", read=_text(300)),
    "addressLineTwo": BodyField(attribute="street_two", read=_text(300)),
    "postalCode": BodyField(attribute="postal_code", read=_text(20)),
    "city": BodyField(attribute="city", read=_text(50)),
    "state_province": BodyField(attribute="state", read=_text(40)),
    "country": BodyField(attribute="country", read=_text(80)),
    "phoneOne": BodyField(attribute="phone", read=_text(20)),
    "phoneTwo": BodyField(attribute="phone_two", read=_text(20)),
    "fax": BodyField(attribute="fax", read=_text(20)),
    "email": BodyField(attribute="emails", read=_emails, is_nullable=False),
    "comments": BodyField(attribute="comments", read=_text(10_000)),
    "contact": BodyField(attribute="contact", read=_text(50)),
    "url": BodyField(attribute="url", read=_text(200)),
    "external_id": BodyField(attribute="external_id", read=_text(100)),
    "currency": BodyField(attribute="currency_id", read=_one_of(CURRENCY_BY_ID)),
    "payment_term_ref": BodyField(attribute="term_id", read=_term),
    "tax": BodyField(attribute="tax_id", read=_one_of({tax.id: tax for tax in TAXES})),
    "type": BodyField(attribute="type", read=_type, is_nullable=False),
    "default_payment_method": BodyField(attribute="default_payment_method", read=_whole),
    "is_1099_eligible": BodyField(attribute="is_1099_eligible", read=_flag),
    "is_auto_email_po_enabled": BodyField(
        attribute="is_auto_email_po_enabled", read=_flag, is_nullable=False
    ),
    "po_pdf_labels": BodyField(attribute="po_pdf_labels", read=_text(200), is_nullable=False),
}


def read_vendor_body(
    body: Mapping[str, object], *, is_partial: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    """The attributes that the body sets, and by field what is wrong.

    What is read-only or unknown is passed over (inferred: the framework does so).
    """
    missing = [] if is_partial else [name for name in REQUIRED if name not in body]
    faults = dict.fromkeys(missing, MISSING)
    attributes: dict[str, Any] = {}
    for name, value in body.items():
        found = FIELDS.get(name)
        fault = None
        if found is not None:
            attributes[found.attribute], fault = _read(found, value)
        elif name in OBJECT_REFERENCES and value is not None:
            _, fault = _read(BodyField(attribute=name, read=_reference), value)
        if fault:
            faults[name] = fault
    return attributes, faults


def _read(found: BodyField, value: object) -> tuple[Any, str | None]:
    if value is None:
        return None, None if found.is_nullable else NULL
    try:
        return found.read(value), None
    except BadValueError as fault:
        return None, str(fault)
