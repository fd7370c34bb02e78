"""Look-alikes are told with words a person can act on; likeness is never identity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.documents import CompanyId, SupplierId, SupplierInvoice
from target_ifs_cloud.mapping import (
    Earlier,
    EarlierDocuments,
    Rules,
    earlier_of,
    find_suspects,
    map_bill,
)
from target_ifs_cloud.mapping.suspects import is_twin, near_number
from tests.unit.mapping.builders import bill, reference, supplier_reference
from tests.unit.mapping.conftest import NO_LINKS
from tests.unit.mapping.outcomes import as_invoice

EARLIER = Earlier(
    label="bill 9",
    source_id="other",
    company=CompanyId("HCA"),
    supplier=SupplierId("V-10006"),
    number="inv 07781",
    currency="USD",
    gross=Decimal("80.00"),
    day=date(2026, 3, 9),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INV-7781", "inv 7781"),
        ("INV-007781", "7781"),
        ("Invoice no. 7781", "INV7781"),
        ("2026/40228", "2026-40228"),
        ("A1O05", "A1005"),
        ("l00l", "1001"),
        ("７７８１", "7781"),  # noqa: RUF001  (wide digits on purpose)
        ("0", "000"),
    ],
)
def test_these_numbers_are_nearly_the_same(one: str, other: str) -> None:
    """What people type differently for one paper."""
    assert near_number(one) == near_number(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("7781", "7782"), ("7781", "77810"), ("INV-1-10", "INV-1-01"), ("NO", "REF"), ("A-1", "B-1")],
)
def test_these_numbers_are_not(one: str, other: str) -> None:
    """Suppliers count upwards; every digit matters."""
    assert near_number(one) != near_number(other)


@pytest.mark.parametrize(
    ("one", "other", "is_expected"),
    [
        ("Five Star Instruments", "FIVE STAR INSTRUMENTS, INC.", True),
        ("Müller GmbH & Co. KG", "Muller", True),
        ("Five Star", "Six Star", False),
        ("Inc.", "Ltd.", False),
    ],
)
def test_twins_have_one_name_but_for_the_legal_form(
    one: str, other: str, *, is_expected: bool
) -> None:
    """Accents and case aside; two names of nothing but a legal form say nothing."""
    known = reference(suppliers=[supplier_reference("A", one), supplier_reference("B", other)])
    assert is_twin(SupplierId("A"), SupplierId("B"), known) is is_expected


def test_twins_may_share_a_registration_number() -> None:
    """Whatever they call themselves; nobody is the twin of a supplier that IFS does not have."""
    rows = [
        replace(supplier_reference(name, name), association_no="55-1") for name in ("Alpha", "Beta")
    ]
    known = reference(suppliers=rows)
    assert is_twin(SupplierId("Alpha"), SupplierId("Beta"), known)
    assert not is_twin(SupplierId("Alpha"), SupplierId("Gamma"), known)


def test_the_message_names_the_other_its_amount_and_the_rule(rules: Rules) -> None:
    """So that one look is enough."""
    mapped = map_bill(bill(), rules=rules, reference=reference(), links=NO_LINKS)
    document = as_invoice(mapped.document)
    (suspect,) = find_suspects(
        document, EarlierDocuments([EARLIER]), rules.bill.duplicates, reference()
    )
    assert suspect.problem.code == "duplicate_suspected"
    assert "as bill 9 (number inv 07781, 80.00 USD)" in suspect.problem.message
    assert "(rule bill.yml:" in suspect.problem.message
    assert not suspect.is_hold


def test_the_strictest_rule_of_several_likenesses_counts(rules: Rules) -> None:
    """Near number warns, same money holds: it is held."""
    strict = replace(rules.bill.duplicates, same_amount_and_date="hold")
    mapped = map_bill(bill(), rules=rules, reference=reference(), links=NO_LINKS)
    document = as_invoice(mapped.document)
    (suspect,) = find_suspects(document, EarlierDocuments([EARLIER]), strict, reference())
    assert suspect.is_hold


def test_a_crowd_of_look_alikes_is_cut_short(rules: Rules) -> None:
    """The twenty-first says nothing new."""
    crowd = [replace(EARLIER, source_id=str(at)) for at in range(100)]
    mapped = map_bill(bill(), rules=rules, reference=reference(), links=NO_LINKS)
    document = as_invoice(mapped.document)
    known = EarlierDocuments(crowd)
    found = find_suspects(document, known, rules.bill.duplicates, reference())
    assert [suspect.other for suspect in found] == crowd[:20]


def own_document(rules: Rules) -> SupplierInvoice:
    """Bill INV-7781 of 80.00 USD, of 9 March."""
    mapped = map_bill(bill(), rules=rules, reference=reference(), links=NO_LINKS)
    return as_invoice(mapped.document)


SAME_MONEY = "the same supplier, amount and date"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ["nearly the same number", SAME_MONEY]),
        ({"gross": Decimal("80.01")}, ["nearly the same number"]),
        ({"currency": "CAD"}, ["nearly the same number"]),
        ({"day": date(2026, 3, 10)}, ["nearly the same number"]),
        ({"day": None}, ["nearly the same number"]),
        ({"number": "other"}, [SAME_MONEY]),
        ({"number": "other", "day": None}, []),
        ({"number": "other", "company": CompanyId("HUS")}, []),
        ({"number": "INV-7781"}, []),
        ({"number": "other", "supplier": SupplierId("V-1")}, []),
        (
            {"number": "INV-7781", "supplier": SupplierId("V-1")},
            ["the same number from a supplier"],
        ),
        ({"number": "INV-7781", "supplier": SupplierId("V-2")}, []),
        ({"supplier": SupplierId("V-1")}, []),
    ],
)
def test_each_likeness_is_told_by_its_own_rule(
    rules: Rules, changes: dict[str, Any], words: list[str]
) -> None:
    """Alone, with the others ignored; one number of one supplier is the key and no suspicion."""
    names = ("near_number", "same_amount_and_date", "twin_vendor")
    suppliers = [
        supplier_reference(),
        supplier_reference("V-1", "FIVE STAR instruments Ltd."),
        supplier_reference("V-2", "Somebody Else"),
    ]
    told = []
    for name in names:
        ignored = dict.fromkeys(names, "ignore")
        choice = replace(rules.bill.duplicates, **{**ignored, name: "hold"})  # type: ignore[arg-type]
        other = EarlierDocuments([replace(EARLIER, **changes)])
        for suspect in find_suspects(
            own_document(rules), other, choice, reference(suppliers=suppliers)
        ):
            assert suspect.is_hold
            told.append(suspect.problem.message)
    assert len(told) == len(words)
    assert all(text.startswith(word) for text, word in zip(told, words, strict=True))


def test_invoices_that_only_ifs_knows_are_each_told(rules: Rules) -> None:
    """They have no source of ours, and are not one because of that."""
    known = [replace(EARLIER, source_id="", label=f"invoice {at}") for at in (1, 2)]
    own = replace(earlier_of(own_document(rules)), source_id="")
    assert list(EarlierDocuments(known).like(own)) == known


def test_two_documents_without_a_day_are_not_of_the_same_day(rules: Rules) -> None:
    """The near number is all that is told."""
    document = own_document(rules)
    header = tuple(pair for pair in document.header if pair[0] != "InvoiceDate")
    strict = replace(rules.bill.duplicates, same_amount_and_date="hold", near_number="warn")
    undated = EarlierDocuments([replace(EARLIER, day=None)])
    (suspect,) = find_suspects(replace(document, header=header), undated, strict, reference())
    assert not suspect.is_hold


def test_a_document_is_remembered_by_what_a_copy_would_share(rules: Rules) -> None:
    """What one run has posted is an earlier document of the next."""
    mapped = map_bill(bill(), rules=rules, reference=reference(), links=NO_LINKS)
    own = earlier_of(as_invoice(mapped.document))
    assert (own.number, own.gross, own.day) == ("INV-7781", Decimal("80.00"), date(2026, 3, 9))
    copy = replace(own, source_id="copy", number="INV 7781")
    assert list(EarlierDocuments([own]).like(copy)) == [own]
    assert list(EarlierDocuments([own]).like(own)) == []
