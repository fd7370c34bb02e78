"""The rules of the way back: ``supplier.yml``, and the countries as Procurify users write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.mapping import load_rules
from target_ifs_cloud.mapping.rule_nodes import parse_rules
from target_ifs_cloud.mapping.tables import Table

VENDOR_TYPE_CODES = {"preferred": 3, "regular": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRules:
    """What the way back may do. ``owners`` maps fields of a vendor to who decides them."""

    version: str
    creates_vendors: bool
    vendor_type: int
    registration_field: str
    owners: Mapping[str, str]
    countries: Table | None

    def country_code(self, written: str) -> str:
        """The code of a country however it is written; unknown words stay as they are."""
        row = self.countries.find(written, None, None) if self.countries else None
        return (str(row.gives) if row else written).strip().casefold()


def load_supplier_rules(directory: Path) -> SupplierRules:
    """The rules of a folder; all its files are checked as for the way to IFS.

    Raises:
        ConfigurationError: a file cannot be used, or none is about suppliers.
    """
    rules = load_rules(directory)
    found = [
        root.plain
        for path in sorted(directory.glob("*.yml"))
        if (root := parse_rules(path.read_text("utf-8-sig"), path.name)[0]) is not None
        and root.plain.get("rules_for") == "supplier"
    ]
    if len(found) != 1:
        raise ConfigurationError(
            f"{directory} holds {len(found)} files that begin with `rules_for: supplier`; "
            "exactly one is needed: supplier.yml"
        )
    lines: Mapping[str, Any] = found[0]
    return SupplierRules(
        version=rules.version,
        creates_vendors=lines["new_vendors"] == "create",
        vendor_type=VENDOR_TYPE_CODES[lines["vendor_type"]],
        registration_field=""
        if lines["registration_field"] == "none"
        else lines["registration_field"],
        owners=dict(lines["owners"]),
        countries=rules.tables.get("countries"),
    )
