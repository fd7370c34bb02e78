"""A client and a fake site for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.ifs.site import Bench, bench


@pytest.fixture
def ifs() -> Iterator[Bench]:
    """The default profile in front of an empty site."""
    with bench() as ready:
        yield ready
