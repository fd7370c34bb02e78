"""From a document to change sets, and back to what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_ifs_cloud.documents import Line, Posting
from target_ifs_cloud.ifs.batch import Operation, RowAnswer, action_of
from target_ifs_cloud.ifs.invoice_changes import (
    NoEtagError,
    correction_change_sets,
    create_change_set,
    final_posting_change_set,
    proposal_change_set,
)
from target_ifs_cloud.ifs.invoice_differences import differences, is_whole
from target_ifs_cloud.ifs.invoices import (
    InvoiceDetails,
    created_invoice,
    invoice_path,
    uses_proposal,
)
from target_ifs_cloud.ifs.profile_names import FinalPostingNames
from target_ifs_cloud.ifs.rows import RowShown
from target_ifs_cloud.reference import SupplierCompany, SupplierReference
from tests.unit.ifs.documents import (
    HEAD_PATH,
    PROFILE,
    child,
    details,
    invoice,
    lines,
    posting,
    proposal_rows,
    row,
    shown,
)
from tests.unit.ifs.references import company
from tests.unit.ifs.site import changed


def told(operations: tuple[Operation, ...]) -> list[tuple[str, str, str]]:
    """Method, last part of the path and If-Match of each operation."""
    return [(o.method, o.path.rpartition("/")[2], o.if_match) for o in operations]


def test_a_create_holds_header_and_lines_only_where_proposals_are_used() -> None:
    """Postings on the invoice would be refused there; they go to the proposal."""
    change = create_change_set(invoice(), uses_proposal=True, profile=PROFILE)
    header, *rest = change.operations
    assert header.path == "ManSuppInvoiceSet"
    assert header.fields == {
        "PartyType": "Supplier",
        "Company": "HCA",
        "Identity": "V-1",
        "SeriesId": "II",
        "InvoiceNo": "Inv-1",
        "Currency": "CAD",
        "NetCurrAmount": Decimal("100.00"),
        "VatCurrAmount": Decimal("5.00"),
        "GrossCurrAmount": Decimal("105.00"),
        "InvoiceDate": date(2026, 1, 31),
        "CreationDate": date(2026, 2, 1),
        "IntAllowed": True,
    }
    assert [(o.path, o.parent, o.fields) for o in rest] == [
        (
            "ManSuppInvoiceItemArray",
            1,
            {"NetCurrAmount": net, "VatCurrAmount": tax, "VatCode": "GST5"},
        )
        for net, tax in [
            (Decimal("60.00"), Decimal("3.00")),
            (Decimal("40.00"), Decimal("2.00")),
        ]
    ]


def test_a_create_holds_postings_where_proposals_are_not_used() -> None:
    """Code parts by letter, blanks left out."""
    change = create_change_set(invoice(), uses_proposal=False, profile=PROFILE)
    postings = [o.fields for o in change.operations if o.path == "ManSuppInvoicePostingsArray"]
    assert postings == [
        {"CodeA": "4010", "CodeB": "200", "CurrAmount": Decimal("60.00")},
        {"CodeA": "4010", "CodeB": "100", "CodeC": "P-1", "CurrAmount": Decimal("30.00")},
        {"CodeA": "4210", "CodeB": "100", "CurrAmount": Decimal("10.00")},
    ]


def test_fields_that_a_site_does_not_have_are_not_sent() -> None:
    """A null in the profile leaves the field out."""
    items = PROFILE.invoice.items.model_copy(update={"tax": None, "tax_code": None})
    names = PROFILE.invoice.model_copy(update={"gross": None, "items": items})
    change = create_change_set(
        invoice(), uses_proposal=True, profile=changed(invoice=names.model_dump())
    )
    assert "GrossCurrAmount" not in (change.operations[0].fields or {})
    assert change.operations[1].fields == {"NetCurrAmount": Decimal("60.00")}


def test_rules_may_override_a_constant_of_the_profile() -> None:
    """The document's own header has the last word."""
    document = invoice(header=(("PartyType", "Other"),))
    change = create_change_set(document, uses_proposal=True, profile=PROFILE)
    assert (change.operations[0].fields or {})["PartyType"] == "Other"


def test_proposal_rows_go_below_the_head_that_ifs_has_made() -> None:
    """One change set per document, one row per posting."""
    head = details().proposal
    change = proposal_change_set(invoice(), shown(), head, PROFILE)
    assert {o.path for o in change.operations} == {f"{HEAD_PATH}/PostingProposalArray"}
    assert [(o.fields or {})["CurrAmount"] for o in change.operations] == [60, 30, 10]


def test_a_missing_head_is_made_only_where_the_site_wants_that() -> None:
    """Otherwise it is not there yet, and nothing is guessed."""
    with pytest.raises(ValueError, match="no posting proposal"):
        proposal_change_set(invoice(), shown(), None, PROFILE)
    assert PROFILE.proposal is not None
    names = PROFILE.proposal.model_copy(update={"head": "create"})
    change = proposal_change_set(invoice(), shown(), None, changed(proposal=names.model_dump()))
    head, *rows = change.operations
    assert head.fields == {"Company": "HCA", "InvoiceId": 7}
    assert {(o.path, o.parent) for o in rows} == {("PostingProposalArray", 1)}


def test_an_invoice_that_agrees_needs_no_correction() -> None:
    """Order of rows, spelling of numbers and flags, and fields that IFS sets do not count."""
    corrections = correction_change_sets(invoice(), shown(), details(), PROFILE)
    assert (corrections.invoice, corrections.proposal) == (None, None)
    assert differences(invoice(), shown(), details(), PROFILE) == []
    assert is_whole(shown(), details(), PROFILE)


def test_a_changed_date_is_one_patch_with_the_etag_just_read() -> None:
    """And the amounts go along, unchanged."""
    seen = shown(InvoiceDate="2026-01-30T00:00:00Z")
    change = correction_change_sets(invoice(), seen, details(), PROFILE).invoice
    assert change is not None
    (patch,) = change.operations
    assert (patch.method, patch.if_match) == ("PATCH", 'W/"h1"')
    assert patch.path == "ManSuppInvoiceSet(Company='HCA',InvoiceId=7)"
    assert patch.fields == {
        "NetCurrAmount": Decimal("100.00"),
        "VatCurrAmount": Decimal("5.00"),
        "InvoiceDate": date(2026, 1, 31),
    }


def test_changed_lines_are_guarded_by_the_header() -> None:
    """Changed, removed, added: each with its own ETag, the header's first."""
    one = child("p/Item(1)", 'W/"1"', NetCurrAmount=50, VatCurrAmount=2, VatCode="GST5")
    keep = child("p/Item(2)", 'W/"2"', NetCurrAmount=40, VatCurrAmount=2, VatCode="GST5")
    extra = child("p/Item(3)", 'W/"3"', NetCurrAmount=10, VatCurrAmount=0, VatCode="EX0")
    seen = details(lines=(one, keep, extra))
    change = correction_change_sets(invoice(), shown(), seen, PROFILE).invoice
    assert change is not None
    assert told(change.operations) == [
        ("PATCH", "ManSuppInvoiceSet(Company='HCA',InvoiceId=7)", 'W/"h1"'),
        ("PATCH", "Item(1)", 'W/"1"'),
        ("DELETE", "Item(3)", 'W/"3"'),
    ]
    more = correction_change_sets(invoice(), shown(), details(lines=(keep,)), PROFILE).invoice
    assert more is not None
    assert told(more.operations)[1:] == [("POST", "ManSuppInvoiceItemArray", "")]


def test_changed_postings_are_corrected_where_they_are() -> None:
    """A code part that has to be empty is cleared, one that was empty stays unmentioned."""
    rows = list(proposal_rows())
    rows[2] = child("p/Row(3)", 'W/"3"', CodeA="4210", CodeB="300", CodeC="P-2", CurrAmount=10)
    head = replace(details().proposal, rows=tuple(rows))  # type: ignore[type-var]
    corrections = correction_change_sets(invoice(), shown(), details(proposal=head), PROFILE)
    assert corrections.invoice is None
    assert corrections.proposal is not None
    (patch,) = corrections.proposal.operations
    assert (patch.method, patch.path, patch.if_match) == ("PATCH", "p/Row(3)", 'W/"3"')
    assert patch.fields == {
        "CodeA": "4210",
        "CodeB": "100",
        "CodeC": None,
        "CurrAmount": Decimal("10.00"),
    }


def test_an_empty_proposal_is_filled() -> None:
    """The invoice was made, its rows were not: the second half is completed."""
    head = replace(details().proposal, rows=())  # type: ignore[type-var]
    corrections = correction_change_sets(invoice(), shown(), details(proposal=head), PROFILE)
    assert corrections.invoice is None
    assert corrections.proposal is not None
    assert [o.method for o in corrections.proposal.operations] == ["POST"] * 3


def test_a_missing_proposal_is_no_correction_but_an_error() -> None:
    """Where IFS makes it, it is not there yet; a document without postings needs none."""
    with pytest.raises(ValueError, match="no posting proposal"):
        correction_change_sets(invoice(), shown(), details(proposal=None), PROFILE)
    empty = invoice(postings=())
    assert correction_change_sets(empty, shown(), details(proposal=None), PROFILE).proposal is None


def test_postings_on_the_invoice_are_corrected_with_it() -> None:
    """One change set where the company uses no proposals."""
    seen = details(uses_proposal=False, proposal=None, postings=())
    corrections = correction_change_sets(invoice(), shown(), seen, PROFILE)
    assert corrections.proposal is None
    assert corrections.invoice is not None
    assert [o.method for o in corrections.invoice.operations] == ["PATCH", "POST", "POST", "POST"]


def test_cancelling_is_an_action_with_the_etag_just_read() -> None:
    """Named by projection and entity."""
    action = action_of(
        PROFILE.projection("invoice").name,
        invoice_path(shown(), PROFILE),
        PROFILE.invoice.cancel_action,
        etag=shown().etag,
    )
    assert action.path == (
        "ManSuppInvoiceSet(Company='HCA',InvoiceId=7)/"
        "IfsApp.ManualSupplierInvoiceHandling.ManSuppInvoice_Cancel"
    )
    assert (action.method, action.if_match, action.fields) == ("POST", 'W/"h1"', {})


FINAL = FinalPostingNames(
    action="PostInvoice",
    voucher_type="VoucherType",
    user_group="UserGroup",
    voucher_date="VoucherDate",
    automatic_pay_auth="PayAuth",
    default_voucher_type="I",
    user_group_value="AC",
    automatic_pay_auth_value=False,
)


@pytest.mark.parametrize(
    ("header", "names", "parameters"),
    [
        (
            {"VoucherType": "U", "VoucherDate": date(2026, 2, 3)},
            {},
            {"VoucherType": "U", "VoucherDate": date(2026, 2, 3)},
        ),
        ({}, {}, {"VoucherType": "I", "VoucherDate": date(2026, 1, 31)}),
        ({"VoucherType": "U"}, {"voucher_type": None}, {"VoucherDate": date(2026, 1, 31)}),
        ({"VoucherDate": date(2026, 2, 3)}, {"voucher_date": None}, {"VoucherType": "I"}),
    ],
)
def test_posting_for_good_is_an_action_with_the_voucher_of_the_document(
    header: dict[str, object], names: dict[str, None], parameters: dict[str, object]
) -> None:
    """Its type and day, else what the profile and the invoice date say; what is off is not sent."""
    final = FINAL.model_copy(update=names)
    profile = changed(
        invoice=PROFILE.invoice.model_copy(update={"final_posting": final}).model_dump()
    )
    values = {"InvoiceDate": date(2026, 1, 31), **header}
    document = invoice(header=tuple(values.items()))
    (action,) = final_posting_change_set(document, shown(), profile).operations
    assert (action.method, action.if_match) == ("POST", 'W/"h1"')
    assert action.path.endswith("/IfsApp.ManualSupplierInvoiceHandling.PostInvoice")
    assert action.fields == {"UserGroup": "AC", "PayAuth": False, **parameters}


def test_a_site_without_final_posting_posts_nothing_for_good() -> None:
    """To ask for it is a defect of ours."""
    none = PROFILE.invoice.model_copy(update={"final_posting": None})
    with pytest.raises(AssertionError, match=r"invoice\.final_posting"):
        final_posting_change_set(invoice(), shown(), changed(invoice=none.model_dump()))


@pytest.mark.parametrize(
    ("seen", "head_etag"),
    [
        (
            details(lines=(child("p/1", "", NetCurrAmount=60, VatCurrAmount=4), *lines()[:1])),
            'W/"h"',
        ),
        (details(lines=(*lines(), child("p/3", "", NetCurrAmount=1))), 'W/"h"'),
        (details(lines=lines()[:1]), ""),
    ],
    ids=["changed row", "surplus row", "header"],
)
def test_nothing_is_corrected_that_is_shown_without_an_etag(
    seen: InvoiceDetails, head_etag: str
) -> None:
    """Somebody could have changed it since."""
    with pytest.raises(NoEtagError, match="without an ETag"):
        correction_change_sets(invoice(), shown(**{"@odata.etag": head_etag}), seen, PROFILE)


def test_rows_that_are_equal_need_no_etag() -> None:
    """They are left alone."""
    bare = tuple(replace(one, etag="") for one in lines())
    seen = shown(**{"@odata.etag": ""})
    corrections = correction_change_sets(invoice(), seen, details(lines=bare), PROFILE)
    assert (corrections.invoice, corrections.proposal) == (None, None)


def test_differences_are_told_in_words() -> None:
    """Header fields, rows that differ, rows that are missing, rows too many."""
    seen = details(lines=lines()[:1], proposal=None)
    words = differences(invoice(), shown(InvoiceDate=None), seen, PROFILE)
    assert "InvoiceDate: IFS has nothing, the document 2026-01-31" in words
    assert "line of 60.00 is missing in IFS" in words
    assert sum("posting of" in word for word in words) == 3
    extra = child("x", "e", CodeA="1", CurrAmount=1)
    head = replace(details().proposal, rows=(*proposal_rows(), extra))  # type: ignore[type-var]
    assert differences(invoice(), shown(), details(proposal=head), PROFILE) == [
        "posting of 1 stands in IFS and not in the document"
    ]


def test_what_other_hands_left_empty_is_no_difference() -> None:
    """An invoice without our mark was entered by hand; one with it must be as it was sent."""
    header = (*invoice().header, ("VoucherText", "Procurify bill 7"))
    document = replace(invoice(), header=header)
    by_hand = shown(DueDate=None, InvoiceDate="2026-01-30", VoucherText=None)
    assert differences(document, by_hand, details(), PROFILE) == [
        "InvoiceDate: IFS has 2026-01-30, the document 2026-01-31"
    ]
    ours = shown(InvoiceDate=None, VoucherText="Procurify bill 7")
    assert differences(document, ours, details(), PROFILE) == [
        "InvoiceDate: IFS has nothing, the document 2026-01-31"
    ]


def test_rows_that_differ_are_told_by_the_fields_that_differ() -> None:
    """The ones that are the same, and the ones that IFS does not show, are not named."""
    rows = list(proposal_rows())
    rows[0] = child("p/Row(1)", "e", CodeA="4010", CodeB="300", CurrAmount=61)
    head = replace(details().proposal, rows=tuple(rows))  # type: ignore[type-var]
    assert differences(invoice(), shown(), details(proposal=head), PROFILE) == [
        "posting of 60.00: IFS has another CodeB, CurrAmount"
    ]


def test_code_parts_that_ifs_fills_and_the_document_does_not_are_told() -> None:
    """Of every letter; a blank one, and one that IFS does not show, is none."""
    rows = list(proposal_rows())
    for letter in "BCDEFGHIJ":
        values = {**rows[2].values, f"Code{letter}": "X"}
        extra = replace(rows[2], values=values)
        head = replace(details().proposal, rows=(*rows[:2], extra))  # type: ignore[type-var]
        seen = details(proposal=head)
        assert differences(invoice(), shown(), seen, PROFILE) == [
            f"posting of 10.00: IFS has another Code{letter}"
        ]
        change = correction_change_sets(invoice(), shown(), seen, PROFILE).proposal
        assert change is not None
        (patch,) = change.operations
        assert (patch.fields or {})[f"Code{letter}"] == ("100" if letter == "B" else None)


def test_equal_rows_are_paired_one_to_one() -> None:
    """Two postings that are the same need two rows; the second of three is the one too many."""
    twice = (posting("4010", "50.00"), posting("4010", "50.00"))
    rows = tuple(child(f"p/Row({n})", f"e{n}", CodeA="4010", CurrAmount=50) for n in range(1, 4))
    told = {}
    for count in (1, 2, 3):
        head = replace(details().proposal, rows=rows[:count])  # type: ignore[type-var]
        told[count] = differences(invoice(postings=twice), shown(), details(proposal=head), PROFILE)
    assert told == {
        1: ["posting of 50.00 is missing in IFS"],
        2: [],
        3: ["posting of 50 stands in IFS and not in the document"],
    }


@pytest.mark.parametrize("hidden", ["CodeA", "CurrAmount"])
def test_a_row_that_does_not_show_what_identifies_it_is_equal_to_none(hidden: str) -> None:
    """Fields that are merely not shown do not count."""
    first, *rest = proposal_rows()
    values = {name: value for name, value in first.values.items() if name != hidden}
    head = replace(  # type: ignore[type-var]
        details().proposal, rows=(replace(first, values=values), *rest)
    )
    change = correction_change_sets(invoice(), shown(), details(proposal=head), PROFILE).proposal
    assert change is not None
    assert [o.method for o in change.operations] == ["PATCH"]
    bare = {name: value for name, value in first.values.items() if name != "CodeB"}
    head = replace(  # type: ignore[type-var]
        details().proposal, rows=(replace(first, values=bare), *rest)
    )
    assert differences(invoice(), shown(), details(proposal=head), PROFILE) == []


@pytest.mark.parametrize(
    ("net", "tax", "expected"),
    [("100", "5", True), ("100.01", "5", False), ("100", "5.01", False), ("95", "10", False)],
)
def test_parts_are_added_up_to_net_and_tax_each(net: str, tax: str, *, expected: bool) -> None:
    """Not to their sum."""
    seen = shown(NetCurrAmount=net, VatCurrAmount=tax)
    assert is_whole(seen, details(), PROFILE) is expected


def test_many_differences_are_counted_not_listed() -> None:
    """A report stays readable; twenty are all told."""
    few = tuple(Line(ref=str(n), net=Decimal(n), tax=Decimal(0), tax_code=None) for n in range(20))
    told = differences(invoice(lines=few), shown(), details(lines=()), PROFILE)
    assert told[0] == "line of 0 is missing in IFS"
    assert told[19] == "line of 19 is missing in IFS"
    assert len(told) == 20
    one_more = (*few, few[0])
    assert differences(invoice(lines=one_more), shown(), details(lines=()), PROFILE)[20:] == [
        "and 1 more line(s)"
    ]
    many = tuple(Line(ref=str(n), net=Decimal(n), tax=Decimal(0), tax_code=None) for n in range(99))
    words = differences(invoice(lines=many), shown(), details(lines=()), PROFILE)
    assert "and 79 more line(s)" in words
    assert len(words) == 21


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (details(), True),
        (details(lines=()), False),
        (details(lines=lines()[:1]), False),
        (details(lines=(*lines(), lines()[0])), False),
        (details(proposal=None), False),
        (details(uses_proposal=False), False),
        (details(uses_proposal=False, postings=proposal_rows()), True),
        (details(uses_proposal=False, postings=proposal_rows()[1:]), False),
    ],
)
def test_an_invoice_is_whole_when_its_parts_add_up(seen: object, *, expected: bool) -> None:
    """Lines to the header, postings to its net amount, wherever they are kept."""
    assert is_whole(shown(), seen, PROFILE) is expected  # type: ignore[arg-type]


def test_the_answer_to_a_create_must_name_the_invoice() -> None:
    """Another number, another supplier, or no id: it has to be looked up."""
    answer = RowAnswer(status=201, row=row(), etag='W/"n"')
    made = created_invoice(invoice(), answer, PROFILE)
    assert made is not None
    assert (made.invoice_id, made.etag) == ("7", 'W/"n"')
    for change in ({"InvoiceNo": "Inv-2"}, {"Identity": "V-2"}, {"InvoiceId": None}):
        other = RowAnswer(status=201, row=row(**change))
        assert created_invoice(invoice(), other, PROFILE) is None
    assert created_invoice(invoice(), RowAnswer(status=204), PROFILE) is None


@pytest.mark.parametrize("value", [7, "7"])
def test_the_id_of_an_invoice_is_a_number_in_its_address(value: object) -> None:
    """Also where numbers come as strings."""
    path = invoice_path(shown(InvoiceId=value), PROFILE)
    assert path == "ManSuppInvoiceSet(Company='HCA',InvoiceId=7)"


@pytest.mark.parametrize(
    ("company_uses", "supplier_uses", "expected"),
    [
        (True, None, True),
        (True, False, True),
        (False, None, False),
        (False, False, False),
        (False, True, True),
    ],
)
def test_the_company_or_the_supplier_decides_on_proposals(
    *, company_uses: bool, supplier_uses: bool | None, expected: bool
) -> None:
    """Either of them is enough."""
    reference = company(uses_posting_proposal=company_uses)
    supplier = SupplierReference(
        supplier=invoice().supplier,
        name="x",
        country="CA",
        companies={
            reference.company: SupplierCompany(
                payment_term="30", uses_posting_proposal=supplier_uses
            )
        },
    )
    assert uses_proposal(reference, supplier) is expected
    assert uses_proposal(reference) is company_uses


AMOUNTS = st.lists(st.integers(min_value=-500, max_value=500), max_size=8)


@given(AMOUNTS, AMOUNTS)
def test_corrections_bring_any_rows_to_the_document(have: list[int], want: list[int]) -> None:
    """Applied to what IFS shows, they leave exactly the rows of the document."""
    rows = {
        f"p/{n}": RowShown(path=f"p/{n}", etag=f"e{n}", values={"CodeA": "1", "CurrAmount": value})
        for n, value in enumerate(have)
    }
    postings: tuple[Posting, ...] = tuple(posting("1", str(value)) for value in want)
    head = replace(details().proposal, rows=tuple(rows.values()))  # type: ignore[type-var]
    document = invoice(postings=postings)
    change = correction_change_sets(document, shown(), details(proposal=head), PROFILE).proposal
    result = {path: shown_row.values["CurrAmount"] for path, shown_row in rows.items()}
    for number, operation in enumerate(change.operations if change else ()):
        if operation.method == "DELETE":
            assert operation.if_match == rows[operation.path].etag
            del result[operation.path]
        elif operation.method == "PATCH":
            assert operation.if_match == rows[operation.path].etag
            result[operation.path] = (operation.fields or {})["CurrAmount"]
        else:
            result[f"new {number}"] = (operation.fields or {})["CurrAmount"]
    assert sorted(result.values()) == sorted(want)
