"""Random edits on both sides, lost answers, rivals and kills, runs in any order: it converges."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from typing_extensions import override

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.tables import LEASE
from target_ifs_cloud.errors import TemporaryError
from tests.unit.mapping import builders
from tests.unit.vendor_sync.ifs_side import Killed, MemoryIfs, run_forward
from tests.unit.vendor_sync.tenant import Clock, MemoryTenant, Record, run

NUMBERS = st.integers(0, 4)
WORDS = st.sampled_from(["Oslo", "Århus", "東京"])
FORWARD_LOSSES = st.lists(
    st.sampled_from(["", "before", "after", "torn", "rival", "kill before", "kill after"]),
    max_size=4,
)
BACK_LOSSES = st.lists(st.sampled_from(["", "before", "after"]), max_size=4)
SAVES = st.none() | st.integers(0, 12)
ROUNDS_MAX = 4


class TwoSides(RuleBasedStateMachine):
    """Suppliers in IFS, vendors in Procurify, and runs between them."""

    def __init__(self) -> None:
        """Both sides are empty."""
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        engine = open_database(f"sqlite:///{Path(self._folder.name)}/outbox.db")
        self.outbox = Outbox(engine, Clock())
        self.tenant = MemoryTenant()
        self.ifs = MemoryIfs()
        self.edited: set[str] = set()
        self.entered = 0

    # what people do

    @rule(word=WORDS)
    def enter_supplier(self, word: str) -> None:
        """A new supplier in IFS."""
        self.entered += 1
        self.ifs.enter(f"S{self.entered}", name=f"S{self.entered} {word}", mail=f"{word}@s.example")

    @precondition(lambda self: self.ifs.rows)
    @rule(number=NUMBERS, word=WORDS)
    def edit_supplier(self, number: int, word: str) -> None:
        """A person changes both kinds of fields in IFS."""
        ids = self.ifs.ids()
        id_ = ids[number % len(ids)]
        self.ifs.enter(id_, name=f"{id_} {word}", mail=f"{word}@ifs.example")

    @rule(word=WORDS)
    def enter_vendor(self, word: str) -> None:
        """A new vendor in Procurify."""
        number = len(self.tenant.vendors) + 1
        fields = builders.vendor(number, external_id=None, email=[f"{word}@v.example"])
        self.tenant.add(**{**fields, "name": f"V{number} {word}"})
        self.edited.add(str(number))

    @precondition(lambda self: self.tenant.vendors)
    @rule(number=NUMBERS, word=WORDS)
    def edit_vendor(self, number: int, word: str) -> None:
        """A person changes both kinds of fields in Procurify."""
        id_ = str(number % len(self.tenant.vendors) + 1)
        self.tenant.vendors[id_] |= {"name": f"V{id_} {word}", "email": [f"{word}@p.example"]}
        self.edited.add(id_)

    # runs

    @rule(losses=FORWARD_LOSSES, saves=SAVES)
    def run_to_ifs(self, losses: list[str], saves: int | None) -> None:
        """A run whose writes meet rivals, lose answers, or that dies between two of its commits."""
        self.ifs.lost = losses
        with self.dying_after(saves):
            self.forward()
        self.ifs.lost = []

    @rule(losses=BACK_LOSSES, saves=SAVES)
    def run_to_procurify(self, losses: list[str], saves: int | None) -> None:
        """The same the other way."""
        self.tenant.lost = losses
        with self.dying_after(saves):
            self.back()
        self.tenant.lost = []

    @contextmanager
    def dying_after(self, saves: int | None) -> Iterator[None]:
        """Let the run die before its ``saves``-th commit; its lease ends with it."""
        left = saves

        def count(_: object) -> None:
            nonlocal left
            left = None if left is None else left - 1
            if left is not None and left < 0:
                raise Killed

        sa.event.listen(self.outbox.engine, "commit", count)
        try:
            yield
        except (Killed, TemporaryError):
            pass
        finally:
            sa.event.remove(self.outbox.engine, "commit", count)
            self.outbox.guard_writes(None)
            with self.outbox.engine.begin() as connection:
                connection.execute(sa.delete(LEASE))

    def forward(self) -> None:
        """Vendors changed since the last run that ended well."""
        told: list[Record] = [self.as_told(id_) for id_ in sorted(self.edited)]
        run_forward(self.outbox, self.ifs, *told)
        self.edited.clear()

    def as_told(self, id_: str) -> Record:
        """A vendor as the tap tells it."""
        return {**builders.vendor(int(id_)), **self.tenant.vendors[id_]}

    def back(self) -> None:
        """Suppliers changed since the last run that ended well."""
        told = self.ifs.records(sorted(self.ifs.changed))
        run(self.outbox, self.tenant, *told)
        self.ifs.changed.clear()

    @rule()
    def settle(self) -> None:
        """Undisturbed, everything is as its owner says, single, and at rest."""
        mails = {id_: vendor["email"] for id_, vendor in self.tenant.vendors.items()}
        for _ in range(ROUNDS_MAX):
            self.see_writes_of_procurify()
            self.forward()
            self.back()
        for id_, mail in mails.items():
            assert self.tenant.vendors[id_]["email"] == mail
        shown = {v["external_id"]: v for v in self.tenant.vendors.values()}
        assert len(shown) == len(self.tenant.vendors) == len(self.ifs.ids())
        for id_ in self.ifs.ids():
            name, mail = self.ifs.shown(id_)
            assert (shown[id_]["name"], shown[id_]["email"]) == (name, [mail])
        written = len(self.tenant.writes), len(self.ifs.sent)
        self.edited |= set(self.tenant.vendors)
        self.ifs.changed |= set(self.ifs.ids())
        self.forward()
        self.back()
        assert (len(self.tenant.writes), len(self.ifs.sent)) == written

    def see_writes_of_procurify(self) -> None:
        """What runs have written to Procurify comes by its own bookmark, too."""
        self.edited |= {id_ for method, id_, _ in self.tenant.writes if method == "PATCH"}
        self.edited |= {i for i in self.tenant.vendors if i not in self.outbox.find("vendor", [i])}

    @override
    def teardown(self) -> None:
        """Leave nothing behind."""
        self.settle()
        self.outbox.engine.dispose()
        self._folder.cleanup()


TwoSides.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestTwoSides = TwoSides.TestCase
