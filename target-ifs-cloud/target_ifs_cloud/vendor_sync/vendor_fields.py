"""What a supplier says about the fields of a vendor, and where the vendor differs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from target_ifs_cloud.documents import Problem
from target_ifs_cloud.mapping.records import Record, as_record, read_text

LENGTHS: Mapping[str, int] = {
    "name": 150,
    "addressLineOne": 300,
    "addressLineTwo": 300,
    "postalCode": 20,
    "city": 50,
    "state_province": 40,
    "country": 80,
    "phoneOne": 20,
    "external_id": 100,
}
"""Unit: characters. Source: documented by Procurify."""
_OF_ADDRESS = {
    "addressLineOne": "address1",
    "addressLineTwo": "address2",
    "postalCode": "zip_code",
    "city": "city",
    "state_province": "state",
    "country": "country",
}
CountryCode = Callable[[str], str]


def fields_of(supplier: Record) -> dict[str, Any]:
    """The fields of a vendor as the supplier has them; empty ones are ``""`` or ``[]``."""
    addresses = supplier.get("addresses")
    address = as_record(addresses[0]) if isinstance(addresses, list) and addresses else {}
    found: dict[str, Any] = {"name": read_text(supplier.get("name")) or ""}
    found |= {name: read_text(address.get(of)) or "" for name, of in _OF_ADDRESS.items()}
    found["country"] = found["country"] or read_text(supplier.get("country")) or ""
    found["phoneOne"] = read_text(supplier.get("phone")) or ""
    email = read_text(supplier.get("email"))
    found["email"] = [email] if email else []
    return found


def too_long(fields: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The fields that Procurify has no room for; nothing is cut, as it would be read back."""
    return tuple(
        Problem(
            code="value_too_long",
            field=name,
            message=f"the supplier's {name} has {len(fields[name])} characters; {most} fit",
            fix="Shorten it in IFS Cloud",
        )
        for name, most in LENGTHS.items()
        if name in fields and len(fields[name]) > most
    )


def differences(
    fields: Mapping[str, Any], vendor: Record, *, country_code: CountryCode
) -> dict[str, Any]:
    """Those of these fields in which the vendor differs.

    An empty value of IFS is no order to clear what Procurify has.
    """
    return {
        name: value
        for name, value in fields.items()
        if value and not _is_same(name, value, vendor.get(name), country_code)
    }


def _is_same(name: str, wanted: Any, shown: Any, country_code: CountryCode) -> bool:  # noqa: ANN401
    if name == "email":
        known = [text.casefold() for text in map(read_text, shown or []) if text]
        return known[:1] == [str(wanted[0]).casefold()]
    text = read_text(shown) or ""
    if name == "country":
        return country_code(text) == country_code(wanted)
    return bool(text == wanted)
