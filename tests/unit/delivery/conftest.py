"""Both databases that an outbox may live in, for the same tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from tests.plugin.postgres_server import NoServerError, run_postgres

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_port() -> Iterator[int | None]:
    """A PostgreSQL server of its own; ``None`` where it is not installed."""
    with ExitStack() as opened:
        try:
            server = opened.enter_context(run_postgres())
        except NoServerError:
            yield None
            return
        yield server.port


@pytest.fixture(autouse=True)
def _close_engines(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every engine that a test opens is closed behind it."""
    engines: list[sa.Engine] = []
    create = sa.create_engine

    def remembered(url: sa.URL) -> sa.Engine:
        engines.append(create(url))
        return engines[-1]

    monkeypatch.setattr(sa, "create_engine", remembered)
    yield
    for engine in engines:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database: a file in a folder that does not exist yet, or one on a server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/var/outbox.db"
    port = request.getfixturevalue("postgres_port")
    if port is None:
        pytest.skip("PostgreSQL (initdb, pg_ctl) is not installed")
    name = f"outbox_{next(_NUMBERS)}"
    server = f"postgresql://loader@127.0.0.1:{port}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{server}/{name}"
