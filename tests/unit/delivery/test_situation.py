"""What is known of one document, piece by piece: every piece alone, and where a limit is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.delivery.correction import describe_change
from target_ifs_cloud.delivery.entry import UNSURE, Content, Entry, State
from target_ifs_cloud.delivery.plan import Known, Move, Shown
from target_ifs_cloud.delivery.situation import (
    Candidate,
    as_left,
    compare_header,
    has_content,
    is_changed,
    is_elsewhere,
    is_hopeless,
    is_mine,
    is_ours,
    is_settled,
    is_stamped,
    is_there_already,
    situation_of,
)
from target_ifs_cloud.documents import ORDER_SERIES, Problem, SupplierInvoice
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.mapping import source_of
from tests.unit.delivery.builders import candidate_of, entry_of
from tests.unit.ifs import documents

NOW = datetime(2026, 3, 12, tzinfo=timezone.utc)
DOCUMENT = documents.invoice()
EDITED = documents.invoice(net=Decimal("110.00"), gross=Decimal("115.00"))
MOVED = documents.invoice(number="Inv-2")


def entry(state: State = State.CONFIRMED, **changes: Any) -> Entry:
    """What the outbox remembers of the document as it was sent."""
    return entry_of(DOCUMENT, state, **changes)


def candidate(
    known: Entry | None = None, document: SupplierInvoice | None = DOCUMENT, **changes: Any
) -> Candidate:
    """The document on its way again, read anew."""
    return candidate_of(DOCUMENT, known, document, **changes)


@pytest.mark.parametrize(
    ("unanswered", "is_patient", "expected"),
    [(3, False, False), (4, False, True), (5, False, True), (9, True, False), (10, True, True)],
)
def test_a_write_is_hopeless_after_four_silences_and_alone_after_ten(
    unanswered: int, *, is_patient: bool, expected: bool
) -> None:
    """An outage of everything is no fault of one document."""
    assert is_hopeless(entry(unanswered=unanswered), is_patient=is_patient) is expected
    assert not is_hopeless(None, is_patient=is_patient)


@pytest.mark.parametrize(("age_s", "expected"), [(299, False), (300, True), (301, True)])
def test_a_write_is_settled_when_its_time_is_over(age_s: int, *, expected: bool) -> None:
    """To the second; what was never sent is settled."""
    sent = entry(sent_at=NOW - timedelta(seconds=age_s))
    assert is_settled(sent, now=NOW, settling_time_s=300) is expected
    assert is_settled(entry(), now=NOW, settling_time_s=300)
    assert is_settled(None, now=NOW, settling_time_s=300)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True), ({"Currency": "USD"}, False), ({"NetCurrAmount": "100.01"}, False),
        ({"VatCurrAmount": 0}, False), ({"GrossCurrAmount": 1}, True),
    ],
)  # fmt: skip
def test_an_invoice_is_compared_by_currency_net_and_tax(
    changes: dict[str, Any], *, expected: bool
) -> None:
    """The gross amount follows from them, and some sites do not show it."""
    assert has_content(documents.shown(**changes), DOCUMENT) is expected


@pytest.mark.parametrize(
    ("known", "document", "source_hash", "rules", "expected"),
    [
        (None, DOCUMENT, "h", "r1", False),
        (entry(), None, "newer", "r1", False),
        # Confirmed: its own content alone, and only of a record that is new.
        (entry(), DOCUMENT, "newer", "r2", False),
        (entry(), EDITED, "newer", "r1", True),
        (entry(), EDITED, "h", "r2", False),
        (entry(content=None), DOCUMENT, "newer", "r1", True),
        (entry(content=replace(Content.of(DOCUMENT), fingerprint=UNSURE)), DOCUMENT, "newer", "r1",
         True),
        # Entered by other hands: by its amounts.
        (entry(content=replace(Content.of(EDITED), fingerprint="")), EDITED, "newer", "r1", False),
        (entry(content=replace(Content.of(EDITED), fingerprint="")), DOCUMENT, "newer", "r1", True),
        # Refused: the record, the content or the rules.
        (entry(State.REJECTED), DOCUMENT, "h", "r1", False),
        (entry(State.REJECTED), DOCUMENT, "newer", "r1", True),
        (entry(State.REJECTED), DOCUMENT, "h", "r2", True),
        (entry(State.REJECTED, intent=Content.of(DOCUMENT)), DOCUMENT, "h", "r1", False),
        (entry(State.REJECTED, intent=Content.of(EDITED)), DOCUMENT, "h", "r1", True),
        # Held or cancelled: as soon as nothing speaks against it.
        (entry(State.HELD), DOCUMENT, "h", "r1", True),
        (entry(State.CANCELLED), DOCUMENT, "h", "r1", True),
    ],
)  # fmt: skip
def test_a_document_is_changed_when_what_counts_for_its_state_is(
    known: Entry | None,
    document: SupplierInvoice | None,
    source_hash: str,
    rules: str,
    *,
    expected: bool,
) -> None:
    """New rules alone never touch what is in IFS."""
    source = replace(DOCUMENT.source, hash=source_hash)
    found = candidate(known, document, source=source, rules_version=rules)
    assert is_changed(found) is expected


RECORD = {"uuid": "u1", "version": 3, "invoice_number": "Inv-1"}
LEFT = source_of("bill", RECORD)
PROBLEM = Problem(code="x", field="f", message="m", fix="c")


@pytest.mark.parametrize(
    ("changes", "is_left"),
    [
        ({}, True),
        ({"amount": None}, True),
        ({"state": State.IN_DOUBT}, False),
        ({"problems": (PROBLEM,)}, False),
        ({"note": "told to somebody"}, False),
        ({"content": None}, False),
        ({"content": replace(Content.of(DOCUMENT), fingerprint=UNSURE)}, False),
        ({"content": replace(Content.of(DOCUMENT), fingerprint="")}, True),
        ({"rules_version": "r0"}, False),
        ({"rules_version": "r2"}, False),
        ({"source": replace(LEFT, hash="0")}, False),
        ({"source": replace(LEFT, hash="g")}, False),
        ({"source": replace(LEFT, label="bill Inv-0")}, False),
        ({"source": replace(LEFT, version=2)}, False),
    ],
)
def test_a_bill_is_left_as_it_was_sent_when_nothing_at_all_is_new(
    changes: dict[str, Any], *, is_left: bool
) -> None:
    """Neither record nor rules, and nothing that a person should look at."""
    known = entry(**{"source": LEFT, **changes})
    found = as_left(RECORD, known, "r1")
    assert (found is not None) is is_left
    if found:
        assert (found.entry, found.source, found.document) == (known, LEFT, None)


def test_an_order_is_changed_by_its_bills_while_its_record_stays() -> None:
    """What is open on it goes down without anything new in the order."""
    source = replace(DOCUMENT.source, kind="purchase_order")
    assert is_changed(candidate(entry(source=source), EDITED, source=source))
    assert not is_changed(candidate(entry(source=source), DOCUMENT, source=source))


@pytest.mark.parametrize(
    ("known", "document", "shown", "expected"),
    [
        (entry(), EDITED, documents.shown(NetCurrAmount=110), True),
        (entry(), EDITED, documents.shown(), False),
        (entry(), DOCUMENT, documents.shown(), False),
        (entry(), EDITED, documents.shown(NetCurrAmount=110, InvoiceNo="Inv-9"), False),
        (entry(), EDITED, None, False),
        (entry(), None, documents.shown(), False),
        (None, EDITED, documents.shown(NetCurrAmount=110), False),
        (entry(State.IN_DOUBT), EDITED, documents.shown(NetCurrAmount=110), False),
        (entry(content=None), DOCUMENT, documents.shown(), True),
    ],
)
def test_what_other_hands_have_brought_to_ifs_need_not_be_sent(
    known: Entry | None,
    document: SupplierInvoice | None,
    shown: InvoiceShown | None,
    *,
    expected: bool,
) -> None:
    """A confirmed invoice, under its key, that shows the new amounts and not those sent."""
    assert is_there_already(candidate(known, document), shown) is expected


def test_an_invoice_is_ours_by_its_id_else_by_its_stamp() -> None:
    """An id that differs is not outweighed by a stamp; an empty identity stamps nothing."""
    stamped = documents.shown(VoucherText="Procurify bill u1")
    assert is_stamped(stamped, "u1")
    assert not is_stamped(stamped, "")
    assert not is_stamped(documents.shown(), "u1")
    assert is_mine(candidate(entry()), documents.shown())
    assert not is_mine(candidate(entry(ifs_id="8")), stamped)
    assert is_mine(candidate(entry(ifs_id="")), stamped)
    assert is_mine(candidate(), stamped)
    assert not is_mine(candidate(), documents.shown())


def test_what_may_be_changed_from_here_was_written_from_here() -> None:
    """Adopted invoices have no fingerprint."""
    assert is_ours(entry())
    assert not is_ours(entry(content=replace(Content.of(DOCUMENT), fingerprint="")))
    assert not is_ours(entry(content=None))
    assert not is_ours(None)


@pytest.mark.parametrize(
    ("known", "shown", "expected"),
    [
        (None, None, Shown.ABSENT),
        (None, documents.shown(), Shown.SAME),
        (None, documents.shown(NetCurrAmount=1), Shown.DIFFERENT),
        (entry(), documents.shown(InvoiceNo="Inv-9"), Shown.DIFFERENT),
        (entry(content=None), documents.shown(), Shown.DIFFERENT),
        (entry(content=Content.of(EDITED)), documents.shown(NetCurrAmount=110), Shown.SAME),
        (entry(State.IN_DOUBT, intent=Content.of(EDITED)), documents.shown(), Shown.DIFFERENT),
        (entry(State.IN_DOUBT, intent=Content.of(DOCUMENT), content=Content.of(EDITED)),
         documents.shown(), Shown.SAME),
    ],
)  # fmt: skip
def test_the_header_is_compared_with_what_was_sent_last(
    known: Entry | None, shown: InvoiceShown | None, expected: Shown
) -> None:
    """Under another number or supplier it is another invoice."""
    assert compare_header(candidate(known), shown) is expected


def test_a_sent_document_stands_under_the_key_it_was_sent_with() -> None:
    """An edit moves it; what was never sent has the key it would get."""
    moved = candidate(entry(), MOVED)
    assert (moved.key, moved.is_moved) == (DOCUMENT.key, True)
    assert candidate(entry(State.HELD), MOVED).key == MOVED.key
    assert not candidate(entry(State.HELD), MOVED).is_moved
    assert not candidate(entry()).is_moved
    assert not candidate(None, MOVED).is_moved
    assert not candidate(entry(), None).is_moved
    assert candidate(None, None).key is None
    assert (candidate().known, candidate(entry()).known) == (Known.NOTHING, Known.CONFIRMED)
    assert is_elsewhere(moved, documents.shown(InvoiceNo="Inv-2"))
    assert not is_elsewhere(moved, documents.shown())
    assert not is_elsewhere(candidate(None, None), documents.shown())


@pytest.mark.parametrize(
    ("is_over", "state", "is_closable", "expected"),
    [
        (False, "Preliminary", False, True), (False, "Posted", False, False),
        (False, "Posted", True, False), (True, "Posted", False, False),
        (True, "Posted", True, True),
    ],
)  # fmt: skip
def test_an_order_that_is_over_may_be_closed_when_it_may_not_be_changed(
    state: str, *, is_over: bool, is_closable: bool, expected: bool
) -> None:
    """Something has arrived for it; only its end is still to be told."""
    shown = replace(documents.shown(Objstate=state), is_closable=is_closable)
    found = situation_of(
        candidate(entry(), is_over=is_over),
        shown,
        None,
        move=Move.NONE,
        now=NOW,
        settling_time_s=300,
        is_serving=False,
    )
    assert found.is_preliminary is expected
    assert (found.is_wanted, found.has_problems, found.shown) == (True, False, Shown.SAME)


@pytest.mark.parametrize(
    ("shown", "details", "is_serving", "expected"),
    [
        (None, None, False, False), (None, None, True, True),
        (documents.shown(), None, False, True), (documents.shown(), Shown.PARTIAL, True, False),
        (documents.shown(), Shown.SAME, True, True),
    ],
)  # fmt: skip
def test_patience_ends_sooner_where_ifs_serves_others(
    shown: InvoiceShown | None, details: Shown | None, *, is_serving: bool, expected: bool
) -> None:
    """What stands in part is brought to its end as long as there is hope."""
    found = situation_of(
        candidate(entry(unanswered=4)),
        shown,
        details,
        move=Move.FREE,
        now=NOW,
        settling_time_s=300,
        is_serving=is_serving,
    )
    assert found.is_hopeless is expected
    assert found.shown is (details or (Shown.SAME if shown else Shown.ABSENT))
    assert found.move is Move.FREE


def test_an_edit_that_other_hands_have_carried_out_is_no_change() -> None:
    """IFS shows the new amounts: there is nothing to send."""
    found = situation_of(
        candidate(entry(), EDITED),
        documents.shown(NetCurrAmount=110),
        None,
        move=Move.NONE,
        now=NOW,
        settling_time_s=300,
        is_serving=False,
    )
    assert (found.shown, found.is_changed) == (Shown.SAME, False)


SHOWN = documents.shown(Objstate="Posted")
RETRY = "procurify-ifs retry u1"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            describe_change(candidate(entry(), EDITED), SHOWN),
            (
                "Procurify says 115.00 CAD; invoice 7 in IFS (Posted) says 105.00 CAD. It is not "
                "changed by this software: credit or correct it in IFS"
            ),
        ),
        (
            describe_change(candidate(entry(), None, not_wanted="bill is Draft"), SHOWN),
            (
                "Procurify says nothing (bill is Draft); invoice 7 in IFS (Posted) says 105.00 "
                "CAD. It is not changed by this software: credit or correct it in IFS"
            ),
        ),
        (
            describe_change(candidate(entry(), EDITED, amount=None), SHOWN, ["a: 1", "b: 2"]),
            (
                "Procurify says an unknown amount; invoice 7 in IFS (Posted) says 105.00 CAD. "
                "Somebody has changed it there: a: 1; b: 2. It is not changed by this software: "
                "credit or correct it in IFS"
            ),
        ),
        (
            describe_change(candidate(entry()), replace(SHOWN, series=ORDER_SERIES)),
            (
                "Procurify says 105.00 CAD; order 7 in IFS (Posted) says 105.00 CAD and stands "
                "there as Inv-1 of supplier V-1. It is not changed by this software: correct or "
                "close it in IFS"
            ),
        ),
        (
            describe_change(candidate(entry(key=replace(DOCUMENT.key, series="1"))), None),
            (
                "invoice 7 is no longer in IFS, or is cancelled there; Procurify says 105.00 CAD. "
                f"If it must be booked again: {RETRY}"
            ),
        ),
        (
            describe_change(candidate(entry(), MOVED), SHOWN),
            (
                f"the bill now belongs to {MOVED.key}, but stands in IFS as invoice 7 (Posted, "
                "105.00 CAD) and cannot be moved from here. Cancel or correct that invoice in IFS, "
                f"then: {RETRY}"
            ),
        ),
        (
            describe_change(candidate(entry()), None),
            (
                "invoice 7 is no longer in IFS, or is cancelled there; Procurify says 105.00 CAD. "
                f"If it must be booked again: {RETRY}"
            ),
        ),
        (
            describe_change(candidate(entry(key=replace(DOCUMENT.key, series=ORDER_SERIES))), None),
            (
                "order 7 is no longer in IFS, or is cancelled there; Procurify says 105.00 CAD. If "
                f"it must be booked again: {RETRY}"
            ),
        ),
    ],
    ids=range(8),
)
def test_a_correction_is_proposed_in_words(told: str, words: str) -> None:
    """Both amounts, what became of it in IFS, and the next step."""
    assert told == words
