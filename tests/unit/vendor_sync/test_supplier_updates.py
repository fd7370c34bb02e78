"""Suppliers follow their vendors in what Procurify decides, and in nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from target_ifs_cloud.delivery.audit import read_lines
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.documents import Supplier, SupplierId
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.mapping import map_vendor
from tests.unit.mapping import builders
from tests.unit.vendor_sync.ifs_side import RULES, Killed, MemoryIfs, run_forward

OLD, NEW = "old@x.example", "new@x.example"


def vendor(mail: str = OLD, **changes: Any) -> builders.Record:
    """The vendor of supplier S1."""
    return builders.vendor(6, external_id="S1", email=[mail], name="Acme", **changes)


@pytest.fixture
def site(outbox: Outbox) -> MemoryIfs:
    """IFS with S1, linked to vendor 6 with the same e-mail."""
    site = MemoryIfs()
    site.enter("S1", name="Acme", mail=OLD)
    run_forward(outbox, site, vendor())
    assert site.sent == []
    return site


def outcomes(tally: Tally) -> list[Outcome]:
    """What became of the vendors of a run."""
    return [what for _, what, _, _, _ in tally.totals()]


def remembered(outbox: Outbox) -> Entry:
    """What the outbox holds of the vendor."""
    return outbox.find("vendor", ["6"])["6"]


def trail(outbox: Outbox) -> list[dict[str, Any]]:
    """The lines of the audit trail."""
    with outbox.engine.connect() as connection:
        return [json.loads(entry) for _, entry, _ in read_lines(connection)]


def test_only_what_procurify_decides_is_written_with_the_etag_just_read(
    outbox: Outbox, site: MemoryIfs
) -> None:
    """The e-mail goes; name, address and country stay as IFS has them."""
    etag = site.rows[next(p for p in site.rows if "CommId=1" in p)]["@odata.etag"]
    done = run_forward(outbox, site, vendor(NEW, city="Elsewhere", country="Norway"))
    assert outcomes(done) == [Outcome.UPDATED]
    (change,) = site.sent
    (operation,) = change.operations  # type: ignore[union-attr]
    assert (operation.method, dict(operation.fields or {})) == ("PATCH", {"Value": NEW})
    assert operation.if_match == etag
    assert site.shown("S1") == ("Acme", NEW)


def test_a_further_run_reads_and_writes_nothing(outbox: Outbox, site: MemoryIfs) -> None:
    """Told the same vendor again."""
    run_forward(outbox, site, vendor(NEW))
    sent = len(site.sent)
    site.rows.clear()
    site.enter("S1", name="Acme")
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.UNCHANGED]
    assert len(site.sent) == sent


def test_a_rival_is_read_again_and_the_owner_wins(outbox: Outbox, site: MemoryIfs) -> None:
    """412 twice, then done; the change of the other hand in an owned field is gone."""
    site.lost = ["rival", "rival"]
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.UPDATED]
    assert site.shown("S1") == ("Acme", NEW)
    assert len(site.sent) == 3


def test_after_five_tries_against_rivals_a_person_is_told_and_the_next_run_goes_on(
    outbox: Outbox, site: MemoryIfs
) -> None:
    """No endless race, no lost change."""
    site.lost = ["rival"] * 5
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.TO_LOOK_AT]
    assert [p.code for p in remembered(outbox).problems] == ["changed_meanwhile"]
    assert outcomes(run_forward(outbox, site)) == [Outcome.UPDATED]
    assert remembered(outbox).problems == ()
    assert site.shown("S1") == ("Acme", NEW)


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_lost_answer_is_settled_by_reading_again(
    outbox: Outbox, site: MemoryIfs, how: str
) -> None:
    """Whether it was carried out or not."""
    site.lost = [how]
    expected = {"before": Outcome.UPDATED, "after": Outcome.FOUND}[how]
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [expected]
    assert site.shown("S1") == ("Acme", NEW)
    assert len(site.sent) == {"before": 2, "after": 1}[how]


def test_a_creation_that_broke_off_is_completed(outbox: Outbox) -> None:
    """The supplier is there; what it lacks is written before it counts as created."""
    site = MemoryIfs(lost=["torn", "before"])
    assert outcomes(run_forward(outbox, site, vendor())) == [Outcome.POSTED]
    assert site.shown("S1") == ("Acme", OLD)
    assert outbox.links() == {"6": "S1"}
    assert [line["decision"] for line in trail(outbox)] == [
        "create",
        "complete",
        "complete",
        "posted",
    ]


def test_a_creation_that_cannot_be_completed_is_told(outbox: Outbox) -> None:
    """The supplier is linked, and a person has to look at it."""
    site = MemoryIfs(lost=["torn"])
    site.refuses_changes = True
    assert outcomes(run_forward(outbox, site, vendor())) == [Outcome.TO_LOOK_AT]
    assert remembered(outbox).state is State.CONFIRMED
    assert remembered(outbox).problems
    assert outbox.links() == {"6": "S1"}


def test_a_change_that_is_never_answered_stops_the_run_and_stays_due(
    outbox: Outbox, site: MemoryIfs
) -> None:
    """Exit code 4 by the error; the next run settles it without being told the vendor."""
    site.lost = ["before"] * 5
    with pytest.raises(TemporaryError, match="1 supplier"):
        run_forward(outbox, site, vendor(NEW))
    assert remembered(outbox).is_due
    assert outcomes(run_forward(outbox, site)) == [Outcome.UPDATED]
    assert not remembered(outbox).is_due


@pytest.mark.parametrize("how", ["kill before", "kill after"])
def test_a_run_that_dies_in_a_change_is_finished_by_the_next(
    outbox: Outbox, site: MemoryIfs, how: str
) -> None:
    """The intent is on disk."""
    site.lost = [how]
    with pytest.raises(Killed):
        run_forward(outbox, site, vendor(NEW))
    run_forward(outbox, site)
    assert site.shown("S1") == ("Acme", NEW)
    assert len(site.sent) == {"kill before": 2, "kill after": 1}[how]
    assert outbox.links() == {"6": "S1"}


def test_a_refused_change_is_told_once_and_tried_again_when_the_vendor_changes(
    outbox: Outbox, site: MemoryIfs
) -> None:
    """The supplier stays linked, so its bills go on."""
    site.refuses = True
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.TO_LOOK_AT]
    assert remembered(outbox).state is State.CONFIRMED
    assert [p.code for p in remembered(outbox).problems] == ["refused_by_ifs"]
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.TO_LOOK_AT]
    assert len(site.sent) == 1
    site.refuses = False
    assert outcomes(run_forward(outbox, site, vendor("third@x.example"))) == [Outcome.UPDATED]
    assert remembered(outbox).problems == ()


def test_a_row_without_a_version_mark_is_never_changed(outbox: Outbox, site: MemoryIfs) -> None:
    """A person is told."""
    site.has_etags = False
    for row in site.rows.values():
        row.pop("@odata.etag")
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.TO_LOOK_AT]
    assert [p.code for p in remembered(outbox).problems] == ["etag_missing"]
    assert site.sent == []


def test_a_row_that_ifs_lacks_is_not_made(outbox: Outbox, site: MemoryIfs) -> None:
    """Whether the supplier should have an e-mail there is for people in IFS."""
    site.rows = {path: row for path, row in site.rows.items() if "CommId" not in path}
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.UNCHANGED]
    assert site.sent == []


def test_an_adopted_supplier_is_brought_in_line(outbox: Outbox) -> None:
    """Linked by its external id, and its e-mail follows Procurify at once."""
    site = MemoryIfs()
    site.enter("S1", name="Acme", mail=OLD)
    assert outcomes(run_forward(outbox, site, vendor(NEW))) == [Outcome.UPDATED]
    assert outbox.links() == {"6": "S1"}
    assert site.shown("S1") == ("Acme", NEW)


def test_of_two_vendors_of_one_supplier_the_older_decides(outbox: Outbox) -> None:
    """They would undo each other's changes for ever."""
    site = MemoryIfs()
    site.enter("S1", name="Acme", mail=OLD)
    outbox.save(Changes(links={i: (SupplierId("S1"), "person") for i in ("6", "10")}))
    other = builders.vendor(10, external_id="S1", email=["ten@x.example"], name="Acme")
    run_forward(outbox, site, other, vendor(NEW))
    run_forward(outbox, site, {**other, "city": "Oslo"})
    assert site.shown("S1") == ("Acme", NEW)
    assert len(site.sent) == 1


def test_what_is_sent_is_on_the_audit_trail_by_name_and_never_by_value(
    outbox: Outbox, site: MemoryIfs
) -> None:
    """Decided, then answered, with the ETag before and after."""
    run_forward(outbox, site, vendor(NEW))
    lines = trail(outbox)[-2:]
    assert [(line["event"], line["decision"]) for line in lines] == [
        ("decided", "update"),
        ("answered", "updated"),
    ]
    assert all(line["fields"] == ["communication.Value"] for line in lines)
    assert NEW not in str(lines)


def test_owned_fields_are_those_that_only_procurify_decides() -> None:
    """By the owners of supplier.yml and what the rules of vendor.yml read; constants never."""
    known = builders.reference(suppliers=[])
    document = map_vendor(builders.vendor(), rules=RULES, reference=known, links={}).document
    assert isinstance(document, Supplier)
    assert document.owned == frozenset()
    owned = [(row.collection, set(row.owned)) for row in document.rows if row.owned]
    assert owned == [("communication", {"Value"})] * 2


def test_an_inactive_vendor_changes_nothing_until_it_is_active_again(
    outbox: Outbox, site: MemoryIfs
) -> None:
    """Deactivated in Procurify: its supplier stays as it is, linked; then it follows again."""
    assert outcomes(run_forward(outbox, site, vendor(NEW, active=False))) == [Outcome.LEFT_OUT]
    assert (site.sent, site.shown("S1")) == ([], ("Acme", OLD))
    run_forward(outbox, site, vendor(NEW))
    assert site.shown("S1") == ("Acme", NEW)
    assert outbox.links() == {"6": "S1"}
