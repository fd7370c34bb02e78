"""An empty outbox with a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.outbox import Outbox
from tests.unit.vendor_sync.tenant import Clock


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """The outbox."""
    engine = open_database(f"sqlite:///{tmp_path}/outbox.db")
    yield Outbox(engine, Clock())
    engine.dispose()
