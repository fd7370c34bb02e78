"""``$apply``, and how long a read may take."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

import pytest

from tests.contract.ifs.site import INVOICES, Caller, Row, error_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aggregate($count as N)", [{"N": 3}]),
        ("aggregate(NetCurrAmount with sum as Net)", [{"Net": Decimal(300)}]),
        (
            "filter(InvoiceNo eq 'ZZ/1')/groupby((Identity,Currency),aggregate($count as N))",
            [{"Identity": "V-10006", "Currency": "CAD", "N": 1}],
        ),
        ("filter(InvoiceNo eq 'none')/aggregate($count as N)", [{"N": 0}]),
        ("groupby((Currency))", [{"Currency": "CAD"}]),
        (
            "aggregate(InvoiceNo with countdistinct as N,NetCurrAmount with max as Top)",
            [{"N": 3, "Top": 100}],
        ),
        (
            "groupby((Identity),aggregate($count as N))/aggregate(N with average as Each)",
            [{"Each": 3}],
        ),
    ],
)
def test_rows_are_grouped_and_added_up(caller: Caller, text: str, expected: list[Row]) -> None:
    """Documented as supported; which steps is chosen."""
    for number in ("ZZ/1", "ZZ-2", "ZZ-3"):
        caller.create(number)
    path = "ManSuppInvoiceSet?$apply=" + quote(f"filter(startswith(InvoiceNo,'ZZ'))/{text}")
    assert caller.get(INVOICES, path)["value"] == expected


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$apply=topcount(2,NetCurrAmount)", 501),
        ("$apply=aggregate(NetCurrAmount with median as M)", 501),
        ("$apply=groupby(rollup(Identity))", 501),
        ("$apply=aggregate($count as N)&$filter=Company eq 'HCA'", 501),
        ("$apply=groupby((Nonsense))", 400),
        ("$apply=aggregate(Nonsense with sum as N)", 400),
    ],
)
def test_other_steps_are_not_implemented(caller: Caller, query: str, status: int) -> None:
    """A member that there is none of is a fault of the caller."""
    answer = caller.call("GET", INVOICES, f"ManSuppInvoiceSet?{query}")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("endpoint", "prefer", "seconds", "status"),
    [
        ("main", "", 300, 200),
        ("main", "", 301, 504),
        ("int", "", 600, 200),
        ("int", "", 601, 504),
        ("main", "wait=20", 20, 200),
        ("main", "odata.continue-on-error, wait=20", 21, 504),
        ("main", "wait=900", 301, 504),
    ],
)
def test_a_read_that_takes_too_long_is_ended(
    caller: Caller, endpoint: str, prefer: str, *, seconds: int, status: int
) -> None:
    """Documented limits; a caller may lower them, and raise them no further than the server's."""
    caller.control.turn_knobs(reads_take_s=seconds)
    headers = {"Prefer": prefer} if prefer else {}
    answer = caller.call("GET", INVOICES, "ManSuppInvoiceSet", endpoint=endpoint, headers=headers)
    assert answer.status_code == status
    if status == 504:
        assert error_of(answer)[1] == "ODP_OPERATION_TIMEOUT"
