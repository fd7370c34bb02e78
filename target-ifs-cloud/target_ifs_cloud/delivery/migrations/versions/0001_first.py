"""The first outbox: documents, links, billed lines, runs, lease, audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "document",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("source_id", sa.String(100), nullable=False),
        sa.Column("source_version", sa.Integer),
        sa.Column("source_hash", sa.String(64), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("company", sa.String(100), nullable=False),
        sa.Column("supplier", sa.String(100), nullable=False),
        sa.Column("series", sa.String(100), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("active_key", sa.Text, unique=True),
        sa.Column("amount", sa.String(40)),
        sa.Column("currency", sa.String(10), nullable=False),
        sa.Column("rules_version", sa.String(64), nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("intent", sa.Text),
        sa.Column("ifs_id", sa.String(100), nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary),
        sa.Column("is_due", sa.Integer, nullable=False),
        sa.Column("is_announced", sa.Integer, nullable=False),
        sa.Column("sent_at", sa.String(40)),
        sa.Column("held_since", sa.String(40)),
        sa.Column("updated_at", sa.String(40), nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.UniqueConstraint("kind", "source_id", name="uq_document_source"),
    )
    op.create_index("ix_document_state", "document", ["kind", "state"])
    op.create_index("ix_document_due", "document", ["is_due"])
    op.create_table(
        "link",
        sa.Column("vendor_id", sa.String(100), primary_key=True),
        sa.Column("supplier", sa.String(100), nullable=False),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "billed",
        sa.Column("bill_id", sa.String(100), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("order_id", sa.String(100), nullable=False, index=True),
        sa.Column("order_line_id", sa.String(100), nullable=False),
        sa.Column("codes", sa.Text, nullable=False),
        sa.Column("amount", sa.String(40), nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("started_at", sa.String(40), nullable=False),
        sa.Column("ended_at", sa.String(40)),
        sa.Column("exit_code", sa.Integer),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("rules_version", sa.String(64), nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "audit_trail",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Refuse: evidence is never dropped by a tool."""
    message = "the outbox holds evidence and is never downgraded; restore a backup instead"
    raise RuntimeError(message)
