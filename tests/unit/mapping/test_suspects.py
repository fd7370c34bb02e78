"""Look-alikes are told with words a person can act on; likeness is never identity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from target_ifs_cloud.documents import CompanyId, SupplierId
from target_ifs_cloud.mapping import (
    Earlier,
    EarlierDocuments,
    Rules,
    earlier_of,
    find_suspects,
    map_bill,
)
from target_ifs_cloud.mapping.suspects import SUSPECTS_MAX, is_twin, near_number
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
    assert len(find_suspects(document, known, rules.bill.duplicates, reference())) == SUSPECTS_MAX


def test_a_document_is_remembered_by_what_a_copy_would_share(rules: Rules) -> None:
    """What one run has posted is an earlier document of the next."""
    mapped = map_bill(bill(), rules=rules, reference=reference(), links=NO_LINKS)
    own = earlier_of(as_invoice(mapped.document))
    assert (own.number, own.gross, own.day) == ("INV-7781", Decimal("80.00"), date(2026, 3, 9))
    copy = replace(own, source_id="copy", number="INV 7781")
    assert list(EarlierDocuments([own]).like(copy)) == [own]
    assert list(EarlierDocuments([own]).like(own)) == []
