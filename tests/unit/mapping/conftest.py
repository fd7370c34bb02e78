"""The shipped rule files, read once, and the verbs bound to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from target_ifs_cloud.documents import BilledLine, Mapped, SupplierId
from target_ifs_cloud.mapping import Rules, load_rules, map_bill, map_purchase_order, map_vendor
from target_ifs_cloud.reference import Reference
from tests.unit.mapping.builders import reference

TRANSFORMS = Path(__file__).parents[3] / "transforms"
NO_LINKS: Mapping[str, SupplierId] = {}


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rule files as they are shipped."""
    return load_rules(TRANSFORMS)


@pytest.fixture
def on_bill(rules: Rules) -> Callable[..., Mapped]:
    """``map_bill`` by the shipped rules; everything else has a default."""

    def call(
        record: object,
        *,
        known: Reference | None = None,
        links: Mapping[str, SupplierId] = NO_LINKS,
        by: Rules = rules,
    ) -> Mapped:
        return map_bill(record, rules=by, reference=known or reference(), links=links)

    return call


@pytest.fixture
def on_order(rules: Rules) -> Callable[..., Mapped]:
    """``map_purchase_order`` by the shipped rules."""

    def call(
        record: object, *, billed: Sequence[BilledLine] = (), known: Reference | None = None
    ) -> Mapped:
        return map_purchase_order(
            record, rules=rules, reference=known or reference(), links=NO_LINKS, billed=billed
        )

    return call


@pytest.fixture
def on_vendor(rules: Rules) -> Callable[..., Mapped]:
    """``map_vendor`` by the shipped rules, with an IFS that knows no supplier."""

    def call(
        record: object,
        *,
        known: Reference | None = None,
        links: Mapping[str, SupplierId] = NO_LINKS,
    ) -> Mapped:
        empty = reference(suppliers=[])
        return map_vendor(record, rules=rules, reference=known or empty, links=links)

    return call
