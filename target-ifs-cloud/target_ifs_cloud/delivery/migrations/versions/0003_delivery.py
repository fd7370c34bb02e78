"""What delivery learned: unanswered writes, order numbers, look-alikes, releases by a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the values of old rows come with their next record."""
    for name in ("unanswered", "is_released"):
        column = sa.Column(name, sa.Integer, nullable=False, server_default="0")
        op.add_column("document", column)
    for name in ("alias", "near_number", "day"):
        op.add_column("document", sa.Column(name, sa.Text, nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        # SQLite never minded the lengths; a record from outside may exceed them.
        for table, columns in _WIDENED.items():
            for widened in columns:
                op.alter_column(table, widened, type_=sa.Text)
    op.create_index("ix_document_alias", "document", ["alias"])
    op.create_index("ix_document_near", "document", ["supplier", "near_number"])
    op.create_index("ix_document_number", "document", ["number"])
    op.create_index("ix_document_amount", "document", ["supplier", "amount"])


_WIDENED = {
    "document": ("source_id", "company", "supplier", "series", "currency", "ifs_id", "amount"),
    "link": ("vendor_id", "supplier"),
    "billed": ("bill_id", "order_id", "order_line_id", "amount"),
}


def downgrade() -> None:
    """Refuse: evidence is never dropped by a tool."""
    message = "the outbox holds evidence and is never downgraded; restore a backup instead"
    raise RuntimeError(message)
