"""A fresh stand-in for Procurify for each test, on the same seeded world."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from erp_sandbox.clock import SimulatedClock
from erp_sandbox.procurify import ProcurifyState, create_app
from erp_sandbox.world import World, build_world
from tests.contract.procurify.caller import Caller

NOW = datetime(2026, 10, 1, 17, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="session")
def world() -> World:
    """The tenant of seed 7."""
    return build_world(7, 1)


@pytest.fixture
def state(world: World) -> ProcurifyState:
    """What the stand-in holds; its clock stands at 2026-10-01 until it is advanced."""
    return ProcurifyState(world, clock=SimulatedClock(lambda: NOW))


@pytest.fixture
def anonymous(state: ProcurifyState) -> Caller:
    """A caller without a token."""
    return Caller(create_app(state))


@pytest.fixture
def caller(anonymous: Caller) -> Caller:
    """A caller with a token and the client header."""
    anonymous.login()
    return anonymous


@pytest.fixture(scope="session")
def reader(world: World) -> Caller:
    """A caller of a stand-in that no test changes."""
    caller = Caller(create_app(ProcurifyState(world, clock=SimulatedClock(lambda: NOW))))
    caller.login()
    return caller
