"""The part of the JSON Schema that is about vendors and suppliers. Pure."""

from __future__ import annotations

from target_ifs_cloud.mapping.schema_parts import FIELDS, RULE, Schema

COLLECTIONS = (
    "addresses",
    "address_types",
    "communication",
    "contacts",
    "companies",
    "payments",
    "payment_ways",
    "purchases",
)
"""The child rows of a supplier, by the names of the site profile."""


def vendor_file() -> Schema:
    """What a file that begins with ``rules_for: vendor`` may hold."""
    return {
        "required": [
            "types",
            "awaiting_approval",
            "supplier_id",
            "name",
            "country",
            "header",
            "rows",
        ],
        "properties": {
            "types": {
                "description": "Kinds of vendor that become suppliers. The placeholder, employees "
                "and card providers never do.",
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"enum": ["hidden", "preferred", "regular", "checkout"]},
            },
            "awaiting_approval": {"enum": ["send", "leave_out"]},
            "supplier_id": {
                **RULE,
                "description": "Id of a new supplier; a stored link comes before it.",
            },
            "name": RULE,
            "country": RULE,
            "header": FIELDS,
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["collection", "fields"],
                    "properties": {
                        "collection": {"enum": list(COLLECTIONS)},
                        "once_per": {"enum": ["supplier", "company"]},
                        "fields": FIELDS,
                    },
                },
            },
        },
    }
