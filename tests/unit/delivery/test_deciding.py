"""Decisions for a batch: what IFS is asked, what it shows of each document, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, cast

import pytest

from target_ifs_cloud.delivery.deciding import Deciding
from target_ifs_cloud.delivery.entry import UNSURE, Content, Entry, State
from target_ifs_cloud.delivery.plan import Decision
from target_ifs_cloud.delivery.sending import Sender
from target_ifs_cloud.delivery.situation import Candidate
from target_ifs_cloud.delivery.step import Step
from target_ifs_cloud.documents import DocumentKey, Problem, SupplierInvoice
from target_ifs_cloud.ifs.invoice_reader import Mark
from target_ifs_cloud.ifs.invoices import InvoiceShown
from tests.unit.delivery.builders import candidate_of, entry_of
from tests.unit.ifs import documents

NOW = datetime(2026, 3, 12, tzinfo=timezone.utc)
DOCUMENT = documents.invoice(header=(("VoucherText", "Procurify bill u1"),))
EDITED = replace(DOCUMENT, net=Decimal("110.00"), gross=Decimal("115.00"))
MOVED = replace(DOCUMENT, number="Inv-2")
SENT, EDIT = Content.of(DOCUMENT), Content.of(EDITED)
WRONG = (Problem(code="no_rule", field="x", message="m", fix="f"),)
OURS = documents.shown(VoucherText="Procurify bill u1")
THEIRS = documents.shown()


@dataclass
class Ifs:
    """The look-ups of a sender, answered from a list of invoices; it remembers what was asked."""

    invoices: Sequence[InvoiceShown] = ()
    told: Sequence[str] = ()
    edited: Sequence[str] = ()
    is_whole: bool = True
    numbers: Mapping[DocumentKey, str] = field(default_factory=dict)
    marks: Mapping[DocumentKey, Mark] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Mapping[DocumentKey, Mark]
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """Under the key, or by its mark."""
        self.asked.append("find")
        self.numbers, self.marks = numbers, marks
        return {
            key: tuple(
                one for one in self.invoices if one.is_under(key) or is_marked(one, marks, key)
            )
            for key in numbers
        }

    def are_whole(self, shown: Sequence[InvoiceShown]) -> Sequence[bool]:
        """The same for all."""
        self.asked.append("are_whole")
        return [self.is_whole] * len(shown)

    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> Sequence[Sequence[str]]:
        """The same for all."""
        assert len(before) == len(documents) == len(shown)
        self.asked.append("edits")
        return [self.edited] * len(shown)

    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sequence[str]]:
        """The same for all."""
        assert len(documents) == len(shown)
        self.asked.append("differences")
        return [self.told] * len(shown)


def is_marked(invoice: InvoiceShown, marks: Mapping[DocumentKey, Mark], key: DocumentKey) -> bool:
    """Whether a look-up by mark would find it."""
    mark = marks.get(key, Mark())
    texts = mark.texts.items()
    return invoice.invoice_id == mark.invoice_id or any(
        invoice.row.get(name) == text for name, text in texts
    )


def entry(state: State = State.CONFIRMED, **changes: Any) -> Entry:
    """What the outbox remembers of the document as it was sent."""
    return entry_of(DOCUMENT, state, **changes)


def doubt(**changes: Any) -> Entry:
    """The same while its creation has had no answer for an hour."""
    values = {"content": None, "intent": SENT, "ifs_id": "", "sent_at": NOW - timedelta(hours=1)}
    return entry(State.IN_DOUBT, **{**values, **changes})


def candidate(
    known: Entry | None = None, document: SupplierInvoice | None = DOCUMENT, **changes: Any
) -> Candidate:
    """The document on its way again, read anew."""
    return candidate_of(DOCUMENT, known, document, **changes)


def decide(ifs: Ifs, *candidates: Candidate) -> list[Step]:
    """One decision for each."""
    deciding = Deciding(cast(Sender, ifs), clock=lambda: NOW, settling_time_s=300)
    return deciding.decide_all(candidates, is_serving=False)


FRESH = NOW - timedelta(seconds=299)
LEFT_OUT: dict[str, Any] = {"document": None, "not_wanted": "bill is Draft"}
POSTED = {"Objstate": "Posted", "VoucherText": "Procurify bill u1"}
UPDATING: dict[str, Any] = {"content": SENT, "intent": EDIT, "ifs_id": "7"}


@pytest.mark.parametrize(
    ("of", "invoices", "decision"),
    [
        # Never sent.
        (candidate(), [], Decision.CREATE),
        (candidate(), [THEIRS], Decision.ADOPT),
        (candidate(), [OURS], Decision.CONFIRM),
        (candidate(entry(State.HELD)), [], Decision.CREATE),
        (candidate(entry(State.HELD), problems=WRONG), [], Decision.HOLD),
        (candidate(problems=WRONG), [OURS], Decision.HOLD),
        (candidate(**LEFT_OUT), [], Decision.LEAVE_OUT),
        (candidate(document=None, not_wanted="gone", problems=WRONG), [], Decision.HOLD),
        # Known to stand there.
        (candidate(entry()), [OURS], Decision.SKIP),
        (candidate(entry()), [], Decision.REPORT_CHANGE),
        (candidate(entry(), EDITED), [OURS], Decision.UPDATE),
        (candidate(entry(), EDITED), [documents.shown(**POSTED)], Decision.REPORT_CHANGE),
        (candidate(entry(ifs_id="8"), EDITED), [OURS], Decision.REPORT_CHANGE),
        (candidate(entry(content=replace(SENT, fingerprint="")), EDITED), [OURS],
         Decision.REPORT_CHANGE),
        (candidate(entry(), **LEFT_OUT), [OURS], Decision.CANCEL),
        (candidate(entry(), **LEFT_OUT), [documents.shown(**POSTED)], Decision.REPORT_CHANGE),
        (candidate(entry(content=replace(SENT, fingerprint="")), **LEFT_OUT), [OURS],
         Decision.REPORT_CHANGE),
        (candidate(entry(), **LEFT_OUT), [], Decision.LEAVE_OUT),
        (candidate(entry(), EDITED, problems=WRONG), [OURS], Decision.HOLD),
        # Moved by an edit.
        (candidate(entry(), MOVED), [OURS], Decision.MOVE),
        (candidate(entry(), MOVED), [OURS, documents.shown(InvoiceNo="Inv-2", InvoiceId=8)],
         Decision.REPORT_CHANGE),
        # Nobody knows whether it was made.
        (candidate(doubt()), [], Decision.CREATE),
        (candidate(doubt(sent_at=FRESH)), [], Decision.STOP),
        (candidate(doubt()), [OURS], Decision.CONFIRM),
        (candidate(doubt()), [THEIRS], Decision.ADOPT),
        (candidate(doubt()), [documents.shown(NetCurrAmount=1, VoucherText="Procurify bill u1")],
         Decision.REPORT_CHANGE),
        (candidate(doubt(), EDITED), [OURS], Decision.CONFIRM),
        (candidate(doubt(), problems=WRONG), [], Decision.HOLD),
        (candidate(doubt(sent_at=FRESH), problems=WRONG), [], Decision.STOP),
        (candidate(doubt(sent_at=FRESH), problems=WRONG), [OURS], Decision.HOLD),
        (candidate(doubt(sent_at=FRESH), **LEFT_OUT), [], Decision.STOP),
        (candidate(doubt(), **LEFT_OUT), [], Decision.LEAVE_OUT),
        (candidate(doubt(), **LEFT_OUT), [OURS], Decision.CANCEL),
        # Nobody knows whether it was changed.
        (candidate(doubt(**UPDATING), EDITED), [OURS], Decision.UPDATE),
        (candidate(doubt(**UPDATING), EDITED),
         [documents.shown(NetCurrAmount=110, VoucherText="Procurify bill u1")], Decision.CONFIRM),
        (candidate(doubt(**UPDATING), EDITED), [documents.shown(NetCurrAmount=1)],
         Decision.REPORT_CHANGE),
        (candidate(doubt(**UPDATING, sent_at=FRESH), EDITED), [], Decision.STOP),
    ],
    ids=range(37),
)  # fmt: skip
def test_a_decision_follows_from_the_outbox_and_what_ifs_shows(
    of: Candidate, invoices: list[InvoiceShown], decision: Decision
) -> None:
    """Alone, with lines and postings that agree."""
    (step,) = decide(Ifs(invoices=invoices), of)
    assert step.decision is decision


@pytest.mark.parametrize(
    ("of", "invoice", "told", "decision"),
    [
        (candidate(doubt()), OURS, [], Decision.CONFIRM),
        (candidate(doubt()), OURS, ["a line"], Decision.COMPLETE),
        (candidate(doubt()), documents.shown(**POSTED), ["a line"], Decision.REPORT_CHANGE),
        (candidate(), OURS, ["a line"], Decision.COMPLETE),
        (candidate(), THEIRS, ["a line"], Decision.ADOPT),
    ],
)
def test_a_doubtful_invoice_is_looked_at_row_by_row(
    of: Candidate, invoice: InvoiceShown, told: list[str], decision: Decision
) -> None:
    """What is missing is completed while IFS allows it; of one that is adopted it is told."""
    ifs = Ifs(invoices=[invoice], told=told)
    (step,) = decide(ifs, of)
    assert (step.decision, ifs.asked) == (decision, ["find", "differences"])
    assert step.differences == (tuple(told) if decision is Decision.ADOPT else ())


@pytest.mark.parametrize(
    ("is_whole", "decision"), [(True, Decision.CONFIRM), (False, Decision.REPORT_CHANGE)]
)
def test_what_was_sent_before_an_edit_is_only_added_up(
    decision: Decision, *, is_whole: bool
) -> None:
    """The document says something else by now, so its rows prove nothing."""
    ifs = Ifs(invoices=[OURS], is_whole=is_whole, told=["never asked"])
    (step,) = decide(ifs, candidate(doubt(), replace(DOCUMENT, lines=())))
    assert (step.decision, ifs.asked) == (decision, ["find", "are_whole"])


@pytest.mark.parametrize(
    ("of", "invoice", "is_asked"),
    [
        (candidate(entry(), EDITED), OURS, True),
        (candidate(entry()), OURS, False),
        (candidate(entry(), EDITED), documents.shown(**POSTED), False),
        (candidate(entry(), EDITED, problems=WRONG), OURS, False),
        (candidate(entry(), EDITED, not_wanted="gone"), OURS, False),
        (candidate(entry(), EDITED), documents.shown(NetCurrAmount=1), False),
        (candidate(entry(content=replace(SENT, parts="")), EDITED), OURS, False),
        (candidate(entry(content=replace(SENT, fingerprint=UNSURE)), EDITED), OURS, False),
        (candidate(doubt(), EDITED), OURS, False),
    ],
)
def test_what_other_hands_have_changed_is_asked_before_a_change_alone(
    of: Candidate, invoice: InvoiceShown, *, is_asked: bool
) -> None:
    """Then it is told and not overwritten."""
    ifs = Ifs(invoices=[invoice], edited=["InvoiceDate: other"])
    (step,) = decide(ifs, of)
    assert ("edits" in ifs.asked) is is_asked
    if is_asked:
        assert step.decision is Decision.REPORT_CHANGE
        assert step.differences == ("InvoiceDate: other",)
        (calm,) = decide(Ifs(invoices=[invoice]), of)
        assert (calm.decision, calm.differences) == (Decision.UPDATE, ())


def other(number: int, document: SupplierInvoice = DOCUMENT) -> SupplierInvoice:
    """Another bill."""
    id_ = f"u{number}"
    return replace(
        document,
        source=replace(document.source, id=id_),
        number=f"Inv-{number}",
        header=(("VoucherText", f"Procurify bill {id_}"),),
    )


def test_each_of_a_batch_keeps_its_own_answer() -> None:
    """One look-up for all; those that need none are not asked for."""
    fourth, sixth = other(4), other(6)
    candidates = [
        candidate(problems=WRONG),
        candidate(**LEFT_OUT),
        candidate(entry(), EDITED),
        candidate(document=fourth, source=fourth.source),
        candidate(entry(State.REJECTED), other(5), source=replace(other(5).source, hash="new")),
        candidate(document=sixth, source=sixth.source),
    ]
    invoices = [
        OURS,
        documents.shown(InvoiceNo="Inv-4", InvoiceId=4),
        documents.shown(InvoiceNo="Inv-6", InvoiceId=6, VoucherText="Procurify bill u6"),
    ]
    ifs = Ifs(invoices=invoices, told=["a line"])
    steps = decide(ifs, *candidates)
    assert [step.decision for step in steps] == [
        Decision.HOLD,
        Decision.LEAVE_OUT,
        Decision.UPDATE,
        Decision.ADOPT,
        Decision.CREATE,
        Decision.COMPLETE,
    ]
    assert [step.shown and step.shown.invoice_id for step in steps] == [
        None, None, "7", "4", None, "6",
    ]  # fmt: skip
    assert [step.differences for step in steps] == [(), (), (), ("a line",), (), ()]
    assert ifs.asked == ["find", "differences", "edits", "differences"]
    assert sorted(ifs.numbers.values()) == ["Inv-1", "Inv-4", "Inv-5", "Inv-6"]


def test_nothing_is_asked_where_nothing_needs_an_answer() -> None:
    """A batch of drafts costs no request."""
    ifs = Ifs()
    assert [s.decision for s in decide(ifs, candidate(**LEFT_OUT), candidate(problems=WRONG))] == [
        Decision.LEAVE_OUT,
        Decision.HOLD,
    ]
    assert (ifs.asked, decide(ifs)) == ([], [])


@pytest.mark.parametrize(
    ("of", "numbers", "mark"),
    [
        (candidate(), ["Inv-1"], Mark(texts={"VoucherText": "Procurify bill u1"})),
        (candidate(entry(State.HELD)), ["Inv-1"], Mark(texts={"VoucherText": "Procurify bill u1"})),
        (candidate(entry()), ["Inv-1"], Mark(invoice_id="7")),
        (candidate(entry(), MOVED), ["Inv-1", "Inv-2"], Mark(invoice_id="7")),
        (candidate(entry(content=replace(SENT, number="inv-1"))), ["inv-1"], Mark(invoice_id="7")),
        (candidate(doubt(**{**UPDATING, "intent": replace(EDIT, number="INV-1")}), EDITED),
         ["INV-1"], Mark(invoice_id="7")),
        (candidate(doubt()), ["Inv-1"], Mark(texts={"VoucherText": "Procurify bill u1"})),
        (candidate(entry(content=None), **LEFT_OUT), ["INV-1"], Mark(invoice_id="7")),
    ],
)  # fmt: skip
def test_ifs_is_asked_by_the_number_as_sent_and_by_what_marks_the_invoice(
    of: Candidate, numbers: list[str], mark: Mark
) -> None:
    """Its id where it is known, else the text that names the record."""
    ifs = Ifs()
    decide(ifs, of)
    assert sorted(ifs.numbers.values()) == numbers
    assert of.key is not None
    assert ifs.marks[of.key] == mark


def test_an_invoice_of_ours_under_another_number_is_recognised_and_moved() -> None:
    """The outbox is lost, and the number was edited meanwhile."""
    former = documents.shown(InvoiceNo="Inv-0", VoucherText="Procurify bill u1")
    (step,) = decide(Ifs(invoices=[former]), candidate())
    assert step.decision is Decision.MOVE
    assert step.shown == former
    known = step.candidate.entry
    assert known is not None
    assert (known.state, known.key, known.ifs_id) == (State.CONFIRMED, former.key, "7")
    assert (known.source.hash, known.sent_at, known.intent) == ("", None, None)


def test_of_several_invoices_of_ours_the_one_under_the_key_counts() -> None:
    """Whatever the order in which IFS shows them."""
    former = documents.shown(InvoiceNo="Inv-0", InvoiceId=6, VoucherText="Procurify bill u1")
    for invoices in ([former, OURS], [OURS, former]):
        (step,) = decide(Ifs(invoices=invoices), candidate())
        assert (step.decision, step.shown) == (Decision.CONFIRM, OURS)
        known = step.candidate.entry
        assert known is not None
        assert (known.state, known.key, known.ifs_id) == (State.IN_DOUBT, DOCUMENT.key, "7")
        assert known.intent == SENT


def test_our_invoice_comes_before_a_stranger_under_its_key() -> None:
    """By its id."""
    stranger = documents.shown(InvoiceId=6)
    for invoices in ([stranger, OURS], [OURS, stranger]):
        (step,) = decide(Ifs(invoices=invoices), candidate(entry(), EDITED))
        assert (step.decision, step.shown) == (Decision.UPDATE, OURS)


def test_a_number_that_other_hands_have_changed_is_told_and_accepted_when_it_is_ours_now() -> None:
    """Somebody moved the invoice in IFS; then the bill was edited to the same number."""
    elsewhere = documents.shown(InvoiceNo="Inv-2", VoucherText="Procurify bill u1")
    (told,) = decide(Ifs(invoices=[elsewhere]), candidate(entry()))
    assert (told.decision, told.shown) == (Decision.REPORT_CHANGE, elsewhere)
    (same,) = decide(Ifs(invoices=[elsewhere]), candidate(entry(), MOVED))
    assert same.candidate.entry is not None
    assert same.candidate.entry.key == MOVED.key
    assert not same.candidate.is_moved


def test_what_an_unsettled_move_may_have_cancelled_is_not_believed() -> None:
    """It may still go away; later it is."""
    elsewhere = documents.shown(InvoiceNo="Inv-2", VoucherText="Procurify bill u1")
    fresh = doubt(ifs_id="7", sent_at=FRESH)
    (step,) = decide(Ifs(invoices=[elsewhere]), candidate(fresh))
    assert (step.decision, step.shown) == (Decision.STOP, None)
    (later,) = decide(Ifs(invoices=[elsewhere]), candidate(doubt(ifs_id="7")))
    assert (later.decision, later.shown) == (Decision.REPORT_CHANGE, elsewhere)


def test_a_wrong_document_in_doubt_is_held_once_it_is_known_not_to_be_there() -> None:
    """Its intent is forgotten; one that is there stays in doubt for a person."""
    (held,) = decide(Ifs(), candidate(doubt(), problems=WRONG))
    assert held.candidate.entry is not None
    assert (held.candidate.entry.state, held.candidate.entry.intent) == (State.HELD, None)
    (there,) = decide(Ifs(invoices=[OURS]), candidate(doubt(), problems=WRONG))
    assert there.candidate.entry is not None
    assert (there.candidate.entry.state, there.shown) == (State.IN_DOUBT, OURS)
