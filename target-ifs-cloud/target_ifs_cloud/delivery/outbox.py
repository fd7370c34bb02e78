"""The outbox: the durable memory of delivery. Nothing is sent before its intent is on disk here.

SQLite by default (one file, WAL, full fsync), PostgreSQL when the URL says so; SQLAlchemy speaks to
both. Every change of a document and the audit lines that prove it are one database transaction.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from target_ifs_cloud.delivery import audit
from target_ifs_cloud.delivery.entry import Entry, State, from_row, to_row
from target_ifs_cloud.delivery.tables import BILLED, DOCUMENT, LINK, RUN
from target_ifs_cloud.documents import BilledLine, SourceKind, SupplierId
from target_ifs_cloud.errors import ConfigurationError, TemporaryError

_IDS_PER_QUERY = 500
_ENTRIES_AT_ONCE = 200

_READ_ONLY_WORDS = ("readonly", "read-only")
_NEEDS_PERSON = sa.and_(
    DOCUMENT.c.state != State.EXCLUDED.value,
    sa.or_(
        DOCUMENT.c.problems != "[]",
        DOCUMENT.c.note != "",
        DOCUMENT.c.state.in_([State.HELD.value, State.REJECTED.value]),
    ),
)
StateCount = tuple[SourceKind, State, str, int, Decimal]
"""Kind, state, currency, how many, gross amount in that currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one step of delivery changes, all or nothing.

    ``billed`` replaces, per bill id, what the bill takes off orders; ``due_orders`` are orders, by
    id or by their number inside Procurify, whose open amount must be worked out again;
    ``due_vendors`` are vendors, by id, whose supplier must be compared again; ``audit`` are the
    lines that prove the change.
    """

    entries: Sequence[Entry] = ()
    billed: Mapping[str, Sequence[BilledLine]] = field(default_factory=dict)
    due_orders: frozenset[str] = frozenset()
    due_vendors: frozenset[str] = frozenset()
    links: Mapping[str, tuple[SupplierId, str]] = field(default_factory=dict)
    audit: Sequence[Mapping[str, Any]] = ()


class Outbox:
    """The store, opened and migrated. One writing run at a time (see ``delivery.lease``).

    Thread-safe: the workers of a run write one after the other.
    """

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        """Take an engine from ``delivery.database``; ``clock`` answers aware UTC moments."""
        self.engine = engine
        self.clock = clock
        self.run_id = 0
        self._guard: Callable[[sa.Connection], None] | None = None
        self._lock = threading.Lock()
        self._guarded_at: datetime | None = None

    def guard_writes(self, guard: Callable[[sa.Connection], None] | None) -> None:
        """Check every write transaction with ``guard``, which raises when the lease is lost."""
        self._guard = guard
        self._guarded_at = self.clock() if guard else None

    def keep_guard(self, every: timedelta) -> None:
        """Check the lease now, unless that was done within this time: before anything is sent.

        Raises:
            TemporaryError: another run has taken over, or the outbox cannot be written.
        """
        if self._guarded_at is not None and self.clock() - self._guarded_at >= every:
            with self.writing():
                pass

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One write transaction, refused when another run has taken the lease.

        Raises:
            TemporaryError: the database is locked or full; nothing of this step was kept or sent.
            ConfigurationError: it can only be read.
        """
        try:
            with self._lock, self._transaction() as connection:
                if self._guard:
                    self._guard(connection)
                    self._guarded_at = self.clock()
                yield connection
        except sa.exc.DBAPIError as error:
            if isinstance(error, sa.exc.IntegrityError):
                raise
            if any(word in str(error.orig) for word in _READ_ONLY_WORDS):
                message = f"the outbox can only be read ({error.orig}). Nothing was sent"
                raise ConfigurationError(message) from error
            message = (
                f"the outbox could not be written ({type(error.orig).__name__}: {error.orig}). "
                "What was sent before is on record and is looked up by the next run. Check free "
                "disk space and file permissions, then run again"
            )
            raise TemporaryError(message) from error

    def _transaction(self) -> AbstractContextManager[sa.Connection]:
        return self.engine.execution_options(is_write=True).begin()

    def save(self, changes: Changes) -> None:
        """Write one step to disk; when this returns it survives a crash."""
        now = self.clock()
        rows = [to_row(entry, now=now, run_id=self.run_id) for entry in changes.entries]
        with self.writing() as connection:
            _upsert(connection, DOCUMENT, rows, ("kind", "source_id"))
            _replace_billed(connection, changes.billed)
            links = [
                {
                    "vendor_id": vendor_id,
                    "supplier": supplier,
                    "origin": origin,
                    "created_at": now.isoformat(),
                }
                for vendor_id, (supplier, origin) in changes.links.items()
            ]
            _upsert(connection, LINK, links, ("vendor_id",))
            for kind, column, ids in (
                ("purchase_order", DOCUMENT.c.source_id, changes.due_orders),
                ("purchase_order", DOCUMENT.c.alias, changes.due_orders),
                ("vendor", DOCUMENT.c.source_id, changes.due_vendors),
            ):
                if ids:
                    due = sa.update(DOCUMENT).where(DOCUMENT.c.kind == kind, column.in_(ids))
                    connection.execute(due.values(is_due=1))
            stamp = {"at": now.isoformat(), "run": self.run_id}
            audit.append(connection, [{**stamp, **line} for line in changes.audit])

    def find(self, kind: SourceKind, source_ids: Iterable[str]) -> dict[str, Entry]:
        """What is remembered of these sources; unknown ones are not in the answer."""
        found: dict[str, Entry] = {}
        ids = list(dict.fromkeys(source_ids))
        with self.engine.connect() as connection:
            for chunk in _chunks(ids):
                query = sa.select(DOCUMENT).where(
                    DOCUMENT.c.kind == kind, DOCUMENT.c.source_id.in_(chunk)
                )
                for row in connection.execute(query).mappings():
                    found[row["source_id"]] = from_row(dict(row))
        return found

    def find_any(self, source_id: str) -> list[Entry]:
        """The documents with this id, of whatever kind.

        Raises:
            ConfigurationError: there is none.
        """
        query = sa.select(DOCUMENT).where(DOCUMENT.c.source_id == source_id)
        with self.engine.connect() as connection:
            entries = [from_row(dict(row)) for row in connection.execute(query).mappings()]
        if not entries:
            message = f"no document with the id {source_id!r} is on record"
            raise ConfigurationError(message)
        return entries

    def count_states(self) -> list[StateCount]:
        """How many documents stand where, with their gross amounts per currency."""
        columns = (DOCUMENT.c.kind, DOCUMENT.c.state, DOCUMENT.c.currency, DOCUMENT.c.amount)
        totals: dict[tuple[SourceKind, State, str], tuple[int, Decimal]] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(sa.select(*columns)):
                key = (row.kind, State(row.state), row.currency)
                count, amount = totals.get(key, (0, Decimal(0)))
                totals[key] = (count + 1, amount + Decimal(row.amount or 0))
        return [(*key, *total) for key, total in totals.items()]

    def holders_of(self, keys: Iterable[str]) -> dict[str, tuple[SourceKind, str, str]]:
        """Who holds each key in IFS by our records: ``key -> (kind, source id, label)``."""
        holders: dict[str, tuple[SourceKind, str, str]] = {}
        wanted = list(dict.fromkeys(keys))
        columns = (DOCUMENT.c.active_key, DOCUMENT.c.kind, DOCUMENT.c.source_id, DOCUMENT.c.label)
        with self.engine.connect() as connection:
            for chunk in _chunks(wanted):
                query = sa.select(*columns).where(DOCUMENT.c.active_key.in_(chunk))
                for row in connection.execute(query):
                    holders[row.active_key] = (row.kind, row.source_id, row.label)
        return holders

    def in_states(
        self, states: Iterable[State], kind: SourceKind | None = None
    ) -> Iterator[list[Entry]]:
        """Every entry in these states, oldest first, in lists of a bounded length."""
        conditions: list[sa.ColumnElement[bool]] = [
            DOCUMENT.c.state.in_([state.value for state in states])
        ]
        if kind:
            conditions.append(DOCUMENT.c.kind == kind)
        return self._pages(conditions)

    def to_retry(self, kind: SourceKind) -> Iterator[list[Entry]]:
        """What is held or refused, and changes to confirmed documents that are."""
        is_waiting = DOCUMENT.c.state.in_([State.HELD.value, State.REJECTED.value])
        is_open_change = sa.and_(DOCUMENT.c.problems != "[]", DOCUMENT.c.payload.is_not(None))
        return self._pages([DOCUMENT.c.kind == kind, sa.or_(is_waiting, is_open_change)])

    def restart_doubts(self) -> None:
        """Let the settling time of what a dead run was sending count from now."""
        with self.writing() as connection:
            connection.execute(
                sa.update(DOCUMENT)
                .where(DOCUMENT.c.state == State.SENDING.value)
                .values(state=State.IN_DOUBT.value, sent_at=self.clock().isoformat())
            )

    def due(self, kind: SourceKind) -> Iterator[list[Entry]]:
        """What must be worked out again: open amounts of orders, changes of vendors under way."""
        return self._pages([DOCUMENT.c.kind == kind, DOCUMENT.c.is_due == 1])

    def _pages(self, conditions: Sequence[sa.ColumnElement[bool]]) -> Iterator[list[Entry]]:
        """Keyset pages over ids fixed before the first one, so that changes cannot loop it."""
        with self.engine.connect() as connection:
            ids = connection.execute(
                sa.select(DOCUMENT.c.id).where(*conditions).order_by(DOCUMENT.c.id)
            ).scalars()
            wanted = list(ids)
        for start in range(0, len(wanted), _ENTRIES_AT_ONCE):
            chunk = wanted[start : start + _ENTRIES_AT_ONCE]
            with self.engine.connect() as connection:
                rows = connection.execute(
                    sa.select(DOCUMENT).where(DOCUMENT.c.id.in_(chunk)).order_by(DOCUMENT.c.id)
                ).mappings()
                entries = [from_row(dict(row)) for row in rows]
            yield entries

    def attention(self, *, limit: int) -> tuple[list[Entry], int]:
        """What needs a person: the first ``limit`` entries, and how many there are in all."""
        order = (DOCUMENT.c.kind, DOCUMENT.c.id)
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.select(DOCUMENT).where(_NEEDS_PERSON).order_by(*order).limit(limit)
            ).mappings()
            entries = [from_row(dict(row)) for row in rows]
            count = connection.execute(
                sa.select(sa.func.count()).select_from(DOCUMENT).where(_NEEDS_PERSON)
            ).scalar_one()
        return entries, count

    def must_raise_alarm(self, *, held_before: datetime) -> bool:
        """Whether something needs a person and no run has said so, or it was held long ago."""
        is_news = DOCUMENT.c.is_announced == 0
        is_overdue = DOCUMENT.c.held_since < held_before.isoformat()
        query = sa.select(DOCUMENT.c.id).where(_NEEDS_PERSON, sa.or_(is_news, is_overdue)).limit(1)
        with self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def links(self) -> dict[str, SupplierId]:
        """Which supplier each Procurify vendor is linked to."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(LINK.c.vendor_id, LINK.c.supplier)).all()
        return {row.vendor_id: SupplierId(row.supplier) for row in rows}

    def vendors_with(self, codes: Collection[str]) -> frozenset[str]:
        """The vendors, by id, that have one of these problems."""
        query = sa.select(DOCUMENT.c.source_id, DOCUMENT.c.problems).where(
            DOCUMENT.c.kind == "vendor", DOCUMENT.c.problems != "[]"
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return frozenset(
            row.source_id for row in rows if {p[0] for p in json.loads(row.problems)} & {*codes}
        )

    def billed_on(self, order_ids: Iterable[str]) -> dict[str, list[BilledLine]]:
        """What confirmed bills have taken off these orders, by order id."""
        billed: dict[str, list[BilledLine]] = {}
        ids = list(dict.fromkeys(order_ids))
        with self.engine.connect() as connection:
            for chunk in _chunks(ids):
                query = (
                    sa.select(BILLED)
                    .where(BILLED.c.order_id.in_(chunk))
                    .order_by(BILLED.c.bill_id, BILLED.c.position)
                )
                for row in connection.execute(query):
                    billed.setdefault(row.order_id, []).append(_billed_line(row))
        return billed

    def orders_of_bills(self, bill_ids: Iterable[str]) -> frozenset[str]:
        """The orders that these bills have taken something off."""
        ids = list(dict.fromkeys(bill_ids))
        orders: set[str] = set()
        with self.engine.connect() as connection:
            for chunk in _chunks(ids):
                query = sa.select(BILLED.c.order_id).where(BILLED.c.bill_id.in_(chunk)).distinct()
                orders.update(connection.execute(query).scalars())
        return frozenset(orders)

    def start_run(self, *, version: str, rules_version: str, actor: str = "") -> int:
        """Open a run and remember its number for every later write; ``actor`` is who runs it."""
        with self.writing() as connection:
            last = connection.execute(sa.select(sa.func.max(RUN.c.id))).scalar() or 0
            self.run_id = last + 1
            row = {
                "id": self.run_id,
                "started_at": self.clock().isoformat(),
                "version": version,
                "rules_version": rules_version,
            }
            connection.execute(sa.insert(RUN), [row])
            line = {
                "at": row["started_at"],
                "run": self.run_id,
                "event": "run started",
                "actor": actor,
                "software": version,
                "rules": rules_version,
            }
            audit.append(connection, [line])
        return self.run_id

    def end_run(self, exit_code: int) -> audit.Checkpoint:
        """Close the run, whose alarm counts as raised; the answer is the checkpoint to print."""
        now = self.clock().isoformat()
        with self.writing() as connection:
            connection.execute(sa.update(DOCUMENT).where(_NEEDS_PERSON).values(is_announced=1))
            connection.execute(
                sa.update(RUN)
                .where(RUN.c.id == self.run_id)
                .values(ended_at=now, exit_code=exit_code)
            )
            line = {"at": now, "run": self.run_id, "event": "run ended", "exit_code": exit_code}
            audit.append(connection, [line])
            return audit.read_checkpoint(connection)


def _upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    key: tuple[str, ...],
) -> None:
    if rows:
        statement = _upsert_statement(connection.dialect.name, table, tuple(rows[0]), key)
        connection.execute(statement, list(rows))


@cache
def _upsert_statement(
    dialect_name: str, table: sa.Table, names: tuple[str, ...], key: tuple[str, ...]
) -> sa.Executable:
    dialect: Any = postgresql if dialect_name == "postgresql" else sqlite
    statement = dialect.insert(table)
    changes = {name: statement.excluded[name] for name in names if name not in key}
    updated: sa.Executable = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    return updated


def _replace_billed(connection: sa.Connection, billed: Mapping[str, Sequence[BilledLine]]) -> None:
    for chunk in _chunks(list(billed)):
        connection.execute(sa.delete(BILLED).where(BILLED.c.bill_id.in_(chunk)))
    rows = [
        {
            "bill_id": bill_id,
            "position": position,
            "order_id": line.order_id,
            "order_line_id": line.order_line_id,
            "codes": json.dumps(line.codes),
            "amount": str(line.amount),
        }
        for bill_id, lines in billed.items()
        for position, line in enumerate(lines)
    ]
    if rows:
        connection.execute(sa.insert(BILLED), rows)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_PER_QUERY] for start in range(0, len(ids), _IDS_PER_QUERY))


def _billed_line(row: sa.Row[Any]) -> BilledLine:
    return BilledLine(
        order_id=row.order_id,
        order_line_id=row.order_line_id,
        codes=tuple((letter, value) for letter, value in json.loads(row.codes)),
        amount=Decimal(row.amount),
    )
