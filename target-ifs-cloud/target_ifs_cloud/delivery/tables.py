"""The tables of the outbox and of the audit trail; the migrations create and change them.

Amounts are stored as exact decimal text and moments as ISO text in UTC, so that SQLite and
PostgreSQL keep the same values.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

DOCUMENT = Table(
    "document",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("source_id", String(100), nullable=False),
    Column("source_version", Integer),
    Column("source_hash", String(64), nullable=False),
    Column("label", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("company", String(100), nullable=False, default=""),
    Column("supplier", String(100), nullable=False, default=""),
    Column("series", String(100), nullable=False, default=""),
    Column("number", Text, nullable=False, default=""),
    # The document key while the document is sent or confirmed, so that the database itself
    # refuses a second document of the same key; empty otherwise.
    Column("active_key", Text, unique=True),
    Column("amount", String(40)),
    Column("currency", String(10), nullable=False, default=""),
    Column("rules_version", String(64), nullable=False),
    Column("content", Text),
    Column("intent", Text),
    Column("ifs_id", String(100), nullable=False, default=""),
    Column("problems", Text, nullable=False, default="[]"),
    Column("note", Text, nullable=False, default=""),
    Column("payload", LargeBinary),
    Column("is_due", Integer, nullable=False, default=0),
    # Whether a run has raised the alarm for what needs a person here.
    Column("is_announced", Integer, nullable=False, default=0),
    Column("sent_at", String(40)),
    Column("held_since", String(40)),
    Column("updated_at", String(40), nullable=False),
    Column("run_id", Integer, nullable=False),
    UniqueConstraint("kind", "source_id", name="uq_document_source"),
)
Index("ix_document_state", DOCUMENT.c.kind, DOCUMENT.c.state)
Index("ix_document_due", DOCUMENT.c.is_due)

LINK = Table(
    "link",
    METADATA,
    Column("vendor_id", String(100), primary_key=True),
    Column("supplier", String(100), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("created_at", String(40), nullable=False),
)

BILLED = Table(
    "billed",
    METADATA,
    Column("bill_id", String(100), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("order_id", String(100), nullable=False, index=True),
    Column("order_line_id", String(100), nullable=False),
    Column("codes", Text, nullable=False),
    Column("amount", String(40), nullable=False),
)

RUN = Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("started_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("exit_code", Integer),
    Column("version", String(40), nullable=False),
    Column("rules_version", String(64), nullable=False),
)

LEASE = Table(
    "lease",
    METADATA,
    Column("name", String(20), primary_key=True),
    Column("token", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires_at", String(40), nullable=False),
)

AUDIT = Table(
    "audit_trail",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)
