"""When Procurify says that a record was changed last, so that an older one is told apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the stamps of old rows come with their next record."""
    column = sa.Column("source_stamp", sa.Text, nullable=False, server_default="")
    op.add_column("document", column)


def downgrade() -> None:
    """Refuse: evidence is never dropped by a tool."""
    message = "the outbox holds evidence and is never downgraded; restore a backup instead"
    raise RuntimeError(message)
