"""The duplicate look-up and what hangs below an invoice: complete, asked for, or an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from target_ifs_cloud.documents import CompanyId, DocumentKey, SupplierId, normalise_number
from target_ifs_cloud.errors import ConfigurationError, RefusedError, TemporaryError
from target_ifs_cloud.ifs.invoice_reader import InvoiceReader
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.ifs.profile import load_profile
from tests.unit.ifs.documents import row, shown
from tests.unit.ifs.site import Asked, Bench, Told, bench, changed

ERROR = {"error": {"code": "ODP_NOT_IMPLEMENTED", "message": "x"}}


def key(number: str = "INV-1", **changes: str) -> DocumentKey:
    """A key of the usual supplier."""
    values = {"company": "HCA", "supplier": "V-1", "series": "II", **changes}
    return DocumentKey(
        company=CompanyId(values["company"]),
        supplier=SupplierId(values["supplier"]),
        series=values["series"],
        number=normalise_number(number),
    )


def ledger(*rows: Mapping[str, Any]) -> Callable[[Asked], Told | None]:
    """A site that evaluates the filters that the reader writes."""

    def answer(asked: Asked) -> Told | None:
        if not asked.path.endswith("ManSuppInvoiceSet"):
            return None
        found = [row for row in rows if _matches(row, asked.options["$filter"])]
        return Told(value={"value": found, "@odata.count": len(found)})

    return answer


_TERM = re.compile(r"(?:tolower\(trim\((\w+)\)\)|(\w+)) eq (?:'((?:[^']|'')*)'|(\d+))")


def _matches(row: Mapping[str, Any], text: str) -> bool:
    """Whether a row is under a filter of equalities joined by and, or and brackets."""

    def judge(term: re.Match[str]) -> str:
        folded, plain, literal, number = term.groups()
        value = str(row[folded or plain])
        wanted = number or literal.replace("''", "'")
        return str((value.strip().lower() if folded else value) == wanted)

    words = _TERM.sub(judge, text)
    assert set(re.findall(r"\w+", words)) <= {"True", "False", "and", "or"}, words
    return bool(eval(words))  # noqa: S307  (nothing but the four words above)


def find(ifs: Bench, *keys: DocumentKey) -> dict[DocumentKey, list[str]]:
    """The ids found under each key."""
    found = InvoiceReader(ifs.client).find({k: k.number for k in keys})
    return {k: [invoice.invoice_id for invoice in invoices] for k, invoices in found.items()}


def test_every_key_of_the_question_is_in_the_answer(ifs: Bench) -> None:
    """Absent is an answer too."""
    ifs.site.answer = ledger(row(), row(InvoiceId=8, InvoiceNo="INV-2"))
    asked = [key("INV-1"), key("INV-2"), key("INV-3"), key("INV-1", supplier="V-2")]
    assert find(ifs, *asked) == dict(zip(asked, [["7"], ["8"], [], []], strict=True))


@pytest.mark.parametrize("written", ["INV-1", "inv-1", "Inv-1", " Inv-1 "])
def test_the_same_number_in_another_spelling_is_the_same(ifs: Bench, written: str) -> None:
    """Upper and lower case, and blanks around it."""
    ifs.site.answer = ledger(row(InvoiceNo=written))
    assert find(ifs, key("INV-1")) == {key("INV-1"): ["7"]}


def test_cancelled_invoices_do_not_count(ifs: Bench) -> None:
    """Their number may be used again."""
    ifs.site.answer = ledger(row(Objstate="Cancelled"), row(InvoiceId=8, Objstate="PaidPosted"))
    assert find(ifs, key()) == {key(): ["8"]}


def test_the_series_is_part_of_the_key(ifs: Bench) -> None:
    """The same number in another series is another invoice; without a series it could be ours."""
    ifs.site.answer = ledger(row(SeriesId="XX"), row(InvoiceId=8, SeriesId=None))
    assert find(ifs, key()) == {key(): ["8"]}


def test_several_invoices_under_one_key_are_all_shown(ifs: Bench) -> None:
    """Somebody else's mistake must be seen."""
    ifs.site.answer = ledger(row(), row(InvoiceId=8))
    assert find(ifs, key()) == {key(): ["7", "8"]}


def test_look_ups_are_grouped_by_company_and_length() -> None:
    """Many keys in few requests, each below the limit, all of them in one batch."""
    profile = changed(limits={**changed().limits.model_dump(), "url_length_max": 1500})
    with bench(profile) as ifs:
        rows = [row(InvoiceId=n, InvoiceNo=f"INV-{n}") for n in range(40)]
        rows += [row(Company="HUS", InvoiceId=n + 100, InvoiceNo=f"INV-{n}") for n in range(40)]
        ifs.site.answer = ledger(*rows)
        keys = [key(f"inv-{n}", company=c) for c in ("HCA", "HUS") for n in range(40)]
        assert all(len(ids) == 1 for ids in find(ifs, *keys).values())
        assert ifs.site.requests == [f"POST {ifs.path('invoice', '$batch')}"]
        assert len(ifs.site.asked) > 2
        for asked in ifs.site.asked:
            assert len({c for c in ("HCA", "HUS") if c in asked.options["$filter"]}) == 1


def test_quotes_in_numbers_stay_inside_their_literal(ifs: Bench) -> None:
    """A number cannot change the question."""
    ifs.site.answer = lambda _: Told(value={"value": [], "@odata.count": 0})
    find(ifs, key("x' or InvoiceNo ne '"))
    assert "eq 'X'' OR INVOICENO NE ''' or tolower" in ifs.site.asked[0].options["$filter"]


@pytest.mark.parametrize("status", [400, 501])
def test_a_site_that_refuses_functions_is_asked_for_the_usual_spellings(
    ifs: Bench, status: int
) -> None:
    """As written, upper, lower; found out once."""
    inner = ledger(row(InvoiceNo="inv-1"))

    def answer(asked: Asked) -> Told | None:
        is_function = "tolower" in asked.options["$filter"]
        told: Told | None = Told(status=status, value=ERROR) if is_function else inner(asked)
        return told

    ifs.site.answer = lambda _: Told(value={"value": [], "@odata.count": 0})
    list(ifs.client.rows("supplier", "Set"))
    ifs.site.asked.clear()
    ifs.site.answer = answer
    reader = InvoiceReader(ifs.client)
    for _ in range(2):
        found = reader.find({key("INV-1"): "Inv-1"})
        assert [s.invoice_id for s in found[key("INV-1")]] == ["7"]
    assert [a.options["$filter"].count("tolower") for a in ifs.site.asked] == [1, 0, 0]
    assert (
        "(InvoiceNo eq 'Inv-1' or InvoiceNo eq 'INV-1' or InvoiceNo eq 'inv-1')"
        in (ifs.site.asked[-1].options["$filter"])
    )


def test_numbers_are_always_asked_for_as_written_too(ifs: Bench) -> None:
    """Lower case is not the same everywhere, and ours must be found in any case."""
    ifs.site.answer = ledger(row(InvoiceNo="RÉF-İ1"))
    assert find(ifs, key("RÉF-İ1")) == {key("RÉF-İ1"): ["7"]}
    assert "InvoiceNo eq 'RÉF-İ1'" in ifs.site.asked[0].options["$filter"]


INCOMPLETE = {
    "throttled": Told(status=429, headers={"Retry-After": "9999"}),
    "down": Told(status=502),
    "cut short": Told(value='{"value": ['),
    "empty": Told(value=""),
    "no list": Told(value={}),
    "an error in a good status": Told(value={"error": {"code": "X"}}),
    "fewer rows than counted": Told(value={"value": [], "@odata.count": 2}),
    "rows not asked for": Told(value={"value": [row(InvoiceNo="OTHER")], "@odata.count": 1}),
    "rows of another supplier": Told(value={"value": [row(Identity="V-9")], "@odata.count": 1}),
    "rows without their fields": Told(value={"value": [{"A": 1}], "@odata.count": 1}),
}


@pytest.mark.parametrize("name", INCOMPLETE)
@pytest.mark.parametrize("companies", [["HCA"], ["HCA", "HUS"]])
def test_an_incomplete_look_up_is_no_answer(ifs: Bench, name: str, companies: list[str]) -> None:
    """Alone or in a batch: it never says absent."""
    ifs.site.answer = lambda _: INCOMPLETE[name]
    with pytest.raises(TemporaryError):
        find(ifs, *[key(company=company) for company in companies])


def test_a_lost_part_of_a_batched_look_up_is_no_answer(ifs: Bench) -> None:
    """The other company's answer does not stand in for it."""
    nothing = Told(value={"value": [], "@odata.count": 0})
    ifs.site.answer = lambda asked: nothing if asked.content_id else Told(value="{")
    ifs.site.batch = lambda text: text[: text.rindex("--answer\r\n")] + "--answer--\r\n"
    with pytest.raises(TemporaryError):
        find(ifs, key(), key(company="HUS"))


@pytest.mark.parametrize("status", [403, 404])
def test_a_look_up_that_is_not_offered_is_a_matter_for_the_profile(ifs: Bench, status: int) -> None:
    """Not found is about the set here, not about the invoice."""
    ifs.site.answer = lambda _: Told(status=status, value=ERROR)
    with pytest.raises(ConfigurationError, match="ManualSupplierInvoiceHandling"):
        find(ifs, key())


def test_a_refused_look_up_stays_refused(ifs: Bench) -> None:
    """Neither spelling is understood: nothing is known."""
    ifs.site.answer = lambda _: Told(status=400, value=ERROR)
    with pytest.raises(RefusedError):
        find(ifs, key())


# details


INVOICE = "ManSuppInvoiceSet(Company='HCA',InvoiceId={})"
HEAD = {"Company": "HCA", "ProposalId": 9, "InvoiceId": 7, "Balance": 0, "Objstate": "Balanced"}


def furnish(ifs: Bench) -> None:
    """Invoice 7 with two lines and a proposal of one row, invoice 8 with postings of its own."""
    furniture: list[tuple[int, str, list[dict[str, Any]]]] = [
        (7, "ManSuppInvoiceItemArray", [{"ItemId": 1}, {"ItemId": 2}]),
        (8, "ManSuppInvoiceItemArray", [{"ItemId": 1}]),
        (
            8,
            "ManSuppInvoicePostingsArray",
            [
                {"ItemId": 1, "RowId": 1, "PostingType": "IP1"},
                {"ItemId": 1, "RowId": 2, "PostingType": "IP3"},
            ],
        ),
    ]
    for id_, name, values in furniture:
        path = ifs.path("invoice", f"{INVOICE.format(id_)}/{name}")
        parent = {"Company": "HCA", "InvoiceId": id_, "@odata.etag": "e"}
        ifs.site.collections[path] = [parent | value for value in values]
    ifs.site.collections[ifs.path("proposal", "PostingProposalHeadSet")] = [HEAD]
    rows = "PostingProposalHeadSet(Company='HCA',ProposalId=9)/PostingProposalArray"
    ifs.site.collections[ifs.path("proposal", rows)] = [
        {"Company": "HCA", "ProposalId": 9, "RowId": 1, "CurrAmount": 100, "@odata.etag": "r"}
    ]


def pair() -> list[InvoiceShown]:
    """The two invoices."""
    return [shown(), shown(InvoiceId=8)]


def test_details_are_read_where_each_invoice_keeps_them(ifs: Bench) -> None:
    """Lines of both, the proposal of one, the postings of the other without tax rows."""
    furnish(ifs)
    first, second = InvoiceReader(ifs.client).read_details(pair(), proposals=[True, False])
    assert [line.path.rpartition("/")[2] for line in first.lines] == [
        "ManSuppInvoiceItemArray(Company='HCA',InvoiceId=7,ItemId=1)",
        "ManSuppInvoiceItemArray(Company='HCA',InvoiceId=7,ItemId=2)",
    ]
    assert first.proposal is not None
    head = "PostingProposalHeadSet(Company='HCA',ProposalId=9)"
    rows = "PostingProposalArray(Company='HCA',ProposalId=9,RowId=1)"
    assert [r.path for r in first.coded_rows] == [f"{head}/{rows}"]
    assert [r.etag for r in first.coded_rows] == ["r"]
    assert second.proposal is None
    assert [r.values["RowId"] for r in second.coded_rows] == [1]


def test_no_collection_is_expanded(ifs: Bench) -> None:
    """Each one has its own query with an order."""
    furnish(ifs)
    InvoiceReader(ifs.client).read_details(pair(), proposals=[True, False])
    assert all("$expand" not in asked.options for asked in ifs.site.asked)
    assert all("$orderby" in asked.options for asked in ifs.site.asked)


def test_proposals_of_many_invoices_are_found_together(ifs: Bench) -> None:
    """By number, in one question."""
    furnish(ifs)
    found = InvoiceReader(ifs.client).find_proposals([shown()])
    assert set(found) == {("HCA", "7")}
    assert ifs.site.asked[0].options["$filter"] == "(Company eq 'HCA' and InvoiceId eq 7)"
    assert InvoiceReader(ifs.client).find_proposals([]) == {}


def test_rows_of_another_invoice_are_an_error(ifs: Bench) -> None:
    """Answers that got mixed up must not become corrections."""
    furnish(ifs)
    path = ifs.path("invoice", f"{INVOICE.format(7)}/ManSuppInvoiceItemArray")
    ifs.site.collections[path][0]["InvoiceId"] = 8
    with pytest.raises(TemporaryError, match="another invoice"):
        InvoiceReader(ifs.client).read_details([shown()], proposals=[True])


def test_proposals_that_were_not_asked_for_are_an_error(ifs: Bench) -> None:
    """The filter was not honoured."""
    furnish(ifs)
    with pytest.raises(TemporaryError, match="not asked for"):
        InvoiceReader(ifs.client).find_proposals([shown(InvoiceId=99)])


def test_an_invoice_that_is_gone_is_no_invoice_without_lines(ifs: Bench) -> None:
    """Nothing is concluded from 404."""
    with pytest.raises(TemporaryError, match="gone"):
        InvoiceReader(ifs.client).read_details([shown()], proposals=[False])


def test_a_site_without_proposals_says_so_in_its_profile() -> None:
    """A company that uses them nevertheless is a fault of the profile."""
    with bench(changed(proposal=None)) as ifs:
        reader = InvoiceReader(ifs.client)
        with pytest.raises(ConfigurationError, match="proposal"):
            reader.find_proposals([shown()])


def test_in_an_automatic_series_the_number_stands_in_another_field() -> None:
    """IFS draws the invoice number; ours is looked up where it went."""
    names = load_profile().invoice.model_dump() | {"automatic_series": ["AUTO"]}
    rows = [
        row(SeriesId="AUTO", InvoiceNo="900001", NcfReference="inv-1"),
        row(SeriesId="AUTO", InvoiceNo="INV-1", NcfReference="other", InvoiceId=8),
    ]
    with bench(changed(invoice=names)) as ifs:
        ifs.site.answer = ledger(*rows)
        asked = key(series="AUTO")
        found = InvoiceReader(ifs.client).find({asked: "Inv-1"})
    assert [(one.invoice_id, one.number) for one in found[asked]] == [("7", "inv-1")]


@pytest.mark.parametrize("cap", [100, 5000])
@pytest.mark.parametrize("count", [0, 1, 4999, 5000, 5001])
def test_a_nested_collection_is_read_whole_by_its_own_query(count: int, cap: int) -> None:
    """Whatever the 5000 of the site limits: pages, or rows below one parent."""
    limits = load_profile().limits.model_dump() | {"page_size": 5000}
    path = "ManSuppInvoiceSet(Company='HCA',InvoiceId=7)"
    items = [
        {"Company": "HCA", "InvoiceId": 7, "ItemId": n, "NetCurrAmount": 1} for n in range(count)
    ]
    with bench(changed(limits=limits, use_batch=False)) as ifs:
        place = ifs.path("invoice", f"{path}/ManSuppInvoiceItemArray")

        def answer(asked: Asked) -> Told | None:
            if asked.path != place:
                return None
            skip, top = int(asked.options["$skip"]), min(int(asked.options["$top"]), cap)
            return Told(value={"value": items[skip : skip + top], "@odata.count": count})

        ifs.site.answer = answer
        ifs.site.collections[ifs.path("invoice", f"{path}/ManSuppInvoicePostingsArray")] = []
        (found,) = InvoiceReader(ifs.client).read_details([shown()], proposals=[False])
    assert len(found.lines) == count
