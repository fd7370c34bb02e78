"""One sandbox per file, as the seed made it at the start of every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from erp_sandbox.control_client import IfsControl
from tests.conftest import run_sandbox
from tests.contract.ifs.site import Caller


@pytest.fixture(scope="package")
def ifs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one sandbox for all tests of this folder that want a caller."""
    with run_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox.ifs


@pytest.fixture
def caller(ifs_url: str) -> Caller:
    """A caller of the site as the seed made it."""
    IfsControl(ifs_url).reset()
    return Caller(ifs_url)
