"""The words that a rule may use: operators, what can be taken, and what they mean.

The JSON Schema and the handbook are made of this, so neither can promise what the code lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from target_ifs_cloud.mapping.schema_parts import PATH, RULE, WORD, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A key of a rule: what may follow it, what it means, and the keys it needs beside it."""

    key: str
    schema: Schema
    means: str
    needs: tuple[str, ...] = ()


OPERATORS: Sequence[Word] = (
    Word(key="copy", schema=PATH, means="The value as it is in Procurify."),
    Word(key="first_item", schema=PATH, means="The first filled text of a list."),
    Word(
        key="constant",
        schema={"type": ["string", "integer", "number", "boolean"]},
        means="Always this value.",
    ),
    Word(
        key="take",
        schema={"$ref": "#/$defs/take"},
        means="Something that the software works out.",
    ),
    Word(
        key="same_as",
        schema={"type": "string"},
        means="The value of a header field further up.",
    ),
    Word(
        key="custom_field",
        schema=WORD,
        means="A Procurify custom field of the line, by id or name.",
    ),
    Word(
        key="lookup",
        schema={"type": "string"},
        means="The row of the table of this name for the value of `key`.",
        needs=("key",),
    ),
    Word(
        key="date",
        schema=PATH,
        means="The calendar day as it is written, never moved by a time zone.",
    ),
    Word(
        key="join",
        schema={
            "type": "array",
            "minItems": 1,
            "items": {"type": ["string", "object"], "if": {"type": "object"}, "then": RULE},
        },
        means="Texts and values put together.",
    ),
    Word(
        key="sum",
        schema={"type": "array", "minItems": 1, "items": PATH},
        means="The exact sum of amounts.",
    ),
    Word(
        key="when",
        schema={
            "type": "object",
            "additionalProperties": False,
            "required": ["field"],
            "oneOf": [{"required": [key]} for key in ("is", "is_not", "is_empty")],
            "properties": {
                "field": PATH,
                "is": {"$ref": "#/$defs/words"},
                "is_not": {"$ref": "#/$defs/words"},
                "is_empty": {"type": "boolean"},
            },
        },
        means="One rule when a condition holds, else another.",
        needs=("then",),
    ),
    Word(
        key="first_of",
        schema={"type": "array", "minItems": 1, "items": RULE},
        means="The first rule that finds a value.",
    ),
    Word(
        key="per_line",
        schema=PATH,
        means="A list of the record; each row gives a text, each text counts once.",
        needs=("give",),
    ),
)
"""Exactly one of these makes a rule."""

COMPANIONS: Sequence[Word] = (
    Word(
        key="key",
        schema=PATH,
        means="The Procurify field that is looked up.",
        needs=("lookup",),
    ),
    Word(
        key="default",
        schema=WORD,
        means="Given when the table has no row.",
        needs=("lookup",),
    ),
    Word(
        key="unknown",
        schema={"enum": ["hold", "next"]},
        means="No row: hold the document (usual), or go on as if empty.",
        needs=("lookup",),
    ),
    Word(key="plus_days", schema=RULE, means="A number of days to add.", needs=("date",)),
    Word(key="then", schema=RULE, means="The rule when the condition holds.", needs=("when",)),
    Word(key="else", schema=RULE, means="The rule when it does not.", needs=("when",)),
    Word(key="give", schema=RULE, means="What each row of the list gives.", needs=("per_line",)),
    Word(
        key="separator",
        schema={"type": "string"},
        means="What stands between the texts of the rows.",
        needs=("per_line",),
    ),
    Word(
        key="missing",
        schema={"enum": ["hold", "leave_out", "drop_row"]},
        means="No value: hold the document (usual), leave the field out, or drop the whole row.",
    ),
    Word(
        key="length_max",
        schema={"type": "integer", "minimum": 1, "maximum": 4000},
        means="The most characters that the field of IFS takes.",
    ),
    Word(
        key="longer",
        schema={"enum": ["hold", "cut"]},
        means="A longer text: hold the document (usual), or cut it.",
        needs=("length_max",),
    ),
)
"""What may stand beside an operator."""

TAKES: Mapping[str, str] = MappingProxyType(
    {
        "company": "the company of IFS",
        "company_currency": "its accounting currency",
        "company_payment_term": "the term for new suppliers of the company",
        "currency": "the currency of the document",
        "currency_rate": "the rate to the company's currency",
        "invoice_type": "the invoice type of the company, for credits that of credit notes",
        "price": "the price of an order line (orders of IFS)",
        "quantity": "the quantity of an order line (orders of IFS)",
        "site": "the purchasing site of the company (orders of IFS)",
        "source_id": "the identity of the Procurify record",
        "supplier_country": "the country of the supplier",
        "supplier_id": "the id of the supplier in IFS",
        "supplier_name": "the name of the supplier",
        "supplier_payment_term": "the supplier's term in the company, as IFS has it",
        "voucher_type": "the voucher type of the company",
    }
)
"""What `take` can name."""
