"""Profiles taken while the sandbox runs, and the readings of the documented figure 5000."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from erp_sandbox.control_client import ControlRefusedError
from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.ifs.limits import check_arrays
from erp_sandbox.ifs.refusal import Refusal
from tests.contract.ifs.site import HEADER, INVOICES, Caller

SUPPLIERS = "SupplierHandling.svc/SupplierInfoGeneralSet"
NESTED = {"A": [{"B": [1] * 2000}, {"B": [1] * 2999}]}  # 5001 in all, at most 2999 in one


@pytest.fixture
def steady(caller: Caller) -> Iterator[Caller]:
    """A caller of the default profile, which is there again afterwards."""
    caller.control.take_profile("default")
    yield caller
    caller.control.take_profile("default")


def get(caller: Caller, path: str, **options: str) -> requests.Response:
    """A GET as it is answered."""
    return requests.get(
        f"{caller.url}/main/ifsapplications/projection/v1/{path}",
        params={f"${name}": value for name, value in options.items()},
        headers={"Authorization": f"Bearer {caller.token}"},
        timeout=10,
    )


def post_invoice(caller: Caller, **more: Any) -> requests.Response:
    """The answer to a new invoice."""
    return requests.post(
        f"{caller.url}/main/ifsapplications/projection/v1/{INVOICES}.svc/ManSuppInvoiceSet",
        json={**HEADER, **more},
        headers={"Authorization": f"Bearer {caller.token}"},
        timeout=10,
    )


def test_a_profile_can_be_taken_and_left_while_it_runs(steady: Caller) -> None:
    """Its knobs hold after a reset too; another profile begins from the defaults."""
    shown = len(get(steady, SUPPLIERS).json()["value"])
    steady.control.take_profile("strict")
    steady.control.reset()
    steady.log_in()
    assert len(get(steady, SUPPLIERS).json()["value"]) == 10 < shown
    steady.control.take_profile("lenient")
    assert len(get(steady, SUPPLIERS).json()["value"]) == shown


def test_the_hostile_profile_brings_its_faults_and_takes_them_along(steady: Caller) -> None:
    """The script is part of the profile, and a reset begins it again."""
    steady.control.take_profile("hostile")
    steady.control.reset()
    assert steady.control.faults()
    steady.control.take_profile("default")
    assert not steady.control.faults()


def test_an_unknown_profile_is_refused_with_the_names_that_there_are(steady: Caller) -> None:
    """And nothing changes."""
    with pytest.raises(ControlRefusedError, match="old-release"):
        steady.control.take_profile("gentle")


def test_a_page_over_the_limit_is_cut_quietly(steady: Caller) -> None:
    """Without a next link there is no sign of it; with one the rest can be read."""
    whole = get(steady, SUPPLIERS, top="40").json()["value"]
    steady.control.turn_knobs(page_rows_max=15)
    cut = get(steady, SUPPLIERS, top="40").json()
    assert cut["value"] == whole[:15]
    assert "@odata.nextLink" not in cut
    steady.control.turn_knobs(emit_next_link=True)
    link = get(steady, SUPPLIERS, top="40").json()["@odata.nextLink"]
    rest = get(steady, f"SupplierHandling.svc/{link}").json()
    assert rest["value"] == whole[15:30]
    last = get(steady, f"SupplierHandling.svc/{rest['@odata.nextLink']}").json()
    assert last["value"] == whole[30:40]
    assert "@odata.nextLink" not in last


def test_a_page_over_the_limit_is_refused_where_the_site_says_so(steady: Caller) -> None:
    """What is within the limit is answered as before."""
    steady.control.turn_knobs(page_rows_max=15, page_rows_over="refused")
    assert get(steady, SUPPLIERS, top="16").status_code == 400
    assert len(get(steady, SUPPLIERS, top="15").json()["value"]) == 15


def test_a_body_with_too_many_array_elements_is_500_and_nothing_is_done(steady: Caller) -> None:
    """Whatever the member is called: the server dies before it looks at names."""
    answer = post_invoice(steady, Rows=[1] * 5001)
    assert answer.status_code == 500
    assert post_invoice(steady).status_code == 201


@pytest.mark.parametrize(
    ("settings", "is_refused"),
    [
        ({}, True),
        ({"array_counting": "each"}, False),
        ({"array_elements_max": 0}, False),
        ({"array_counting": "each", "array_elements_max": 2998}, True),
    ],
)
def test_nested_elements_count_by_the_knob(settings: Mapping[str, Any], is_refused: bool) -> None:  # noqa: FBT001
    """All arrays together is what the documentation says; each by itself is a reading."""
    if is_refused:
        with pytest.raises(Refusal):
            check_arrays(Knobs(**settings), NESTED)
    else:
        check_arrays(Knobs(**settings), NESTED)
