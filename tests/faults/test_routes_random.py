"""Requests and answers get lost at random on every route; the same seed is the same run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from target_ifs_cloud.documents import SupplierInvoice
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.profile import load_profile
from tests.faults.routes_site import RoutesSite
from tests.faults.routes_world import PAUSE, World, bill, order

SEEDS = range(6)
CHANCE = 0.25
RUNS_MAX = 40
KINDS = ["manual", "external", "orders"]


class Fate:
    """Before or after a request it is lost, once in a while, as long as ``is_cruel``."""

    def __init__(self, seed: int) -> None:
        """The same seed gives the same fate."""
        self.random = random.Random(seed)
        self.is_cruel = True

    def __call__(self, name: str) -> None:
        """One step."""
        if self.is_cruel and "save" not in name and self.random.random() < CHANCE:
            raise requests.exceptions.ReadTimeout


def run_until_all_stand(world: World, documents: Sequence[SupplierInvoice]) -> None:
    """Cruel runs first, then kind ones until nothing is open."""
    for _ in range(4):
        with suppress(TemporaryError):
            world.run(documents)
        world.now += PAUSE
    assert isinstance(world.site.step, Fate)
    world.site.step.is_cruel = False
    world.until_quiet(documents, runs_max=RUNS_MAX)


@pytest.mark.parametrize("takes_batches", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_gets_lost_every_document_stands_once_and_whole(
    tmp_path: Path, seed: int, kind: str, *, takes_batches: bool
) -> None:
    """The truth of the site, after the storm."""
    profile = load_profile().model_copy(
        update={
            "use_batch": takes_batches,
            "route": "external_interface" if kind == "external" else "manual_invoice",
        }
    )
    site = RoutesSite(takes_batches=takes_batches, uses_proposals=bool(seed % 2), step=Fate(seed))
    world = World(folder=tmp_path, kind=kind, profile=profile, site=site)
    names = [f"N{number}" for number in range(4)]
    if kind == "orders":
        orders = [order(name) for name in names]
        run_until_all_stand(world, orders)
        assert [
            (number, state, sum(net for _, net in lines)) for number, state, lines in site.orders()
        ] == [(name, "Released", 320) for name in names]
        return
    bills = [bill(name) for name in names]
    run_until_all_stand(world, bills)
    assert site.invoices() == [
        (f"INV-{name}", "Preliminary", Decimal(100), Decimal(100)) for name in names
    ]
    if kind == "external":
        assert {row["Objstate"] for row in site.tables["ExtIncInvLoadInfoSet"]} == {"Created"}
