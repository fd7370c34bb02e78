"""The JSON Schema of the rule files, built from the vocabulary: for editors and for the loader.

``transforms/schema/rules.schema.json`` is what :func:`schema_text` gives; a test compares them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache

from target_ifs_cloud.mapping.schema_invoices import bill_file, ifs_order, purchase_order_file
from target_ifs_cloud.mapping.schema_parts import (
    CURRENCY,
    DATES,
    DAY,
    FIELDS,
    RULE,
    WORD,
    Schema,
    record,
    rows_or_csv,
)
from target_ifs_cloud.mapping.schema_vendor import supplier_file, vendor_file
from target_ifs_cloud.mapping.vocabulary import COMPANIONS, OPERATORS, TAKES


def _companies_file() -> Schema:
    company = record(
        {
            "currency": {**CURRENCY, "description": "The company's accounting currency in IFS."},
            "series": {**WORD, "description": "Supplier invoice series."},
            "invoice_type": WORD,
            "credit_note_type": {
                **WORD,
                "description": "Invoice type of a bill with a negative total.",
            },
            "voucher_type": WORD,
            "supplier_payment_term": {
                **WORD,
                "description": "Payment term of a new supplier that has none in Procurify.",
            },
        },
        "currency",
        "series",
        "invoice_type",
        "credit_note_type",
        "voucher_type",
        "supplier_payment_term",
    )
    row = record(
        {
            "legal_entity": {
                **WORD,
                "description": "Legal entity of the location, by the table legal_entities.",
            },
            "location": {**WORD, "description": "Name of the Procurify location."},
            "location_id": WORD,
            "department": {**WORD, "description": "Name of the Procurify department."},
            "department_external_id": WORD,
            **DATES,
            "company": WORD,
        },
        "company",
        minProperties=2,
    )
    return {
        "required": ["base_currency", "companies", "company_by"],
        "properties": {
            "base_currency": {
                **CURRENCY,
                "description": "The base currency of the Procurify tenant.",
            },
            "companies": {"type": "object", "minProperties": 1, "additionalProperties": company},
            "company_by": rows_or_csv(
                {
                    "description": "Which company a cost belongs to; the first row that fits "
                    "counts.",
                    "type": "array",
                    "minItems": 1,
                    "items": row,
                }
            ),
        },
    }


def _code_parts_file() -> Schema:
    return {
        "required": ["code_parts"],
        "properties": {
            "code_parts": {
                "description": "Company, then letter of the code part, then the rule that "
                "fills it.",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "propertyNames": {"$ref": "#/$defs/letter"},
                    "additionalProperties": RULE,
                },
            },
        },
    }


def _tax_codes_file() -> Schema:
    row = record(
        {
            "company": WORD,
            "tax": {**WORD, "description": "Name of the tax in Procurify."},
            "percent": {"type": ["number", "integer"]},
            "no_tax": {"const": True, "description": "The row for lines without tax."},
            "code": {**WORD, "description": "Tax code in IFS."},
            **DATES,
        },
        "company",
        "code",
        oneOf=[{"required": ["tax", "percent"]}, {"required": ["no_tax"]}],
    )
    return {
        "required": ["tax_codes"],
        "properties": {
            "tax_codes": rows_or_csv({"type": "array", "minItems": 1, "items": row}),
        },
    }


def _tables_file() -> Schema:
    return {"required": ["tables"], "properties": {}}


def _tables() -> Schema:
    answer = record({"company": WORD, **DATES, "gives": WORD}, "gives")
    rows = {
        "type": "object",
        "additionalProperties": {
            "type": ["string", "integer", "number", "array"],
            "minItems": 1,
            "items": answer,
        },
    }
    table = record(
        {
            "reads": {"type": "string", "description": "What the keys are, in words."},
            "gives": {"type": "string", "description": "What the values are, in words."},
            "rows": rows,
            "csv": {"$ref": "#/$defs/csv"},
        },
        "reads",
        oneOf=[{"required": ["rows"]}, {"required": ["csv"]}],
    )
    return {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
        "additionalProperties": table,
    }


_FILES: Mapping[str, Callable[[], Schema]] = {
    "companies": _companies_file,
    "code_parts": _code_parts_file,
    "tax_codes": _tax_codes_file,
    "tables": _tables_file,
    "bill": bill_file,
    "purchase_order": purchase_order_file,
    "vendor": vendor_file,
    "supplier": supplier_file,
}
SUBJECTS = tuple(_FILES)
"""What a rule file can be about."""


def _file(subject: str) -> Schema:
    """A file's own keys, and what every file may hold: tables and cases."""
    own = _FILES[subject]()
    return {
        "type": "object",
        "additionalProperties": False,
        "required": own["required"],
        "properties": {
            "rules_for": {"const": subject},
            **own["properties"],
            "tables": {"$ref": "#/$defs/tables"},
            "cases": {"$ref": "#/$defs/cases"},
        },
    }


def _rule() -> Schema:
    words = [*OPERATORS, *COMPANIONS]
    return {
        "description": "Exactly one operator, with what happens when it finds nothing.",
        "type": "object",
        "additionalProperties": False,
        "oneOf": [{"required": [word.key]} for word in OPERATORS],
        "dependentRequired": {word.key: list(word.needs) for word in words if word.needs},
        "properties": {word.key: {**word.schema, "description": word.means} for word in words},
    }


def _cases() -> Schema:
    values: Schema = {"type": ["string", "integer", "number", "boolean"]}
    return {
        "description": "Examples that `procurify-ifs check` works out: what a row or field gives.",
        "type": "array",
        "minItems": 1,
        "items": record(
            {
                "title": {"type": "string", "description": "What the example shows."},
                "table": {"type": "string", "description": "The table that is asked."},
                "value": {**WORD, "description": "What is looked up in the table."},
                "tax": {**WORD, "description": "The tax's name; asks the tax codes."},
                "percent": {"type": ["number", "integer"]},
                "no_tax": {"const": True, "description": "Asks for the row without tax."},
                "company_of": {
                    "type": "object",
                    "description": "Location, department …; asks which company they belong to.",
                    "additionalProperties": WORD,
                    "minProperties": 1,
                },
                "letter": {"$ref": "#/$defs/letter"},
                "field": {
                    "type": "string",
                    "description": "The field that is asked, such as `header.DueDate`.",
                },
                "record": {"type": "object", "description": "The part of the record it reads."},
                "taken": {
                    "type": "object",
                    "description": "What the software would have worked out.",
                    "additionalProperties": values,
                },
                "company": WORD,
                "on": {**DAY, "description": "The invoice date, such as 2026-07-01."},
                "gives": {**values, "description": "The value that is expected."},
                "nothing": {"const": True, "description": "No value is expected."},
                "problem": {"type": "string", "description": "The code of the expected problem."},
            },
            oneOf=[{"required": [key]} for key in ("gives", "nothing", "problem")],
        ),
    }


@cache
def build_schema() -> Schema:
    """The JSON Schema of all rule files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rule files of target-ifs-cloud",
        "description": "What the accountant may write. A key that is not listed here is refused "
        "with its file and line.",
        "type": "object",
        "required": ["rules_for"],
        "properties": {
            "rules_for": {"description": "What this file is about.", "enum": list(SUBJECTS)}
        },
        "allOf": [
            {
                "if": {"properties": {"rules_for": {"const": subject}}},
                "then": {"$ref": f"#/$defs/{subject}_file"},
            }
            for subject in SUBJECTS
        ],
        "$defs": {
            "word": {"type": ["string", "integer", "number"]},
            "words": {
                "type": ["string", "integer", "number", "boolean", "array"],
                "items": {"type": ["string", "integer", "number", "boolean"]},
                "minItems": 1,
            },
            "day": {
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                "description": "A day such as 2026-07-01.",
            },
            "currency": {
                "type": "string",
                "pattern": "^[A-Z]{3}$",
                "description": "A currency code such as USD.",
            },
            "letter": {"type": "string", "pattern": "^[B-J]$"},
            "path": {
                "type": "string",
                "pattern": r"^[A-Za-z_0-9]+(\.[A-Za-z_0-9]+)*$",
                "description": "A field of the Procurify record, with points into nested records.",
            },
            "csv": {
                "type": "string",
                "pattern": r"^[A-Za-z0-9_-]+\.csv$",
                "description": "The name of a CSV file in the same folder, such as accounts.csv.",
            },
            "take": {
                "description": "Something that the software works out.",
                "enum": list(TAKES),
            },
            "fields": {
                "description": "Field of IFS, then the rule that fills it.",
                "type": "object",
                "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"},
                "additionalProperties": RULE,
            },
            "invoice_header": {"allOf": [FIELDS], "type": "object", "required": ["InvoiceDate"]},
            "ifs_order": ifs_order(),
            "tables": _tables(),
            "cases": _cases(),
            "rule": _rule(),
            **{f"{subject}_file": _file(subject) for subject in SUBJECTS},
        },
    }


def schema_text() -> str:
    """The schema as a file for editors."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"
