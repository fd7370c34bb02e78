"""Random edits on both sides, lost answers and stopped runs: it always converges."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from typing_extensions import override

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.errors import TemporaryError
from tests.unit.vendor_sync.tenant import Clock, MemoryTenant, Record, run, supplier

IDS = st.sampled_from(["S1", "S2", "S3"])
WORDS = st.sampled_from(["Oslo", "Århus", "東京"])
LOSSES = st.lists(st.sampled_from(["", "before", "after"]), max_size=4)


class TwoSides(RuleBasedStateMachine):
    """Suppliers in IFS, vendors in Procurify, and runs between them."""

    def __init__(self) -> None:
        """Both sides are empty."""
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        engine = open_database(f"sqlite:///{Path(self._folder.name)}/outbox.db")
        self.outbox = Outbox(engine, Clock())
        self.tenant = MemoryTenant()
        self.suppliers: dict[str, Record] = {}
        self.cities: dict[str, str] = {}

    @rule(id_=IDS, city=WORDS, revision=st.integers(1, 3))
    def edit_supplier(self, id_: str, city: str, revision: int) -> None:
        """Enter or change a supplier in IFS."""
        name = f"Supplier {id_} {revision}"
        self.suppliers[id_] = supplier(id_, name, city=city, email=f"{id_}@x.example")

    @precondition(lambda self: self.tenant.vendors)
    @rule(word=WORDS, number=st.integers(0, 2))
    def edit_vendor(self, word: str, number: int) -> None:
        """A person changes both kinds of fields in Procurify."""
        vendor = self.tenant.vendors[str(number % len(self.tenant.vendors) + 1)]
        vendor |= {"city": word, "name": word, "email": [f"{word}@person.example"]}

    @rule(losses=LOSSES)
    def run_once(self, losses: list[str]) -> None:
        """A run whose writes may lose their answers."""
        self.tenant.lost = losses
        try:
            run(self.outbox, self.tenant, *self.suppliers.values())
        except TemporaryError:
            pass
        finally:
            self.tenant.lost = []

    @rule()
    def settle(self) -> None:
        """Undisturbed, everything is as its owner says, single, and at rest."""
        mails = {id_: list(vendor["email"]) for id_, vendor in self.tenant.vendors.items()}
        assert run(self.outbox, self.tenant, *self.suppliers.values()) == 0
        shown = {v["external_id"]: (v["name"], v["city"]) for v in self.tenant.vendors.values()}
        assert len(shown) == len(self.tenant.vendors) == len(self.suppliers)
        assert shown == {
            id_: (one["name"], one["addresses"][0]["city"]) for id_, one in self.suppliers.items()
        }
        for id_, mail in mails.items():
            assert self.tenant.vendors[id_]["email"] == mail
        written = len(self.tenant.writes)
        assert run(self.outbox, self.tenant, *self.suppliers.values()) == 0
        assert len(self.tenant.writes) == written

    @override
    def teardown(self) -> None:
        """Leave nothing behind."""
        self.settle()
        self.outbox.engine.dispose()
        self._folder.cleanup()


TwoSides.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestTwoSides = TwoSides.TestCase
