"""What the loopback systems hold outlives them, when they are told to keep it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from pathlib import Path

import pytest

from erp_sandbox.control_client import ControlRefusedError, IfsControl, ProcurifyControl
from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.ifs.store import Store
from erp_sandbox.snapshots import FORM, Snapshot, SnapshotError
from tests.conftest import Sandbox

Start = Callable[..., AbstractContextManager[Sandbox]]


def test_records_and_clock_outlive_the_process(start_sandbox: Start, tmp_path: Path) -> None:
    """Edits, new records and the time that was advanced; ids go on; without a folder they end."""
    folder = ("--snapshots", str(tmp_path / "rehearsal"))
    with start_sandbox(*folder) as sandbox:
        procurify, ifs = ProcurifyControl(sandbox.procurify), IfsControl(sandbox.ifs)
        first = procurify.edit("add_bill", number="KEPT-1")
        procurify.tell("advance", {"seconds": 86_400})
        was = procurify.ask("ready")["now"]
        row = ifs.books()["suppliers"][0]
        key, values = [row["SupplierId"]], {"Name": "Renamed"}
        ifs.tell("edit", {"set": "SupplierInfoGeneralSet", "key": key, "values": values})
        truth, books = procurify.truth("bills", "vendors"), ifs.books()
    with start_sandbox(*folder) as sandbox:
        procurify, ifs = ProcurifyControl(sandbox.procurify), IfsControl(sandbox.ifs)
        kept = procurify.truth("bills", "vendors")
        assert {**kept, "now": truth["now"]} == truth
        assert "KEPT-1" in str(kept)
        assert ifs.books() == books
        assert "Renamed" in str(books)
        assert procurify.ask("ready")["now"] > was
        second = procurify.edit("add_bill", number="KEPT-2")
        assert second["id"] == first["id"] + 1
        procurify.tell("reset")
        assert "KEPT-1" not in str(procurify.truth())


def test_a_snapshot_can_be_saved_while_it_serves(start_sandbox: Start, tmp_path: Path) -> None:
    """A process that is killed later has kept that moment; without a folder it says so."""
    with start_sandbox("--snapshots", str(tmp_path / "kept")) as sandbox:
        procurify = ProcurifyControl(sandbox.procurify)
        procurify.edit("add_bill", number="KEPT-1")
        procurify.tell("snapshot")
        assert (tmp_path / "kept" / "procurify.snapshot").exists()
        assert not (tmp_path / "kept" / "ifs.snapshot").exists()
    with start_sandbox() as sandbox, pytest.raises(ControlRefusedError, match="--snapshots"):
        ProcurifyControl(sandbox.procurify).tell("snapshot")


def test_the_snapshot_of_another_tenant_is_refused(tmp_path: Path) -> None:
    """Of another seed or scale, cut short, or no snapshot at all; the text names the cure."""
    path = tmp_path / "ifs.snapshot"
    mine = Snapshot(path=path, seed=7, scale=1)
    assert mine.load() is None
    mine.save({"a": 1})
    assert mine.load() == {"a": 1}
    for other in (Snapshot(path=path, seed=8, scale=1), Snapshot(path=path, seed=7, scale=2)):
        with pytest.raises(SnapshotError, match="name another folder"):
            other.load()
    with pytest.raises(SnapshotError, match="of another tenant file: name another folder"):
        Snapshot(path=path, seed=7, scale=1, tenant="own").load()
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(SnapshotError, match=r"no snapshot.*another folder"):
        mine.load()
    assert FORM == 1


def test_a_snapshot_may_be_older_than_a_set() -> None:
    """It has no rows of it, and the set is empty then."""
    store = Store(Knobs(), lambda: datetime(2026, 3, 1, tzinfo=timezone.utc))
    state = store.state()
    older = {name: rows for name, rows in state["tables"].items() if name != "DocIssueSet"}
    store.take({**state, "tables": older})
    assert list(store.rows("DocIssueSet", {})) == []
