"""The part of the JSON Schema that is about bills and purchase orders. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from target_ifs_cloud.mapping.rules import ELIGIBLE_STATUSES, ORDER_LINE_STATUSES
from target_ifs_cloud.mapping.schema_parts import (
    FIELDS,
    HEADER,
    RATE_SOURCES,
    RULE,
    WORD,
    Schema,
    choice,
    record,
)


def _invoice_keys() -> Mapping[str, Schema]:
    return {
        "number": RULE,
        "currency": RULE,
        "currency_rate": RATE_SOURCES,
        "header": HEADER,
        "line_fields": FIELDS,
        "posting_fields": FIELDS,
    }


def bill_file() -> Schema:
    """What a file that begins with ``rules_for: bill`` may hold."""
    amount = {"type": ["number", "integer"], "exclusiveMinimum": 0}
    return {
        "required": [
            "post_when_status",
            "types",
            "number",
            "currency",
            "header",
            "allocations",
            "shipping",
            "currency_rate",
        ],
        "properties": {
            "post_when_status": {
                "description": "Statuses in which a bill is posted. Only these five count as "
                "approved.",
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"enum": list(ELIGIBLE_STATUSES)},
            },
            "types": record(
                dict.fromkeys(("order", "expense", "credit_card"), choice("post", "leave_out")),
                "order",
                "expense",
                "credit_card",
            ),
            **_invoice_keys(),
            "allocations": record(
                {
                    "missing": choice(
                        "hold",
                        "order_line",
                        says="A bill line without its own split: hold the bill, or use the account "
                        "of its purchase order line.",
                    ),
                    "other_total": choice(
                        "divide",
                        "hold",
                        says="A split that adds up to the line with its tax or shipping: divide "
                        "the net amount in its proportions (usual), or hold the bill.",
                    ),
                },
                "missing",
            ),
            "shipping": record(
                {
                    "unclear": choice(
                        "hold",
                        "include",
                        "leave_out",
                        says="When nothing says whether shipping is part of the invoice.",
                    ),
                    "account": {
                        **WORD,
                        "description": "Procurify account code for shipping; without it shipping "
                        "follows the goods.",
                    },
                },
                "unclear",
            ),
            "rounding": record(
                {
                    "account": {
                        **WORD,
                        "description": "Procurify account code on which differences are posted.",
                    },
                    "at_most": {
                        **amount,
                        "description": "The largest difference that is posted, in the bill's "
                        "currency; a larger one holds the bill.",
                    },
                },
                "account",
                "at_most",
                description="Without it every rounding difference holds the bill.",
            ),
            "posting_period": record(
                dict.fromkeys(
                    ("closed", "missing"),
                    choice(
                        "hold",
                        "next_open",
                        "accrual_list",
                        says="The period of the posting date is closed, or there is none: hold the "
                        "bill, post on the first day of the next open period, or put it on the "
                        "list of accruals.",
                    ),
                ),
                "closed",
                "missing",
            ),
            "suspected_duplicates": record(
                dict.fromkeys(
                    ("near_number", "same_amount_and_date", "twin_vendor"),
                    choice("hold", "warn", "ignore"),
                ),
                "near_number",
                "same_amount_and_date",
                "twin_vendor",
            ),
        },
    }


def ifs_order() -> Schema:
    """The block ``order``: a purchase order of IFS."""
    return record(
        {
            "number": RULE,
            "site_by_company": {
                "description": "The purchasing site of each company.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": WORD,
            },
            "header": FIELDS,
            "line_fields": FIELDS,
        },
        "number",
        "site_by_company",
        "header",
        "line_fields",
        description="How orders become purchase orders of IFS; used with "
        "`post_as: purchase_order`.",
    )


def purchase_order_file() -> Schema:
    """What a file that begins with ``rules_for: purchase_order`` may hold."""
    return {
        "required": [
            "post_as",
            "post_when_state",
            "number",
            "currency",
            "currency_rate",
            "header",
        ],
        "properties": {
            "post_as": choice("posting_proposal", "purchase_order", "none"),
            "order": {"$ref": "#/$defs/ifs_order"},
            "post_when_state": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"enum": ["Purchased", "Reopened"]},
            },
            "line_statuses_left_out": {
                "type": "array",
                "uniqueItems": True,
                "items": {"enum": list(ORDER_LINE_STATUSES.values())},
            },
            **_invoice_keys(),
        },
    }
