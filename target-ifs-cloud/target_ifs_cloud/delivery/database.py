"""Opens the database of the outbox: connection settings, health check, migrations."""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command, util
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from target_ifs_cloud.errors import ConfigurationError


def open_database(url: str) -> sa.Engine:
    """Open the outbox, create or migrate its tables, and refuse one that cannot be trusted.

    Raises:
        ConfigurationError: the database cannot be opened, is damaged, or was written by a newer
            version of this software.
    """
    engine = make_engine(url)
    # Its notes about every opening are for developers of migrations.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        if engine.dialect.name == "sqlite":
            _check_sqlite(engine)
        with engine.execution_options(is_write=True).begin() as connection:
            _migrate(connection)
    except (sa.exc.DBAPIError, util.CommandError) as error:
        what = type(getattr(error, "orig", None) or error).__name__
        message = (
            f"the outbox cannot be used ({what}: {getattr(error, 'orig', error)}). Nothing was "
            "sent. Restore it from a backup, or start an empty one: documents that are in IFS "
            "already are then found by their key and adopted, never created again"
        )
        engine.dispose()
        raise ConfigurationError(message) from error
    except ConfigurationError:
        engine.dispose()
        raise
    return engine


def open_existing_database(url: str) -> sa.Engine:
    """The outbox of earlier runs: an empty one beside it would say that all is well.

    Raises:
        ConfigurationError: as :func:`open_database`; or there is no such file.
    """
    try:
        parsed = sa.engine.make_url(url)
    except sa.exc.ArgumentError:
        return open_database(url)  # which says what is wrong
    if _is_file(parsed) and not Path(str(parsed.database)).exists():
        message = (
            f"there is no outbox at {parsed.database}, seen from {Path.cwd()}. Ask through "
            "`meltano invoke procurify-ifs`, which knows where the runs keep it, or name it with "
            "--outbox-url or TARGET_IFS_CLOUD_OUTBOX_URL"
        )
        raise ConfigurationError(message)
    return open_database(url)


def make_engine(url: str) -> sa.Engine:
    """An engine for this address; nothing is opened but its folder.

    Raises:
        ConfigurationError: the address, its driver or its folder cannot be used.
    """
    try:
        parsed = sa.engine.make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        _make_folder(parsed)
        engine = sa.create_engine(parsed)
    except ModuleNotFoundError as error:
        message = (
            f"outbox_url needs the Python module {error.name}, which is not installed: install "
            "target-ifs-cloud[postgres] for PostgreSQL, or choose sqlite:/// or postgresql://"
        )
        raise ConfigurationError(message) from error
    except sa.exc.ArgumentError as error:
        # Without the text: the address may hold a password.
        raise ConfigurationError("outbox_url is no SQLAlchemy URL") from error
    except OSError as error:
        message = f"the folder of the outbox cannot be made ({error}). Nothing was sent"
        raise ConfigurationError(message) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_pragmas)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _make_folder(parsed: sa.URL) -> None:
    if _is_file(parsed):
        Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)


def _is_file(parsed: sa.URL) -> bool:
    is_named = parsed.database not in {None, "", ":memory:"} and not parsed.query.get("uri")
    return parsed.get_backend_name() == "sqlite" and is_named


def _set_pragmas(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401
    """Full fsync and WAL; the driver's own implicit BEGIN is switched off (SQLAlchemy's advice)."""
    dbapi_connection.isolation_level = None
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """A writing transaction takes the write lock first, so that it never fails half way."""
    is_write = connection.get_execution_options().get("is_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _check_sqlite(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if verdict != "ok":
        message = f"the outbox file is damaged ({verdict}); restore it from a backup"
        raise ConfigurationError(message)


def _migrate(connection: sa.Connection) -> None:
    config = Config()
    migrations = resources.files("target_ifs_cloud.delivery") / "migrations"
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = set(MigrationContext.configure(connection).get_current_heads())
    newer = current - {script.revision for script in scripts.walk_revisions()}
    if newer:
        message = (
            "the outbox was written by a newer version of this software (schema "
            f"{', '.join(sorted(newer))}); upgrade target-ifs-cloud. Nothing was sent"
        )
        raise ConfigurationError(message)
    if current != set(scripts.get_heads()):
        command.upgrade(config, "heads")
