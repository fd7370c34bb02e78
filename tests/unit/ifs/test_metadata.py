"""The profile against the tenant's own metadata: what is missing, and which line to change."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from target_ifs_cloud.errors import ConfigurationError, TemporaryError
from target_ifs_cloud.ifs.expectations import Expected, Uses, expectations
from target_ifs_cloud.ifs.metadata import (
    UNDESCRIBED,
    compare_with_metadata,
    parse_metadata,
    require_profile_fits,
)
from tests.unit.ifs.documents import PROFILE
from tests.unit.ifs.site import Asked, Bench, Told, bench, changed

USES = Uses(letters=("B", "C"))
UNUSED = {"external", "order", "history_log"}
"""Projections that the default route does without."""


def csdl(wanted: Iterable[Expected], *, without: str = "") -> str:
    """A metadata document that offers what is wanted, except one name."""
    types: dict[tuple[str, ...], set[str]] = {}
    actions: set[str] = set()
    for expected in wanted:
        for size in range(1, len(expected.path) + 1):
            types.setdefault(expected.path[:size], set())
        types[expected.path] |= set(expected.fields.values())
        actions |= set(expected.actions.values())
    names = {path: "_".join(path) for path in types}
    lines = []
    for path, fields in types.items():
        lines.append(f'<EntityType Name="{names[path]}Type">')
        lines += [f'<Property Name="{f}" Type="Edm.String"/>' for f in fields if f != without]
        lines += [
            f'<NavigationProperty Name="{other[-1]}" Type="Collection(X.{names[other]}Type)"/>'
            for other in types
            if other[:-1] == path and other[-1] != without
        ]
        lines.append("</EntityType>")
    lines += [f'<Action Name="{a}" IsBound="true"/>' for a in actions if a != without]
    lines.append('<EntityContainer Name="C">')
    lines += [
        f'<EntitySet Name="{path[0]}" EntityType="IfsApp.X.{names[path]}Type"/>'
        for path in types
        if len(path) == 1 and path[0] != without
    ]
    inside = "".join(lines)
    return (
        '<?xml version="1.0"?><edmx:Edmx Version="4.0" '
        'xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        '<Schema Namespace="IfsApp.X" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{inside}<EntitySet Name="Other"/></EntityContainer></Schema>'
        "</edmx:DataServices></edmx:Edmx>"
    )


def publish(ifs: Bench, *, without: str = "", uses: Uses = USES) -> None:
    """A tenant that offers everything except one name."""
    by_root: dict[str, list[Expected]] = {}
    for expected in expectations(ifs.profile, uses):
        root = ifs.profile.projection(expected.projection).root
        by_root.setdefault(root, []).append(expected)
    documents = {f"{root}$metadata": csdl(w, without=without) for root, w in by_root.items()}
    ifs.site.answer = lambda asked: Told(value=documents[asked.path])


def test_a_tenant_that_has_everything_fits(ifs: Bench) -> None:
    """Nothing missing, nothing unread, one request per projection in use."""
    publish(ifs)
    report = compare_with_metadata(ifs.client, USES)
    assert (report.missing, report.unread) == ((), ())
    assert len(ifs.site.asked) == len(PROFILE.projections) - len(UNUSED)
    assert require_profile_fits(ifs.client, USES) == ()


@pytest.mark.parametrize(
    ("without", "line"),
    [
        ("ManSuppInvoiceSet", "invoice.set"),
        ("ManSuppInvoiceItemArray", "invoice.items.set"),
        ("InvoiceNo", "invoice.number"),
        ("VoucherText", "invoice.source_reference"),
        ("PostingProposalArray", "proposal.rows.set"),
        ("ProposalId", "proposal.key (ProposalId)"),
        ("CodeC", "proposal.rows.code (C)"),
        ("CodeCArray", "code_part.set (C)"),
        ("ReqCodeB", "account.demand (B)"),
        ("SupplierInvoiceCompanies", "supplier.children.companies.set"),
        ("CompanySet", "company.set"),
    ],
)
def test_every_needed_name_that_is_missing_stops_the_run(
    ifs: Bench, without: str, line: str
) -> None:
    """Set, field or action, with the line of the profile to change."""
    publish(ifs, without=without)
    with pytest.raises(ConfigurationError) as caught:
        require_profile_fits(ifs.client, USES)
    assert f": {line}" in str(caught.value)


@pytest.mark.parametrize(
    "without", ["StatutoryFeeSet", "FeeRate", "PeriodStatus", "ManSuppInvoice_Cancel"]
)
def test_advisory_names_are_told_and_the_run_goes_on(ifs: Bench, without: str) -> None:
    """That check, or that step, will not be possible."""
    publish(ifs, without=without)
    (told,) = require_profile_fits(ifs.client, USES)
    assert without in told
    assert "advisory" in told


def test_all_missing_names_are_told_at_once(ifs: Bench) -> None:
    """Company is a field of many sets."""
    publish(ifs, without="Company")
    with pytest.raises(ConfigurationError) as caught:
        require_profile_fits(ifs.client, USES)
    assert len(str(caught.value).splitlines()) > 5


@pytest.mark.parametrize(
    "told",
    [Told(status=404), Told(status=403), Told(value="<html>"), Told(value="<a/>"), Told(value="")],
)
def test_metadata_that_cannot_be_read_is_told(ifs: Bench, told: Told) -> None:
    """By default the run goes on; a site can require it."""
    ifs.site.answer = lambda _: told
    warnings = require_profile_fits(ifs.client, USES)
    assert len(warnings) == len(PROFILE.projections) - len(UNUSED)
    with bench(changed(check_metadata="required")) as strict:
        strict.site.answer = lambda _: told
        with pytest.raises(ConfigurationError, match="cannot be read"):
            require_profile_fits(strict.client, USES)


def test_metadata_that_is_not_answered_is_told_once_and_stops_who_requires_it(ifs: Bench) -> None:
    """Some servers never answer it; one that is down is found out by the next read."""
    ifs.site.answer = lambda _: Told(status=500)
    (told,) = require_profile_fits(ifs.client, USES)
    assert "not compared" in told
    assert "status 500" in told
    with bench(changed(check_metadata="required")) as strict:
        strict.site.answer = lambda _: Told(status=500)
        with pytest.raises(TemporaryError):
            require_profile_fits(strict.client, USES)


def test_a_site_can_do_without_the_comparison() -> None:
    """It is said, and nothing is asked."""
    with bench(changed(check_metadata="never")) as ifs:
        (told,) = require_profile_fits(ifs.client, USES)
        assert "never" in told
        assert ifs.site.requests == []


def test_a_projection_that_nobody_uses_is_not_compared() -> None:
    """A null block in the profile."""
    with bench(changed(proposal=None, period=None)) as ifs:
        seen: list[str] = []

        def answer(asked: Asked) -> Told:
            seen.append(asked.path)
            return Told(status=404)

        ifs.site.answer = answer
        compare_with_metadata(ifs.client, USES)
        assert not any("PostingProposal" in path or "Periods" in path for path in seen)


def test_inherited_fields_count() -> None:
    """A type has what its base type has."""
    model = parse_metadata(
        b'<S><EntityType Name="A"><Property Name="X"/></EntityType>'
        b'<EntityType Name="B" BaseType="N.A"><Property Name="Y"/></EntityType>'
        b'<EntitySet Name="Bs" EntityType="N.B"/></S>'
    )
    found = model.type_of(("Bs",))
    assert found is not None
    assert found.fields == {"X", "Y"}
    assert model.type_of(("As",)) is None
    assert model.type_of(("Bs", "Missing")) is None


def test_what_a_tenant_does_not_describe_is_not_called_missing() -> None:
    """A set without a type, a child that is listed as a set of its own."""
    model = parse_metadata(
        b'<S><EntityType Name="A"><NavigationProperty Name="Cs" Type="Collection(N.C)"/>'
        b"</EntityType>"
        b'<EntitySet Name="As" EntityType="N.A"/><EntitySet Name="Bs" EntityType="N.B"/></S>'
    )
    assert model.type_of(("As", "Cs")) is UNDESCRIBED
    assert model.type_of(("As", "Bs")) is UNDESCRIBED
    assert model.type_of(("Bs",)) is UNDESCRIBED
    assert model.type_of(("As", "Ds")) is None


@pytest.mark.parametrize(
    "text",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><S><EntitySet Name="A"/></S>',
        '<!DOCTYPE a><S><EntitySet Name="A"/></S>'.encode("utf-16"),
        b"<S>",
        b"<S/>",
        b"",
    ],
)
def test_hostile_and_senseless_documents_are_refused(text: bytes) -> None:
    """No entities of their own, in no encoding."""
    with pytest.raises(ValueError):  # noqa: PT011  (the kind is the point)
        parse_metadata(text)


EXTERNAL = changed(route="external_interface")
ORDERS = Uses(
    letters=("B",),
    orders=True,
    final_posting=True,
    bill_fields={"bill.yml:30 header.DueDate": "DueDate"},
    order_fields={"purchase_order.yml:60 order.header.OrderCode": "OrderCode"},
)


@pytest.mark.parametrize(
    ("without", "line"),
    [
        ("ExtIncInvLoadInfoSet", "external.set"),
        ("LoadId", "external.key (LoadId)"),
        ("LoadType", "external.load_type"),
        ("ExtIncInvHeadArray", "external.heads.set"),
        ("PoRefNumber", "external.heads.fields (PoRefNumber)"),
        ("ErrorCode", "external.heads.error"),
        ("ExtIncInvItemArray", "external.heads.items.set"),
        ("ExtIncInvPostingArray", "external.heads.postings.set"),
        ("ExtIncInvLoadInfo_Check", "external.check_action"),
        ("ExtIncInvLoadInfo_Create", "external.create_action"),
    ],
)
def test_the_external_route_needs_its_sets_fields_and_both_actions(without: str, line: str) -> None:
    """Without one of them no invoice can be created at all."""
    with bench(EXTERNAL) as ifs:
        publish(ifs)
        assert require_profile_fits(ifs.client, USES) == ()
        publish(ifs, without=without)
        with pytest.raises(ConfigurationError) as caught:
            require_profile_fits(ifs.client, USES)
    assert f": {line}" in str(caught.value)


@pytest.mark.parametrize(
    ("without", "line"),
    [
        ("PurchaseOrderSet", "order.set"),
        ("Contract", "order.site"),
        ("PurchaseOrderLineNopartSet", "order.lines.set"),
        ("BuyQtyDue", "order.lines.quantity"),
        ("PurchaseOrderLineNopartArray", "order.lines.child"),
    ],
)
def test_orders_are_compared_where_the_rules_make_them(ifs: Bench, without: str, line: str) -> None:
    """And left alone where orders become posting proposals."""
    publish(ifs, without=without, uses=ORDERS)
    with pytest.raises(ConfigurationError) as caught:
        require_profile_fits(ifs.client, ORDERS)
    assert f": {line}" in str(caught.value)
    publish(ifs)
    assert require_profile_fits(ifs.client, USES) == ()


@pytest.mark.parametrize(
    ("without", "line"),
    [
        ("ManSuppInvoice_FinalPosting", "invoice.final_posting.action"),
        ("PurchaseOrder_Close", "order.close_action"),
        ("DueDate", "bill.yml:30 header.DueDate"),
        ("OrderCode", "purchase_order.yml:60 order.header.OrderCode"),
    ],
)
def test_steps_and_fields_that_the_rules_ask_for_are_told(
    ifs: Bench, without: str, line: str
) -> None:
    """With the line of the profile, or of the rule file, that names them."""
    publish(ifs, without=without, uses=ORDERS)
    (told,) = require_profile_fits(ifs.client, ORDERS)
    assert told.endswith(f": {line} (advisory)")
