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
    Column("source_id", Text, nullable=False),
    Column("source_version", Integer),
    Column("source_hash", String(64), nullable=False),
    Column("label", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("company", Text, nullable=False, default=""),
    Column("supplier", Text, nullable=False, default=""),
    Column("series", Text, nullable=False, default=""),
    Column("number", Text, nullable=False, default=""),
    # The document key while the document is sent or confirmed, so that the database itself
    # refuses a second document of the same key; empty otherwise.
    Column("active_key", Text, unique=True),
    Column("amount", Text),
    Column("currency", Text, nullable=False, default=""),
    Column("rules_version", String(64), nullable=False),
    Column("content", Text),
    Column("intent", Text),
    Column("ifs_id", Text, nullable=False, default=""),
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
    # How many writes in a row had no answer.
    Column("unanswered", Integer, nullable=False, server_default="0"),
    # Whether a person has said that it is no duplicate.
    Column("is_released", Integer, nullable=False, server_default="0"),
    # The number of an order inside Procurify, which bills name where they lack its uuid.
    Column("alias", Text, nullable=False, server_default=""),
    # By what a look-alike is found: the number without what people type differently, the date.
    Column("near_number", Text, nullable=False, server_default=""),
    Column("day", Text, nullable=False, server_default=""),
    # When Procurify says that the record was changed last.
    Column("source_stamp", Text, nullable=False, server_default=""),
    UniqueConstraint("kind", "source_id", name="uq_document_source"),
)
Index("ix_document_state", DOCUMENT.c.kind, DOCUMENT.c.state)
Index("ix_document_alias", DOCUMENT.c.alias)
Index("ix_document_near", DOCUMENT.c.supplier, DOCUMENT.c.near_number)
Index("ix_document_number", DOCUMENT.c.number)
Index("ix_document_amount", DOCUMENT.c.supplier, DOCUMENT.c.amount)
Index("ix_document_due", DOCUMENT.c.is_due)

LINK = Table(
    "link",
    METADATA,
    Column("vendor_id", Text, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("origin", String(20), nullable=False),
    Column("created_at", String(40), nullable=False),
)

BILLED = Table(
    "billed",
    METADATA,
    Column("bill_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("order_id", Text, nullable=False, index=True),
    Column("order_line_id", Text, nullable=False),
    Column("codes", Text, nullable=False),
    Column("amount", Text, nullable=False),
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
