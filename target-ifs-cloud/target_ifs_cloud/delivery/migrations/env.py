"""Runs the migrations on the connection that the outbox has opened."""

from __future__ import annotations

from alembic import context

from target_ifs_cloud.delivery.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
