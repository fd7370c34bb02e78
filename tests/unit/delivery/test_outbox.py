"""The outbox keeps what it is told, all or nothing, and refuses what it cannot trust."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from target_ifs_cloud.delivery import audit
from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Content, Entry, State
from target_ifs_cloud.delivery.lease import hold_lease
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.documents import (
    BilledLine,
    CompanyId,
    DocumentKey,
    Problem,
    Source,
    SourceKind,
    SupplierId,
)
from target_ifs_cloud.errors import ConfigurationError, TemporaryError

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
KEY = DocumentKey(company=CompanyId("10"), supplier=SupplierId("V-1"), series="II", number="INV-1")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A new SQLite file in a folder that does not exist yet."""
    return f"sqlite:///{tmp_path}/var/outbox.db"


@pytest.fixture
def outbox(url: str) -> Outbox:
    """An empty outbox with a clock that stands still."""
    return Outbox(open_database(url), lambda: NOW)


def make_entry(source_id: str, state: State = State.SENDING, *, kind: SourceKind = "bill") -> Entry:
    """An entry with every column filled."""
    return Entry(
        source=Source(kind=kind, id=source_id, version=2, hash="h" * 64, label=f"bill {source_id}"),
        state=state,
        rules_version="r1",
        key=KEY,
        amount=Decimal("10.10"),
        currency="USD",
        content=Content(
            number="INV-1",
            currency="USD",
            net=Decimal("10.00"),
            tax=Decimal("0.10"),
            gross=Decimal("10.10"),
            fingerprint="f" * 64,
        ),
        ifs_id="77",
        problems=(Problem(code="c", field="f", message="m", fix="x"),),
        note="look",
        record={"total": Decimal("10.10"), "items": [{"id": 1}], "note": None},
        sent_at=NOW,
        held_since=NOW,
    )


def test_an_entry_comes_back_as_it_was_saved(outbox: Outbox) -> None:
    """Decimals, dates, problems and the record survive the disk."""
    entry = make_entry("a")
    outbox.save(Changes(entries=[entry]))
    assert outbox.find("bill", ["a", "missing"]) == {"a": entry}


def test_a_second_document_of_one_key_is_refused_by_the_database_itself(outbox: Outbox) -> None:
    """Whatever the code above believes, two documents never hold one invoice key."""
    outbox.save(Changes(entries=[make_entry("a")]))
    with pytest.raises(sa.exc.IntegrityError):
        outbox.save(Changes(entries=[make_entry("b")], audit=[{"event": "never"}]))
    assert outbox.find("bill", ["b"]) == {}
    with outbox.engine.connect() as connection:
        assert audit.read_checkpoint(connection).count == 0


def test_a_held_document_does_not_occupy_its_key(outbox: Outbox) -> None:
    """The same number may be delivered for another bill while this one is held."""
    outbox.save(Changes(entries=[make_entry("a", State.HELD), make_entry("b")]))
    assert outbox.holders_of([str(KEY)]) == {str(KEY): ("bill", "b", "bill b")}


def test_changes_and_their_evidence_are_one_transaction(outbox: Outbox) -> None:
    """Entry and audit line appear together and the chain holds over several steps."""
    for name in "abc":
        outbox.save(
            Changes(entries=[make_entry(name, State.HELD)], audit=[{"event": "held", "id": name}])
        )
    with outbox.engine.connect() as connection:
        lines = list(audit.read_lines(connection))
    assert [line[0] for line in lines] == [1, 2, 3]
    assert audit.find_breaks(lines) == []


def test_billed_lines_of_a_bill_are_replaced_not_added(outbox: Outbox) -> None:
    """An edited bill takes off the order what it says now, once."""
    line = BilledLine(
        order_id="po", order_line_id="1", codes=(("A", "4010"),), amount=Decimal("5.00")
    )
    outbox.save(Changes(billed={"a": [line, line]}))
    outbox.save(Changes(billed={"a": [line]}))
    assert outbox.billed_on(["po"]) == {"po": [line]}
    assert outbox.orders_of_bills(["a"]) == {"po"}


def test_orders_become_due_when_a_bill_touches_them(outbox: Outbox) -> None:
    """The mark is set with the bill's own change, so that a crash cannot lose it."""
    order = make_entry("po", State.CONFIRMED, kind="purchase_order")
    outbox.save(Changes(entries=[order]))
    assert list(outbox.due_orders()) == []
    outbox.save(Changes(due_orders=frozenset({"po"})))
    assert [[entry.source.id for entry in page] for page in outbox.due_orders()] == [["po"]]


def test_links_are_kept(outbox: Outbox) -> None:
    """A vendor stays with the supplier that it was linked to last."""
    outbox.save(Changes(links={"6": (SupplierId("V-1"), "created")}))
    outbox.save(Changes(links={"6": (SupplierId("V-2"), "person")}))
    assert outbox.links() == {"6": "V-2"}


def test_a_second_run_is_refused_while_the_first_lives(outbox: Outbox) -> None:
    """One writer at a time, with a message that says who and what was done."""
    with (
        hold_lease(outbox, holder="here:1", seconds=60, is_alive=lambda _: True),
        pytest.raises(TemporaryError, match=r"here:1.*Nothing was sent"),
        hold_lease(outbox, holder="here:2", seconds=60, is_alive=lambda _: True),
    ):
        pytest.fail("the second run must not start")


@pytest.mark.parametrize("is_alive", [lambda _: False, lambda _: None])
def test_a_dead_or_expired_holder_does_not_block(
    url: str, is_alive: Callable[[str], bool | None]
) -> None:
    """After a kill the next run starts at once on the same host, after expiry on another."""
    later = timedelta(seconds=61) if is_alive("") is None else timedelta(0)
    engine = open_database(url)
    crashed = hold_lease(
        Outbox(engine, lambda: NOW), holder="here:1", seconds=60, is_alive=lambda _: True
    )
    crashed.__enter__()
    outbox = Outbox(engine, lambda: NOW + later)
    with hold_lease(outbox, holder="here:2", seconds=60, is_alive=is_alive):
        outbox.save(Changes(entries=[make_entry("a")]))


def test_a_run_that_lost_its_lease_cannot_write(url: str) -> None:
    """The fencing token stops a run that slept through its expiry."""
    engine = open_database(url)
    slow = Outbox(engine, lambda: NOW)
    late = Outbox(engine, lambda: NOW + timedelta(hours=1))
    with hold_lease(slow, holder="here:1", seconds=60, is_alive=lambda _: True):
        with hold_lease(late, holder="here:2", seconds=60, is_alive=lambda _: True):
            pass
        with pytest.raises(TemporaryError, match="taken over"):
            slow.save(Changes(entries=[make_entry("a")]))
    assert late.find("bill", ["a"]) == {}


def test_an_outbox_of_a_newer_version_is_refused(url: str, outbox: Outbox) -> None:
    """An old program never touches what it does not understand."""
    with outbox.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer version"):
        open_database(url)


def test_a_damaged_outbox_is_refused(tmp_path: Path) -> None:
    """A file that is no database ends the run before anything is sent."""
    path = tmp_path / "outbox.db"
    path.write_bytes(b"this is not a database, " * 400)
    with pytest.raises(ConfigurationError, match="Nothing was"):
        open_database(f"sqlite:///{path}")


def test_sqlite_keeps_what_it_has_confirmed(url: str, outbox: Outbox) -> None:
    """Full fsync and WAL are on, and another process reads what was saved."""
    outbox.save(Changes(entries=[make_entry("a")]))
    with outbox.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    other = sqlite3.connect(url.removeprefix("sqlite:///"))
    assert other.execute("SELECT count(*) FROM document").fetchone() == (1,)
    other.close()
