"""Suppliers on their way to Procurify: linked, created once, changed where IFS decides, or held."""

from __future__ import annotations

from typing import Any

import pytest

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.documents import SupplierId
from target_ifs_cloud.errors import TemporaryError
from tests.unit.vendor_sync.tenant import MemoryTenant, rules, run, supplier


def codes(outbox: Outbox, id_: str) -> set[str]:
    """The problems of a supplier."""
    return {problem.code for problem in outbox.find("supplier", [id_])[id_].problems}


def test_a_new_supplier_becomes_one_vendor_and_a_further_run_writes_nothing(outbox: Outbox) -> None:
    """The vendor carries the supplier's id; told again, nothing is sent."""
    tenant, acme = MemoryTenant(), supplier("S1", "Æcme 株式会社", city="Oslo", email="a@b.example")
    assert run(outbox, tenant, acme) == 0
    assert run(outbox, tenant, acme) == 0
    (vendor,) = tenant.vendors.values()
    shown = {name: vendor[name] for name in ("name", "city", "external_id", "type", "email")}
    assert shown == {
        "name": "Æcme 株式会社",
        "city": "Oslo",
        "external_id": "S1",
        "type": 4,
        "email": ["a@b.example"],
    }
    assert len(tenant.writes) == 1
    assert outbox.links() == {"1": "S1"}


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_creation_whose_answer_is_lost_is_looked_up_and_never_doubled(
    outbox: Outbox, how: str
) -> None:
    """One vendor, whether the request was done or not."""
    tenant = MemoryTenant(lost=[how])
    assert run(outbox, tenant, supplier("S1", "Acme")) == 0
    assert len(tenant.vendors) == 1
    assert outbox.links() == {"1": "S1"}


def test_a_creation_that_stays_in_doubt_is_settled_by_the_next_run(outbox: Outbox) -> None:
    """The run stops; the next one needs no record of the tap to go on."""
    tenant = MemoryTenant(lost=["before", "before", "before"])
    with pytest.raises(TemporaryError, match="is in doubt"):
        run(outbox, tenant, supplier("S1", "Acme"))
    assert run(outbox, tenant) == 0
    assert len(tenant.vendors) == 1


def test_a_doubt_that_meets_a_vendor_of_the_same_name_is_held(outbox: Outbox) -> None:
    """The creation was not done, and a person has entered the vendor meanwhile: no twin is made."""
    tenant = MemoryTenant(lost=["before", "before", "before"])
    with pytest.raises(TemporaryError):
        run(outbox, tenant, supplier("S1", "Acme"))
    tenant.add(name="Acme")
    assert run(outbox, tenant) == 3
    assert codes(outbox, "S1") == {"vendor_lookalike"}
    assert len(tenant.vendors) == 1


def test_only_fields_that_ifs_owns_are_written_and_only_where_they_differ(outbox: Outbox) -> None:
    """A rename and a new e-mail address in IFS: the name goes, the e-mail address stays."""
    tenant = MemoryTenant()
    run(outbox, tenant, supplier("S1", "Acme", city="Oslo", email="a@b.example"))
    tenant.writes.clear()
    run(outbox, tenant, supplier("S1", "Acme Group", city="Oslo", email="new@b.example"))
    assert tenant.writes == [("PATCH", "1", {"name": "Acme Group"})]


def test_an_edit_in_procurify_of_a_field_that_ifs_owns_is_put_right(outbox: Outbox) -> None:
    """Although IFS shows no change; an edit of a field of Procurify's own stays."""
    tenant = MemoryTenant()
    run(outbox, tenant, supplier("S1", "Acme", city="Oslo", email="a@b.example"))
    tenant.writes.clear()
    tenant.vendors["1"] |= {"city": "Bergen", "email": ["person@b.example"]}
    run(outbox, tenant)
    assert tenant.writes == [("PATCH", "1", {"city": "Oslo"})]


def test_an_inactive_vendor_is_left_alone_until_it_is_active_again(outbox: Outbox) -> None:
    """Deactivation in Procurify stops the writing, reactivation lets it go on."""
    tenant = MemoryTenant()
    run(outbox, tenant, supplier("S1", "Acme"))
    tenant.writes.clear()
    tenant.vendors["1"]["active"] = False
    assert run(outbox, tenant, supplier("S1", "Acme Group")) == 0
    assert tenant.writes == []
    assert len(tenant.vendors) == 1
    tenant.vendors["1"]["active"] = True
    run(outbox, tenant)
    assert tenant.vendors["1"]["name"] == "Acme Group"


def test_a_vendor_of_the_same_name_is_proposed_and_a_person_links_it(outbox: Outbox) -> None:
    """A likeness is held; the link of a person settles it, with the supplier's id on the vendor."""
    tenant = MemoryTenant()
    vendor = tenant.add(name="ACME  ltd.")
    assert run(outbox, tenant, supplier("S1", "Acme Ltd")) == 3
    assert codes(outbox, "S1") == {"vendor_lookalike"}
    assert tenant.writes == []
    outbox.save(Changes(links={vendor: (SupplierId("S1"), "person")}))
    assert run(outbox, tenant) == 0
    assert tenant.writes == [("PATCH", vendor, {"name": "Acme Ltd", "external_id": "S1"})]


def test_a_vendor_is_known_by_its_external_id_and_by_its_registration_number(
    outbox: Outbox,
) -> None:
    """Both are certain; names do not matter then."""
    tenant = MemoryTenant()
    tenant.add(name="Old name", external_id="S1")
    tenant.add(name="Other", comments="NO 123 456")
    how = rules(registration_field="comments")
    second = supplier("S2", "B", association_no="no-123456")
    assert run(outbox, tenant, supplier("S1", "A"), second, how=how) == 0
    assert outbox.links() == {"1": "S1", "2": "S2"}
    assert len(tenant.vendors) == 2


def test_two_vendors_with_the_same_external_id_are_held(outbox: Outbox) -> None:
    """A merge on the side of Procurify is a person's matter."""
    tenant = MemoryTenant()
    tenant.add(name="A", external_id="S1")
    tenant.add(name="B", external_id="S1")
    assert run(outbox, tenant, supplier("S1", "A")) == 3
    assert codes(outbox, "S1") == {"vendor_ambiguous"}
    assert tenant.writes == []


@pytest.mark.parametrize("kind", [1, 5, 6])
def test_a_vendor_of_a_type_that_is_not_ours_is_never_written(outbox: Outbox, kind: int) -> None:
    """The placeholder, employees and card providers."""
    tenant = MemoryTenant()
    tenant.add(name="Old", external_id="S1", type=kind)
    run(outbox, tenant, supplier("S1", "New"))
    assert tenant.writes == []
    assert outbox.find("supplier", ["S1"])["S1"].state is State.LEFT_OUT


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "x" * 151}, "value_too_long"),
        ({"name": " "}, "value_missing"),
    ],
)
def test_what_procurify_cannot_hold_is_held_and_named(
    outbox: Outbox, changes: dict[str, Any], code: str
) -> None:
    """Nothing is cut: it would be read back as another name."""
    tenant = MemoryTenant()
    assert run(outbox, tenant, {**supplier("S1", "A"), **changes}) == 3
    assert codes(outbox, "S1") == {code}
    assert tenant.writes == []


def test_a_refusal_is_on_record_and_not_sent_again_until_something_changes(outbox: Outbox) -> None:
    """The same supplier is not sent twice in vain; a changed one is."""
    tenant = MemoryTenant(refuses=True)
    assert run(outbox, tenant, supplier("S1", "A")) == 3
    run(outbox, tenant, supplier("S1", "A"))
    assert len(tenant.writes) == 1
    tenant.refuses = False
    assert run(outbox, tenant, supplier("S1", "B")) == 0
    assert len(tenant.vendors) == 1


def test_new_suppliers_can_be_left_out(outbox: Outbox) -> None:
    """`new_vendors: leave_out` writes nothing."""
    tenant = MemoryTenant()
    assert run(outbox, tenant, supplier("S1", "A"), how=rules(creates_vendors=False)) == 0
    assert tenant.writes == []


def test_a_linked_vendor_that_is_gone_is_reported(outbox: Outbox) -> None:
    """No second vendor is made for it."""
    tenant = MemoryTenant()
    run(outbox, tenant, supplier("S1", "A"))
    tenant.vendors.clear()
    assert run(outbox, tenant) == 3
    assert codes(outbox, "S1") == {"vendor_gone"}
    assert tenant.vendors == {}


def test_what_a_supplier_is_in_its_companies_changes_no_vendor(outbox: Outbox) -> None:
    """In two companies, then closed in one: a vendor has no company, so nothing is written."""
    tenant = MemoryTenant()
    both = [{"company": "HCA"}, {"company": "HUS"}]
    run(outbox, tenant, supplier("S1", "Acme", companies=both))
    written = len(tenant.writes)
    run(outbox, tenant, supplier("S1", "Acme", companies=both[:1]))
    assert len(tenant.writes) == written
    assert len(tenant.vendors) == 1


def test_of_vendors_merged_into_one_supplier_one_follows_and_none_is_made(outbox: Outbox) -> None:
    """Two suppliers become one in IFS: the vendor of the other is linked to it by a person."""
    tenant = MemoryTenant()
    run(outbox, tenant, supplier("S1", "Acme"), supplier("S2", "Acme Two"))
    outbox.save(Changes(links={"2": (SupplierId("S1"), "person")}))
    run(outbox, tenant, supplier("S1", "Acme United"))
    assert tenant.vendors["1"]["name"] == "Acme United"
    assert len(tenant.vendors) == 2
