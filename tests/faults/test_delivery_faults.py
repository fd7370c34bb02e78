"""No document twice, none lost, none half: delivery broken at every step and with every fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.delivery import audit
from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.invoices import TRIES_MAX, InvoiceDelivery
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.situation import (
    UNANSWERED_ALONE_MAX,
    UNANSWERED_MAX,
    Candidate,
)
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.documents import (
    BilledLine,
    Line,
    Posting,
    Problem,
    Source,
    SupplierInvoice,
)
from target_ifs_cloud.errors import TemporaryError
from tests.faults.fake_ifs import COMPANY, SUPPLIER, FakeIfs, Invoice, Killed

START = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
SETTLING_S = 60
STEPS_MAX = 200


class World:
    """An outbox on disk, a fake IFS and a clock; runs can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        """Start with nothing on either side."""
        self.url = f"sqlite:///{folder}/outbox.db"
        self.ifs = FakeIfs()
        self.now = START
        self.tally = Tally()
        self.delivery: InvoiceDelivery | None = None

    def outbox(self) -> Outbox:
        """The outbox as a new process opens it."""
        return Outbox(open_database(self.url), lambda: self.now)

    def run(
        self,
        documents: Sequence[SupplierInvoice],
        *,
        not_wanted: str = "",
        problems: tuple[Problem, ...] = (),
        rules_version: str = "r1",
        goes_on: bool = False,
    ) -> list[Candidate]:
        """What a run does with these records, those in doubt from before first.

        ``goes_on``: it is the run before, which has waited.
        """
        outbox = self.outbox()
        _break_saves(outbox, self.ifs)
        if self.delivery is None or not goes_on:
            self.tally = Tally()
            self.delivery = InvoiceDelivery(
                outbox=outbox,
                sender=self.ifs,
                tally=self.tally,
                clock=lambda: self.now,
                settling_time_s=SETTLING_S,
            )
        delivery = self.delivery
        known = outbox.find("bill", [document.source.id for document in documents])
        candidates = [
            make_candidate(
                document,
                known.get(document.source.id),
                not_wanted=not_wanted,
                problems=problems,
                rules_version=rules_version,
            )
            for document in documents
        ]
        in_doubt = [c for c in candidates if c.entry and c.entry.state in _DOUBTS]
        unsettled = delivery.deliver(in_doubt)
        waiting = {c.source.id for c in unsettled}
        known = outbox.find("bill", [document.source.id for document in documents])
        rest = [
            replace(c, entry=known.get(c.source.id))
            for c in candidates
            if c.source.id not in waiting
        ]
        return unsettled + delivery.deliver(rest)

    def entry(self, name: str) -> Entry:
        """What is remembered of one bill."""
        return self.outbox().find("bill", [name])[name]

    def check_evidence(self) -> None:
        """The audit trail is whole, whatever happened."""
        with self.outbox().engine.connect() as connection:
            assert audit.find_breaks(audit.read_lines(connection)) == []


_DOUBTS = {State.SENDING, State.IN_DOUBT}


def _break_saves(outbox: Outbox, ifs: FakeIfs) -> None:
    """Let a fault strike before and after every write to the disk."""
    save = outbox.save

    def broken(changes: object) -> None:
        ifs.fault("before save")
        save(changes)  # type: ignore[arg-type]
        ifs.fault("after save")

    outbox.save = broken  # type: ignore[method-assign]


def make_document(
    name: str, *, net: str = "100.00", number: str = "", version: int = 1
) -> SupplierInvoice:
    """A small invoice with one line and one posting."""
    amount = Decimal(net)
    tax = Decimal("5.00")
    return SupplierInvoice(
        source=Source(
            kind="bill", id=name, version=version, hash=f"{name}-{net}", label=f"bill {name}"
        ),
        company=COMPANY,
        supplier=SUPPLIER,
        series="II",
        number=number or f"INV-{name}",
        currency="USD",
        net=amount,
        tax=tax,
        gross=amount + tax,
        header=(("VoucherText", f"Procurify bill {name}"),),
        lines=(Line(ref="1", net=amount, tax=tax, tax_code="T"),),
        postings=(Posting(ref="1", codes=(("A", "4010"),), amount=amount),),
    )


def make_candidate(
    document: SupplierInvoice,
    entry: Entry | None,
    *,
    not_wanted: str = "",
    problems: tuple[Problem, ...] = (),
    rules_version: str = "r1",
) -> Candidate:
    """A record as it comes out of mapping and checks."""
    return Candidate(
        record={"uuid": document.source.id},
        source=document.source,
        document=None if not_wanted else document,
        problems=problems,
        not_wanted=not_wanted,
        rules_version=rules_version,
        amount=document.gross,
        currency="USD",
        entry=entry,
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A new world for each test."""
    return World(tmp_path)


BATCH = [make_document(name) for name in "abc"]
WHOLE = [(f"INV-{name.upper()}", Decimal("105.00"), True) for name in "abc"]


def test_documents_are_created_once_and_a_second_run_changes_nothing(world: World) -> None:
    """The plain case, twice."""
    world.run(BATCH)
    assert world.ifs.standing() == WHOLE
    world.run(BATCH)
    assert world.ifs.standing() == WHOLE
    assert world.tally.counts["bill", Outcome.UNCHANGED, "USD"] == 3


def kill_at(step: int) -> Callable[[str], None]:
    """A fault that kills the process at the given step, counted over all kinds of steps."""
    left = step

    def fault(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    return fault


def test_a_kill_at_every_step_doubles_and_loses_nothing(tmp_path: Path) -> None:
    """Killed before or after each look-up, write and save, then started again."""
    for step in range(1, STEPS_MAX):
        folder = tmp_path / str(step)
        folder.mkdir()
        world = World(folder)
        world.ifs.fault = kill_at(step)
        try:
            world.run(BATCH)
            assert step > 1, "the first run was never broken"
            break
        except Killed:
            world.ifs.fault = lambda _: None
        world.now += timedelta(seconds=SETTLING_S)
        assert world.run(BATCH) == []
        assert world.ifs.standing() == WHOLE, f"killed at step {step}"
        assert {world.entry(name).state for name in "abc"} == {State.CONFIRMED}
        world.check_evidence()
    else:
        pytest.fail("the run never got through")


def test_a_kill_during_an_update_is_finished_by_the_next_run(tmp_path: Path) -> None:
    """The edited amount is there once, whichever side of the update the kill was on."""
    edited = make_document("a", net="200.00", version=2)
    for step in range(1, STEPS_MAX):
        folder = tmp_path / str(step)
        folder.mkdir()
        world = World(folder)
        world.run([BATCH[0]])
        world.ifs.fault = kill_at(step)
        try:
            world.run([edited])
            break
        except Killed:
            world.ifs.fault = lambda _: None
        world.now += timedelta(seconds=SETTLING_S)
        assert world.run([edited]) == []
        assert world.ifs.standing() == [("INV-A", Decimal("205.00"), True)]
        assert world.entry("a").state is State.CONFIRMED
    else:
        pytest.fail("the run never got through")


def test_a_corrected_number_moves_the_invoice_whatever_kills_the_run(tmp_path: Path) -> None:
    """The old invoice is cancelled, a new one stands under the new number, once."""
    moved = make_document("a", number="RIGHT", net="200.00", version=2)
    for step in range(1, STEPS_MAX):
        folder = tmp_path / str(step)
        folder.mkdir()
        world = World(folder)
        world.run([make_document("a", number="WRONG")])
        world.ifs.fault = kill_at(step)
        try:
            world.run([moved])
            break
        except Killed:
            world.ifs.fault = lambda _: None
        world.now += timedelta(seconds=SETTLING_S)
        assert world.run([moved]) == []
        assert world.ifs.standing() == [("RIGHT", Decimal("205.00"), True)], f"killed at {step}"
        assert world.entry("a").state is State.CONFIRMED
        world.check_evidence()
    else:
        pytest.fail("the run never got through")
    assert world.ifs.standing() == [("RIGHT", Decimal("205.00"), True)]
    assert world.tally.counts["bill", Outcome.CANCELLED, "USD"] == 1
    assert world.tally.counts["bill", Outcome.POSTED, "USD"] == 1


def test_a_number_that_somebody_else_holds_in_ifs_moves_nothing(world: World) -> None:
    """Both invoices stay as they are, and a person is told."""
    world.run([make_document("a", number="WRONG")])
    world.ifs.invoices["9"] = Invoice(make_document("x", number="RIGHT"))
    world.run([make_document("a", number="RIGHT", net="200.00", version=2)])
    assert [name for name, _, _ in world.ifs.standing()] == ["RIGHT", "WRONG"]
    assert "cannot be moved from here" in world.entry("a").note


def test_a_corrected_number_of_a_posted_invoice_is_reported(world: World) -> None:
    """What is in the books is corrected there."""
    world.run([make_document("a", number="WRONG")])
    world.ifs.invoices["1"].state = "Posted"
    world.run([make_document("a", number="RIGHT", net="200.00", version=2)])
    assert [name for name, _, _ in world.ifs.standing()] == ["WRONG"]
    assert "RIGHT" in world.entry("a").note


def test_lost_answer_is_resolved_by_lookup_not_by_resending(world: World) -> None:
    """IFS committed, the answer never came: one look-up finds each of them."""
    world.ifs.answer_lost = lambda _: True
    assert world.run(BATCH) == []
    assert world.ifs.standing() == WHOLE
    assert world.tally.counts["bill", Outcome.FOUND, "USD"] == 3
    assert world.ifs.finds == 2


def test_lost_request_waits_for_the_settling_time_before_it_is_sent_again(world: World) -> None:
    """Absent is not proof at once: only after the settling time the same key is sent again."""
    world.ifs.request_lost = lambda document: document.source.id == "b"
    unsettled = world.run(BATCH)
    assert [candidate.source.id for candidate in unsettled] == ["b"]
    world.ifs.request_lost = lambda _: False
    world.now += timedelta(seconds=SETTLING_S - 1)
    assert world.run(BATCH)
    assert len(world.ifs.invoices) == 2
    world.now += timedelta(seconds=1)
    assert world.run(BATCH) == []
    assert world.ifs.standing() == WHOLE


def test_a_commit_that_becomes_visible_late_is_found_not_doubled(world: World) -> None:
    """The first look-up after the lost answer sees nothing; the invoice shows up later."""
    world.ifs.answer_lost = lambda _: True
    create = world.ifs.create

    def create_hidden(documents: Sequence[SupplierInvoice]) -> object:
        answers = create(documents)
        for invoice in world.ifs.invoices.values():
            invoice.visible_after = world.ifs.finds + 1
        return answers

    world.ifs.create = create_hidden  # type: ignore[method-assign,assignment]
    assert len(world.run(BATCH)) == 3
    world.ifs.create = create  # type: ignore[method-assign]
    world.now += timedelta(seconds=SETTLING_S)
    assert world.run(BATCH) == []
    assert world.ifs.standing() == WHOLE


def test_no_write_when_the_lookup_is_not_answered(world: World) -> None:
    """An unanswered question stops the run before anything is sent."""
    world.ifs.is_down = True
    with pytest.raises(TemporaryError):
        world.run(BATCH)
    assert world.ifs.invoices == {}


def test_an_invoice_that_is_in_ifs_already_is_adopted_not_written(world: World) -> None:
    """Entered by hand before: linked, compared, differences told, nothing written."""
    by_hand = make_document("x", net="90.00", number="inv-a")
    world.ifs.invoices["9"] = Invoice(by_hand)
    world.run([make_document("a")])
    assert len(world.ifs.invoices) == 1
    entry = world.entry("a")
    assert (entry.state, entry.ifs_id) == (State.CONFIRMED, "9")
    assert "95.00 instead of 105.00" in entry.note


def test_an_adopted_invoice_is_never_changed_from_here(world: World) -> None:
    """A later edit in Procurify is reported, not written over a person's work."""
    world.ifs.invoices["9"] = Invoice(make_document("x", number="INV-A"))
    world.run([make_document("a")])
    world.run([make_document("a", net="300.00", version=2)])
    assert world.ifs.standing() == [("INV-A", Decimal("105.00"), True)]
    assert "305.00 USD" in world.entry("a").note


def test_a_lost_outbox_is_rebuilt_from_what_ifs_shows(world: World, tmp_path: Path) -> None:
    """Our own invoices are known by their stamp, linked again, and still kept up to date."""
    world.run(BATCH)
    world.url = f"sqlite:///{tmp_path}/new.db"
    world.run(BATCH)
    assert world.ifs.standing() == WHOLE
    world.run([make_document("a", net="200.00", version=2)])
    assert world.ifs.invoices["1"].document.net == Decimal("200.00")
    assert len(world.ifs.invoices) == 3


def test_a_changed_bill_updates_a_preliminary_invoice(world: World) -> None:
    """Same invoice, new amounts, no second invoice."""
    world.run([make_document("a")])
    world.run([make_document("a", net="200.00", version=2)])
    assert world.ifs.standing() == [("INV-A", Decimal("205.00"), True)]
    assert world.tally.counts["bill", Outcome.UPDATED, "USD"] == 1


def test_a_changed_bill_whose_invoice_is_posted_is_reported(world: World) -> None:
    """What is in the books stays; a person gets both amounts."""
    world.run([make_document("a")])
    world.ifs.invoices["1"].state = "Posted"
    world.run([make_document("a", net="200.00", version=2)])
    assert world.ifs.standing() == [("INV-A", Decimal("105.00"), True)]
    assert "205.00 USD" in world.entry("a").note
    assert "(Posted) says 105.00 USD" in world.entry("a").note


def test_another_account_on_a_posted_invoice_is_told_although_the_amounts_agree(
    world: World,
) -> None:
    """Two equal amounts alone would leave a person with nothing to correct."""
    first = make_document("a")
    world.run([first])
    world.ifs.invoices["1"].state = "Posted"
    (posting,) = first.postings
    recoded = replace(
        first,
        source=replace(first.source, version=2, hash="recoded"),
        postings=(replace(posting, codes=(("A", "4020"),)),),
    )
    world.run([recoded])
    assert "The amounts agree; lines, account codes, tax or dates" in world.entry("a").note


def test_a_correction_made_by_hand_settles_the_report(world: World) -> None:
    """Once IFS says what Procurify says, nobody has to look any more."""
    world.run([make_document("a")])
    world.ifs.invoices["1"].state = "Posted"
    edited = make_document("a", net="200.00", version=2)
    world.run([edited])
    assert world.entry("a").note
    world.ifs.invoices["1"].document = edited
    world.run([edited])
    assert world.entry("a").note == ""
    assert world.tally.counts["bill", Outcome.UNCHANGED, "USD"] == 1


def test_a_posted_invoice_without_changes_is_left_alone_in_silence(world: World) -> None:
    """Final posting is the normal course of events, not a change to report."""
    world.run([make_document("a")])
    world.ifs.invoices["1"].state = "Posted"
    world.run([make_document("a")])
    assert world.entry("a").note == ""
    assert world.tally.counts["bill", Outcome.UNCHANGED, "USD"] == 1


def test_new_rules_alone_do_not_touch_what_is_in_ifs(world: World) -> None:
    """Rules are for what comes; a confirmed document changes with its own record only."""
    world.run([make_document("a")])
    changed = replace(make_document("a"), header=(("VoucherText", "new"),))
    world.run([changed], rules_version="r2")
    assert world.ifs.invoices["1"].version == 1


def test_a_withdrawn_bill_is_cancelled_while_preliminary(world: World) -> None:
    """Back in Draft: the invoice goes, and comes again when the bill does."""
    world.run([make_document("a")])
    world.run([make_document("a")], not_wanted="bill is Draft")
    assert world.ifs.standing() == []
    assert world.entry("a").state is State.CANCELLED
    world.run([make_document("a")])
    assert world.ifs.standing() == WHOLE[:1]


def test_a_withdrawn_bill_whose_invoice_is_posted_is_reported(world: World) -> None:
    """Nothing is cancelled in the books; a person is told."""
    world.run([make_document("a")])
    world.ifs.invoices["1"].state = "Posted"
    world.run([make_document("a")], not_wanted="bill is Draft")
    assert world.ifs.standing() == WHOLE[:1]
    assert "bill is Draft" in world.entry("a").note


def test_an_invoice_that_vanished_from_ifs_is_reported_not_created_again(world: World) -> None:
    """Somebody cancelled it in IFS on purpose, so a person decides."""
    world.run([make_document("a")])
    world.ifs.invoices["1"].state = "Cancelled"
    world.run([make_document("a", net="200.00", version=2)])
    assert world.ifs.standing() == []
    assert "no longer in IFS" in world.entry("a").note


def test_a_refused_document_is_recorded_and_its_neighbours_go_on(world: World) -> None:
    """One refusal, two deliveries; the refusal is not sent again unchanged."""
    world.ifs.refused = lambda document: document.source.id == "b"
    world.run(BATCH)
    assert [row[0] for row in world.ifs.standing()] == ["INV-A", "INV-C"]
    assert world.entry("b").state is State.REJECTED
    world.ifs.refused = lambda _: False
    world.run(BATCH)
    assert len(world.ifs.invoices) == 2
    world.run(BATCH, rules_version="r2")
    assert world.ifs.standing() == WHOLE


def test_a_held_document_is_delivered_when_its_reasons_are_gone(world: World) -> None:
    """Held with its reason, then sent once."""
    problem = Problem(code="account_unknown", field="f", message="m", fix="x")
    world.run([make_document("a")], problems=(problem,))
    assert world.ifs.invoices == {}
    assert world.entry("a").problems == (problem,)
    world.run([make_document("a")])
    assert world.ifs.standing() == WHOLE[:1]
    assert world.entry("a").problems == ()


def test_two_bills_of_one_number_make_one_invoice(world: World) -> None:
    """The second is held as a duplicate, in the same batch and in a later run."""
    second = make_document("b", number=" inv-A ")
    world.run([make_document("a"), second])
    world.run([second])
    assert world.ifs.standing() == WHOLE[:1]
    assert [problem.code for problem in world.entry("b").problems] == ["duplicate_number"]


def test_a_rival_who_changes_the_invoice_all_the_time_is_told_and_tried_again(
    world: World,
) -> None:
    """Read and decided again five times, never forced; its neighbour goes on."""
    world.run(BATCH[:2])
    tries = 0

    def rival(step: str) -> None:
        nonlocal tries
        if step == "before converge":
            tries += 1
            world.ifs.invoices["1"].version += 1

    world.ifs.fault = rival
    edited = make_document("a", net="200.00", version=2)
    assert world.run([edited, BATCH[2]]) == []
    assert tries == TRIES_MAX
    assert world.ifs.standing() == WHOLE
    assert [problem.code for problem in world.entry("a").problems] == ["changed_meanwhile"]
    world.ifs.fault = lambda _: None
    world.run([edited])
    assert world.entry("a").problems == ()
    assert world.ifs.standing()[0] == ("INV-A", Decimal("205.00"), True)


def test_a_document_that_ifs_never_answers_is_left_to_a_person(world: World) -> None:
    """Sent four times, each after the settling time; then told; every run tries once more."""
    world.ifs.request_lost = lambda document: document.source.id == "b"
    waiting = world.run(BATCH)
    for _ in range(UNANSWERED_MAX):
        assert [candidate.source.id for candidate in waiting] == ["b"]
        world.now += timedelta(seconds=SETTLING_S)
        waiting = world.run(BATCH, goes_on=True)
    assert waiting == []
    entry = world.entry("b")
    assert entry.state is State.REJECTED
    assert [problem.code for problem in entry.problems] == ["no_clear_answer"]
    assert [row[0] for row in world.ifs.standing()] == ["INV-A", "INV-C"]
    assert world.run(BATCH) == []
    for _ in range(2):
        world.outbox().end_run(3)
        assert [candidate.source.id for candidate in world.run(BATCH)] == ["b"]
        world.now += timedelta(seconds=SETTLING_S)
        assert world.delivery
        assert world.delivery.deliver([make_candidate(BATCH[1], world.entry("b"))]) == []
        assert world.entry("b").problems == entry.problems
        assert world.entry("b").is_announced
    world.ifs.request_lost = lambda _: False
    world.run(BATCH)
    assert world.ifs.standing() == WHOLE
    assert (world.entry("b").state, world.entry("b").problems) == (State.CONFIRMED, ())


def test_an_outage_gives_nothing_up_that_would_be_served_later(world: World) -> None:
    """Where IFS serves no write at all, patience lasts longer than for one document alone."""
    world.ifs.request_lost = lambda _: True
    for _ in range(UNANSWERED_ALONE_MAX):
        assert len(world.run(BATCH, goes_on=True)) == 3
        world.now += timedelta(seconds=SETTLING_S)
    assert {world.entry(name).unanswered for name in "abc"} == {UNANSWERED_ALONE_MAX}


def test_a_change_that_ifs_never_answers_is_told_and_its_neighbours_go_on(world: World) -> None:
    """What stands stays as it was; every run tries once more."""
    world.run(BATCH)
    converge = world.ifs.converge
    tries = 0

    def silent(documents: Sequence[SupplierInvoice], shown: object) -> Sequence[Sent]:
        nonlocal tries
        del shown
        tries += 1
        return [Sent(verdict=Verdict.UNANSWERED, ifs_id="1") for _ in documents]

    world.ifs.converge = silent  # type: ignore[method-assign]
    edited = make_document("a", net="200.00", version=2)
    later = make_document("d")
    for number in range(1, UNANSWERED_MAX + 1):
        assert [c.source.id for c in world.run([later, edited], goes_on=True)] == ["a"]
        assert tries == number
        world.now += timedelta(seconds=SETTLING_S)
    assert world.delivery
    assert world.delivery.deliver([make_candidate(edited, world.entry("a"))]) == []
    assert tries == UNANSWERED_MAX
    entry = world.entry("a")
    assert (entry.state, [p.code for p in entry.problems]) == (
        State.CONFIRMED,
        ["no_clear_answer"],
    )
    world.run([edited])
    assert tries == UNANSWERED_MAX + 1
    world.now += timedelta(seconds=SETTLING_S)
    world.ifs.converge = converge  # type: ignore[method-assign]
    world.run([edited])
    assert world.entry("a").problems == ()
    assert world.ifs.standing()[0] == ("INV-A", Decimal("205.00"), True)


def test_writes_that_ifs_does_not_serve_stop_the_run_with_nothing_lost(world: World) -> None:
    """Throttled to the end of all patience: no guess, no entry that says more than is known."""
    postponed = Sent(verdict=Verdict.POSTPONED)
    create = world.ifs.create
    world.ifs.create = lambda documents: [postponed for _ in documents]  # type: ignore[method-assign]
    with pytest.raises(TemporaryError, match="served no write"):
        world.run(BATCH)
    world.ifs.create = create  # type: ignore[method-assign]
    world.now += timedelta(seconds=SETTLING_S)
    assert world.run(BATCH) == []
    assert world.ifs.standing() == WHOLE


def test_an_invoice_without_its_postings_is_completed(world: World) -> None:
    """A kill between the invoice and its proposal rows leaves a part, which is finished."""
    world.ifs.answer_lost = lambda _: True

    def lose_postings(step: str) -> None:
        if step == "after create":
            for invoice in world.ifs.invoices.values():
                invoice.has_postings = False

    world.ifs.fault = lose_postings
    assert len(world.run([make_document("a")])) == 1
    world.now += timedelta(seconds=SETTLING_S)
    assert world.run([make_document("a")], goes_on=True) == []
    assert world.ifs.standing() == WHOLE[:1]
    assert world.tally.counts["bill", Outcome.COMPLETED, "USD"] == 1


def test_the_settling_time_counts_from_the_end_of_the_wait_for_an_answer(world: World) -> None:
    """A request that timed out after a long wait may still be committed now."""

    def slow(step: str) -> None:
        if step == "after create":
            world.now += timedelta(seconds=2 * SETTLING_S)

    world.ifs.fault = slow
    world.ifs.request_lost = lambda _: True
    assert len(world.run(BATCH)) == 3
    assert world.ifs.invoices == {}


def test_two_candidates_of_one_bill_make_one_invoice(world: World) -> None:
    """The same bill twice in one list counts once, in its last form."""
    world.run([make_document("a"), make_document("a", net="200.00", version=2)])
    assert world.ifs.standing() == [("INV-A", Decimal("205.00"), True)]


def test_a_lost_creation_under_another_key_is_looked_up_there_first(world: World) -> None:
    """The number was corrected meanwhile, and a clerk has entered the bill by hand."""
    world.ifs.request_lost = lambda _: True
    world.run([make_document("a", number="WRONG")])
    world.ifs.request_lost = lambda _: False
    world.ifs.invoices["9"] = Invoice(make_document("x", number="RIGHT"))
    world.now += timedelta(seconds=SETTLING_S)
    assert world.run([make_document("a", number="RIGHT", version=2)]) == []
    assert world.ifs.standing() == [("RIGHT", Decimal("105.00"), True)]


@pytest.mark.parametrize("not_wanted", ["", "bill is Draft"])
def test_an_invoice_that_a_person_entered_again_is_not_ours(world: World, not_wanted: str) -> None:
    """Ours was cancelled by hand and re-entered with the same amounts: reported, not touched."""
    world.run([make_document("a")])
    world.ifs.invoices["1"].state = "Cancelled"
    world.ifs.invoices["9"] = Invoice(make_document("x", number="INV-A"))
    world.run([make_document("a", net="200.00", version=2)], not_wanted=not_wanted)
    assert world.ifs.invoices["9"].version == 1
    assert world.ifs.standing() == [("INV-A", Decimal("105.00"), True)]
    assert world.entry("a").note


def test_a_refused_change_is_told_until_it_is_done(world: World) -> None:
    """IFS keeps the old amounts; the document is on the list, and is tried again."""
    world.run([make_document("a")])
    edited = make_document("a", net="200.00", version=2)
    converge = world.ifs.converge
    problem = Problem(code="refused_by_ifs", field="", message="no", fix="mend it")
    refused = Sent(verdict=Verdict.REFUSED, ifs_id="1", problem=problem)
    world.ifs.converge = lambda documents, shown: [refused for _ in documents]  # type: ignore[method-assign] # noqa: ARG005
    for _ in range(2):
        world.run([edited])
        assert world.entry("a").problems == (problem,)
    world.ifs.converge = converge  # type: ignore[method-assign]
    world.run([edited])
    assert world.entry("a").problems == ()
    assert world.ifs.standing() == [("INV-A", Decimal("205.00"), True)]


def test_a_doubt_found_in_an_older_version_is_brought_up_to_date(world: World) -> None:
    """The answer to version 1 was lost; version 2 is in hand when version 1 is found."""
    world.ifs.answer_lost = lambda _: True
    create = world.ifs.create

    def create_hidden(documents: Sequence[SupplierInvoice]) -> Sequence[Sent]:
        answers = create(documents)
        for invoice in world.ifs.invoices.values():
            invoice.visible_after = world.ifs.finds + 1
        return answers

    world.ifs.create = create_hidden  # type: ignore[method-assign]
    assert len(world.run([make_document("a")])) == 1
    world.now += timedelta(seconds=SETTLING_S)
    assert world.run([make_document("a", net="200.00", version=2)]) == []
    assert world.ifs.standing() == [("INV-A", Decimal("205.00"), True)]


@pytest.mark.parametrize("is_cancel_lost", [False, True])
def test_a_bill_that_is_withdrawn_while_its_creation_is_in_doubt_is_cancelled(
    world: World, *, is_cancel_lost: bool
) -> None:
    """The answer was lost; the invoice is found when the bill is back in Draft."""
    world.ifs.answer_lost = lambda _: True
    create = world.ifs.create

    def create_hidden(documents: Sequence[SupplierInvoice]) -> Sequence[Sent]:
        answers = create(documents)
        for invoice in world.ifs.invoices.values():
            invoice.visible_after = world.ifs.finds + 1
        return answers

    world.ifs.create = create_hidden  # type: ignore[method-assign]
    assert len(world.run([make_document("a")])) == 1
    assert len(world.ifs.standing()) == 1
    world.ifs.answer_lost = lambda _: is_cancel_lost
    for _ in range(3):
        world.now += timedelta(seconds=SETTLING_S)
        world.run([make_document("a")], not_wanted="bill is Draft")
    assert world.ifs.standing() == []
    assert world.entry("a").state in {State.CANCELLED, State.LEFT_OUT}
    world.check_evidence()


def test_what_a_bill_takes_off_its_orders_follows_its_record(world: World) -> None:
    """A line is linked to another order with the same coding: both orders become due."""
    line = BilledLine(
        order_id="po1", order_line_id="1", codes=(("A", "4010"),), amount=Decimal("100.00")
    )
    world.run([replace(make_document("a"), billed=(line,))])
    source = replace(make_document("a").source, hash="other")
    moved = replace(make_document("a"), source=source, billed=(replace(line, order_id="po2"),))
    world.run([moved])
    assert set(world.outbox().billed_on(["po1", "po2"])) == {"po2"}


def test_a_document_in_doubt_that_turns_wrong_is_still_looked_up(world: World) -> None:
    """Absent and not settled: the run must not end as if nothing were open."""
    world.ifs.request_lost = lambda _: True
    world.run([make_document("a")])
    problem = Problem(code="period_closed", field="f", message="m", fix="x")
    assert len(world.run([make_document("a")], problems=(problem,))) == 1
    world.now += timedelta(seconds=SETTLING_S)
    assert world.run([make_document("a")], problems=(problem,)) == []
    entry = world.entry("a")
    assert (entry.state, entry.problems) == (State.HELD, (problem,))
