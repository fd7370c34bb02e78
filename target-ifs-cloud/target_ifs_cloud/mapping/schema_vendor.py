"""The part of the JSON Schema that is about vendors and suppliers. Pure."""

from __future__ import annotations

from target_ifs_cloud.mapping.schema_parts import FIELDS, RULE, Schema, choice, record

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

SUSPICION_WORDS = ("payment_changed", "mail_domain_changed", "name_alike")
OWNED_FIELDS = (
    "name",
    "addressLineOne",
    "addressLineTwo",
    "postalCode",
    "city",
    "state_province",
    "country",
    "phoneOne",
    "email",
)
"""The fields of a vendor that have an owner."""


def supplier_file() -> Schema:
    """What a file that begins with ``rules_for: supplier`` may hold."""
    return {
        "required": ["new_vendors", "vendor_type", "registration_field", "owners"],
        "properties": {
            "new_vendors": choice(
                "create",
                "leave_out",
                says="What becomes of a supplier that Procurify has no vendor for.",
            ),
            "vendor_type": choice("regular", "preferred", says="Type of a new vendor."),
            "registration_field": choice(
                "none",
                "comments",
                "po_pdf_labels",
                says="Field of the vendor that holds its registration number, if one does.",
            ),
            "owners": record(
                {name: {"enum": ["procurify", "ifs", "none"]} for name in OWNED_FIELDS},
                *OWNED_FIELDS,
                description="Which system decides a field. A vendor that is new in Procurify gets "
                "every field that has an owner.",
            ),
        },
    }


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
            "suspicions": record(
                dict.fromkeys(
                    SUSPICION_WORDS,
                    choice(
                        "hold",
                        "warn",
                        "ignore",
                        says="`warn` tells it at the end of the run; `hold` also holds new bills "
                        "of the vendor until a second person has released it.",
                    ),
                ),
                *SUSPICION_WORDS,
                description="Signs of fraud in the vendor master.",
            ),
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
