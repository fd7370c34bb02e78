"""The site profile: defaults, single lines that differ, and faults that name their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.profile import load_profile


def write(folder: Path, text: str) -> Path:
    """A profile file."""
    path = folder / "site.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_default_profile_is_complete() -> None:
    """It loads by itself, and the paths are those that IFS documents."""
    profile = load_profile()
    assert profile.projection("invoice").root == (
        "/main/ifsapplications/projection/v1/ManualSupplierInvoiceHandling.svc/"
    )
    assert profile.invoice.items.set == "ManSuppInvoiceItemArray"
    assert profile.account.demand_field("C") == "ReqCodeC"


def test_a_site_changes_single_lines(tmp_path: Path) -> None:
    """What it does not name stays."""
    path = write(
        tmp_path,
        "projections:\n  invoice: {name: Own, endpoint: int}\n"
        "limits: {page_size: 50}\nperiod: null\ninvoice: {items: {tax: null}}\n",
    )
    profile = load_profile(path)
    assert profile.projection("invoice").root == ("/int/ifsapplications/projection/v1/Own.svc/")
    assert profile.projection("proposal").name == "PostingProposalHandling"
    assert (profile.limits.page_size, profile.limits.batch_change_sets) == (50, 50)
    assert profile.period is None
    assert profile.invoice.items.tax is None
    assert profile.invoice.items.net == "NetCurrAmount"


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    """Comments alone are no lines."""
    assert load_profile(write(tmp_path, "# nothing yet\n")) == load_profile()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("page_size: 5", "page_size"),
        ("limits: {page_size: 5001}", "limits.page_size"),
        ("limits: {page_size: 0}", "limits.page_size"),
        ("invoice: {nett: X}", "invoice.nett"),
        ("invoice: null", "invoice"),
        ("route: teleport", "route"),
        ("number_lookup: maybe", "number_lookup"),
        ("projections: {unknown: {name: X}}", "projections"),
        ("- a list", "names and values"),
        ("invoice: [", "site.yml:"),
        ("\xff", "site.yml"),
    ],
)
def test_faults_name_the_line_to_change(tmp_path: Path, text: str, named: str) -> None:
    """File and place, before anything is sent."""
    with pytest.raises(ConfigurationError) as caught:
        load_profile(write(tmp_path, text))
    assert named in str(caught.value)
    assert "site.yml" in str(caught.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Not only the first one."""
    path = write(tmp_path, "limits: {page_size: 0}\nuse_batch: perhaps\n")
    with pytest.raises(ConfigurationError) as caught:
        load_profile(path)
    assert "limits.page_size" in str(caught.value)
    assert "use_batch" in str(caught.value)


def test_a_missing_file_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ConfigurationError, match="absent"):
        load_profile(tmp_path / "absent.yml")


def test_a_bottomless_file_is_refused(tmp_path: Path) -> None:
    """A file that refers to itself ends with an error."""
    path = write(tmp_path, "invoice: &a\n  items: *a\n")
    with pytest.raises(ConfigurationError):
        load_profile(path)


def test_an_entity_service_has_its_own_shape_of_address(tmp_path: Path) -> None:
    """They stand on the endpoint for integrations only."""
    text = "projections: {order: {name: PurchaseOrderEntity, endpoint: int, service: entity}}"
    profile = load_profile(write(tmp_path, text))
    root = "/int/ifsapplications/entity/v1/PurchaseOrderEntity.svc/"
    assert profile.projection("order").root == root


def test_a_block_that_a_route_needs_is_asked_for_by_name(tmp_path: Path) -> None:
    """Both blocks may be left out as long as nothing uses them."""
    profile = load_profile(write(tmp_path, "external: null\norder: null"))
    with pytest.raises(ConfigurationError, match="block `external`"):
        _ = profile.external_names
    with pytest.raises(ConfigurationError, match="block `order`"):
        _ = profile.order_names
