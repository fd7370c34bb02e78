"""The outbox keeps what it is told, all or nothing, and refuses what it cannot trust."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from target_ifs_cloud.delivery import audit
from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Content, Entry, State
from target_ifs_cloud.delivery.lease import Patience, hold_lease
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
def outbox(url: str) -> Iterator[Outbox]:
    """An empty outbox with a clock that stands still."""
    engine = open_database(url)
    yield Outbox(engine, lambda: NOW)
    engine.dispose()


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
    assert list(outbox.due("purchase_order")) == []
    outbox.save(Changes(due_orders=frozenset({"po"})))
    assert [[entry.source.id for entry in page] for page in outbox.due("purchase_order")] == [
        ["po"]
    ]


def test_an_order_named_by_its_number_becomes_due(outbox: Outbox) -> None:
    """Where a bill lacks the uuid of its order, the number inside Procurify finds it."""
    order = replace(make_entry("po", State.CONFIRMED, kind="purchase_order"), alias="1042")
    outbox.save(Changes(entries=[order]))
    outbox.save(Changes(due_orders=frozenset({"1042"})))
    assert [[entry.source.id for entry in page] for page in outbox.due("purchase_order")] == [
        ["po"]
    ]


def test_hostile_texts_and_numbers_are_kept_in_a_form_that_can_be_kept(outbox: Outbox) -> None:
    """NUL, half a character, an endless label, a version beyond every column."""
    hostile = replace(
        make_entry("x" * 300, State.HELD),
        note="a\0b",
        problems=(Problem(code="c", field="\ud800", message="m\0", fix="x"),),
        source=Source(
            kind="bill", id="x" * 300, version=10**30, hash="h", label="bill \ud800" + "y" * 5000
        ),
    )
    outbox.save(Changes(entries=[hostile]))
    kept = outbox.find("bill", ["x" * 300])["x" * 300]
    assert (kept.note, kept.source.version) == ("a\ufffdb", None)


def test_an_outbox_of_the_first_version_is_brought_up_to_date(url: str) -> None:
    """What was remembered before stays, and the new columns have their defaults."""
    engine = open_database(url)
    old = make_entry("a", State.CONFIRMED)
    Outbox(engine, lambda: NOW).save(Changes(entries=[old]))
    with engine.begin() as connection:
        for index in ("alias", "near", "number", "amount"):
            connection.exec_driver_sql(f"DROP INDEX ix_document_{index}")
        columns = ("unanswered", "is_released", "alias", "near_number", "day", "source_stamp")
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE document DROP COLUMN {column}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    engine.dispose()
    engine = open_database(url)
    assert Outbox(engine, lambda: NOW).find("bill", ["a"]) == {"a": old}
    engine.dispose()


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


def test_a_second_run_may_wait_for_the_first(url: str) -> None:
    """It asks again every second, as long as it is told to, and starts when the first ends."""
    engine = open_database(url)
    outbox = Outbox(engine, lambda: NOW)
    first = hold_lease(outbox, holder="here:1", seconds=60, is_alive=lambda _: True)
    first.__enter__()
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            first.__exit__(None, None, None)

    later = Outbox(engine, lambda: NOW)
    patience = Patience(wait_s=10, sleep=sleep)
    with hold_lease(later, holder="here:2", seconds=60, is_alive=lambda _: True, patience=patience):
        assert waits == [1, 1, 1]
    engine.dispose()


def test_patience_with_another_run_ends(outbox: Outbox) -> None:
    """After the time that was set the second run is refused as at once."""
    waits: list[float] = []
    patience = Patience(wait_s=2, sleep=waits.append)
    with (
        hold_lease(outbox, holder="here:1", seconds=60, is_alive=lambda _: True),
        pytest.raises(TemporaryError, match="here:1"),
        hold_lease(outbox, holder="here:2", seconds=60, is_alive=lambda _: True, patience=patience),
    ):
        pytest.fail("the second run must not start")
    assert waits == [1, 1]


def test_before_a_write_leaves_the_lease_is_checked_when_time_has_passed(url: str) -> None:
    """A run that waited long inside one request learns that it was replaced before it sends."""
    engine = open_database(url)
    now = NOW
    slow = Outbox(engine, lambda: now)
    with hold_lease(slow, holder="here:1", seconds=60, is_alive=lambda _: True):
        slow.keep_guard(timedelta(seconds=20))
        now += timedelta(hours=1)
        with (
            hold_lease(
                Outbox(engine, lambda: now), holder="there:2", seconds=60, is_alive=lambda _: None
            ),
            pytest.raises(TemporaryError, match="taken over"),
        ):
            slow.keep_guard(timedelta(seconds=20))
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_full_disk_is_a_clear_refusal_and_nothing_is_kept(url: str) -> None:
    """SQLite itself says that it is full; the step is not half there."""
    engine = open_database(url)
    outbox = Outbox(engine, lambda: NOW)

    @sa.event.listens_for(engine, "begin")
    def fill_up(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    record = {"text": "".join(map(str, range(200_000)))}
    entry = replace(make_entry("a"), record=record)
    with pytest.raises(TemporaryError, match=r"full.*disk space"):
        outbox.save(Changes(entries=[entry], audit=[{"event": "never"}]))
    assert outbox.find("bill", ["a"]) == {}
    engine.dispose()


def test_a_read_only_outbox_is_refused(tmp_path: Path) -> None:
    """Nothing could be remembered, so nothing is sent."""
    path = tmp_path / "outbox.db"
    open_database(f"sqlite:///{path}").dispose()
    outbox = Outbox(open_database(f"sqlite:///file:{path}?mode=ro&uri=true"), lambda: NOW)
    with (
        pytest.raises(ConfigurationError, match=r"only be read.*Nothing was"),
        hold_lease(outbox, holder="here:1", seconds=60, is_alive=lambda _: True),
    ):
        pytest.fail("the run must not start")
    assert outbox.count_states() == []


@pytest.mark.parametrize(
    "text", ["nonsense", "oracle://x", "postgresql+asyncpg://x", "mysql://u:hidden@h/d"]
)
def test_an_address_that_cannot_be_used_is_a_fault_of_the_settings(text: str) -> None:
    """The message names the cure, and never the password."""
    with pytest.raises(ConfigurationError, match="outbox_url") as caught:
        open_database(text)
    assert "hidden" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "var").write_text("")
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        open_database(f"sqlite:///{tmp_path}/var/outbox.db")


def test_workers_that_write_at_once_leave_one_whole_chain(outbox: Outbox) -> None:
    """Many threads, one line of evidence after the other."""
    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            change = Changes(
                entries=[make_entry(str(number), State.HELD)], audit=[{"event": number}]
            )
            pool.submit(outbox.save, change)
    with outbox.engine.connect() as connection:
        lines = list(audit.read_lines(connection))
    assert len(lines) == 40
    assert audit.find_breaks(lines) == []


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


def test_sqlite_keeps_what_it_has_confirmed(tmp_path: Path) -> None:
    """Full fsync and WAL are on, and another process reads what was saved."""
    url = f"sqlite:///{tmp_path}/outbox.db"
    outbox = Outbox(open_database(url), lambda: NOW)
    outbox.save(Changes(entries=[make_entry("a")]))
    with outbox.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    other = sqlite3.connect(url.removeprefix("sqlite:///"))
    assert other.execute("SELECT count(*) FROM document").fetchone() == (1,)
    other.close()
