"""The accountant's cases: each is a document and what must become of it, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.documents import BilledLine, CodeString, Mapped, SupplierInvoice
from target_ifs_cloud.mapping import (
    EarlierDocuments,
    check,
    find_suspects,
    map_bill,
    map_purchase_order,
)
from tests.unit.mapping.accounting import (
    Case,
    billed_of,
    earlier_of_case,
    read_cases,
    record_of,
    reference_of,
    rules_of,
)
from tests.unit.mapping.outcomes import as_invoice

CASES = read_cases()
CASES_MIN = 60
OUTCOMES = {"invoice", "held", "left_out"}
FIELDS = {
    "type": "InvoiceType",
    "rate": "CurrRate",
    "date": "InvoiceDate",
    "due": "DueDate",
    "posted_on": "VoucherDate",
    "term": "PayTermId",
    "orders": "PoRefNumber",
}
"""Words of the cases for header fields of IFS."""


def test_there_are_enough_cases_and_each_says_why() -> None:
    """A title of its own, the rule or behaviour it stands for, and one outcome."""
    assert len(CASES) >= CASES_MIN
    assert len({name for name, _ in CASES}) == len(CASES)
    for name, case in CASES:
        assert case["why"], name
        assert len(OUTCOMES & case.keys()) == 1, name


def outcome_of(case: Case) -> Mapped:
    """What the rules and the checks make of a case."""
    rules, reference, record = rules_of(case), reference_of(case), record_of(case)
    if "bill" in case:
        mapped = map_bill(record, rules=rules, reference=reference, links={})
    else:
        mapped = map_purchase_order(
            record, rules=rules, reference=reference, links={}, billed=billed_of(case)
        )
    return mapped


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_the_case_comes_out_as_the_accountant_says(case: Case) -> None:
    """Amounts to the cent, codes to the letter, every reason named."""
    mapped = outcome_of(case)
    if "left_out" in case:
        assert mapped.not_wanted.startswith(case["left_out"])
        return
    problems = list(mapped.problems)
    if mapped.document is not None:
        problems += check(as_invoice(mapped.document), reference_of(case))
    if "held" in case:
        found = {problem.code: f"{problem.field}: {problem.message}" for problem in problems}
        assert found.keys() == case["held"].keys(), problems
        for code, words in case["held"].items():
            assert words in found[code], found[code]
        return
    assert problems == []
    document = as_invoice(mapped.document)
    expect_invoice(document, case["invoice"])
    expect_suspects(document, case)
    taken = [split_off(text) for text in case["invoice"].get("takes_off", [])]
    assert [taken_off(line) for line in document.billed] == taken


def expect_invoice(document: SupplierInvoice, told: Mapping[str, Any]) -> None:
    """Everything that the case says of the invoice; amounts and postings always."""
    assert str(document.company) == told["company"]
    assert (document.net, document.tax, document.gross) == tuple(
        Decimal(told[name]) for name in ("net", "tax", "gross")
    )
    postings = [(words(row.codes), row.amount) for row in document.postings]
    assert postings == [split_off(text) for text in told["postings"]]
    header = dict(document.header)
    for word, name in FIELDS.items():
        if word in told:
            assert str(header.get(name)) == told[word], name
    if "lines" in told:
        lines = [(x.net, x.tax, x.tax_code) for x in document.lines]
        assert lines == [line_of(text) for text in told["lines"]]
    for name in ("number", "currency", "supplier", "series"):
        if name in told:
            assert str(getattr(document, name)) == told[name]
    assert told.keys() <= {
        "company", "net", "tax", "gross", "postings", "lines", "number", "currency", "supplier",
        "series", "takes_off", *FIELDS,
    }  # fmt: skip


def words(codes: CodeString) -> str:
    """``4010 200 P-1``: account, cost centre and project as far as they are there."""
    return " ".join(value for _, value in codes)


def split_off(text: str) -> tuple[str, Decimal]:
    """``4010 200: 80.00`` as words and amount."""
    before, _, amount = text.rpartition(": ")
    return before, Decimal(amount)


def line_of(text: str) -> tuple[Decimal, Decimal, str]:
    """``80.00 + 4.00 GST5`` as net, tax and tax code."""
    net, _, tax, code = text.split()
    return Decimal(net), Decimal(tax), code


def taken_off(line: BilledLine) -> tuple[str, Decimal]:
    """What a bill takes off an order line, as ``line 193, 4010 200: 80.00`` says it."""
    return f"line {line.order_line_id}, {words(line.codes)}", line.amount


def expect_suspects(document: SupplierInvoice, case: Case) -> None:
    """The look-alikes that the case names, and no others."""
    found = find_suspects(
        document,
        EarlierDocuments(earlier_of_case(case)),
        rules_of(case).bill.duplicates,
        reference_of(case),
    )
    told = {
        suspect.other.label: f"{'hold' if suspect.is_hold else 'warn'}: {suspect.problem.message}"
        for suspect in found
    }
    expected = case.get("suspects", {})
    assert told.keys() == expected.keys()
    for label, words in expected.items():
        assert words in told[label]
