"""Signs of fraud in the vendor master are told, or hold bills until somebody else has looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.summary import Tally
from target_ifs_cloud.documents import SupplierId
from target_ifs_cloud.mapping.rules import DuplicateChoice, Rules, SuspicionRules
from target_ifs_cloud.mapping.vendor_suspicions import SUSPICIONS, KnownNames, find_suspicions
from tests.unit.mapping import builders
from tests.unit.vendor_sync.ifs_side import RULES, Killed, MemoryIfs, run_forward

PAID = {"id": 7, "type": 2, "payment_rail": "ach", "bank_account_country_code": "CA"}
OTHER = {"payment_methods": [{**PAID, "id": 8}]}


def rules(choice: DuplicateChoice) -> Rules:
    """The shipped rules with one answer to every sign."""
    signs = SuspicionRules(
        payment_changed=choice, mail_domain_changed=choice, name_alike=choice, where="vendor.yml:1"
    )
    return replace(RULES, vendor=replace(RULES.vendor, suspicions=signs))


def vendor(**changes: Any) -> builders.Record:
    """A vendor that is linked to S1."""
    known = {"external_id": "S1", "name": "Acme", "payment_methods": [PAID]}
    return builders.vendor(6, **{**known, **changes})


@pytest.fixture
def site(outbox: Outbox) -> MemoryIfs:
    """IFS with S1, linked to the vendor."""
    site = MemoryIfs()
    site.enter("S1", name="Acme", mail="ap@vendor6.example")
    run_forward(outbox, site, vendor())
    return site


def told(tally: Tally) -> str:
    """What is said at the end of a run."""
    return "\n".join(tally.warnings)


SIGNS: Mapping[str, Mapping[str, Any]] = {
    "vendor_payment_changed": OTHER,
    "vendor_mail_domain_changed": {"email": ["ap@vend0r6.example"]},
}


@pytest.mark.parametrize("code", SIGNS)
def test_a_sign_is_told_once(outbox: Outbox, site: MemoryIfs, code: str) -> None:
    """By the run that sees the change; the vendor goes on."""
    changed = vendor(**SIGNS[code])
    assert code in told(run_forward(outbox, site, changed, rules=rules("warn")))
    assert not run_forward(outbox, site, changed, rules=rules("warn")).warnings
    assert outbox.vendors_with(SUSPICIONS) == frozenset()
    assert outbox.find("vendor", ["6"])["6"].state is State.CONFIRMED


@pytest.mark.parametrize("code", SIGNS)
def test_a_sign_stays_until_it_is_released_when_the_rules_hold(
    outbox: Outbox, site: MemoryIfs, code: str
) -> None:
    """Also when the vendor changes again or is changed back."""
    run_forward(outbox, site, vendor(**SIGNS[code]), rules=rules("hold"))
    assert outbox.vendors_with({code}) == {"6"}
    run_forward(outbox, site, vendor(city="Oslo"), rules=rules("hold"))
    assert outbox.vendors_with({code}) == {"6"}
    assert outbox.must_raise_alarm(held_before=outbox.clock())


def test_what_a_suspicious_vendor_says_does_not_travel(outbox: Outbox, site: MemoryIfs) -> None:
    """The new e-mail reaches IFS only after a release."""
    run_forward(outbox, site, vendor(email=["ap@other.example"]), rules=rules("hold"))
    assert site.sent == []
    entry = outbox.find("vendor", ["6"])["6"]
    outbox.save(Changes(entries=[replace(entry, problems=(), is_due=True)]))
    run_forward(outbox, site, rules=rules("hold"))
    assert site.shown("S1") == ("Acme", "ap@other.example")


def test_a_sign_survives_a_run_that_dies_while_it_creates_the_supplier(outbox: Outbox) -> None:
    """The next run knows the vendor and would see nothing new about it."""
    site = MemoryIfs()
    site.enter("S1", name="Zephyr Scientific", mail="a@b.example")
    site.lost = ["kill after"]
    new = builders.vendor(21, external_id=None, name="Zephyr Scientfic")
    with pytest.raises(Killed):
        run_forward(outbox, site, new, rules=rules("hold"))
    run_forward(outbox, site, rules=rules("hold"))
    assert outbox.vendors_with(SUSPICIONS) == {"21"}


def test_what_the_rules_ignore_is_not_told(outbox: Outbox, site: MemoryIfs) -> None:
    """Nothing at the end of the run."""
    assert not run_forward(outbox, site, vendor(**OTHER), rules=rules("ignore")).warnings


def test_an_address_or_a_second_mail_of_the_same_domain_is_no_sign(
    outbox: Outbox, site: MemoryIfs
) -> None:
    """Neither is a record of a tap that does not read payment methods."""
    calm = vendor(city="Oslo", email=["ap@vendor6.example", "cfo@VENDOR6.example"])
    del calm["payment_methods"]
    assert not run_forward(outbox, site, calm, rules=rules("warn")).warnings


@pytest.mark.parametrize(
    ("name", "is_like"),
    [
        ("Five Star Instrument", True),
        ("Five Star lnstruments Ltd.", True),
        ("Fivе Star Instruments", True),  # noqa: RUF001 (a Cyrillic letter)
        ("Five Star Intsruments Inc", True),
        ("Four Star Instruments", False),
        ("Five Star Installations", False),
        ("", False),
        ("株式会社", False),
    ],
)
def test_a_new_vendor_that_reads_like_a_known_one_is_told(name: str, *, is_like: bool) -> None:
    """A letter more, less, swapped, or of another script."""
    known = KnownNames({SupplierId("S1"): "Five Star Instruments Inc."})
    assert bool(known.like(name, None)) is is_like
    assert known.like(name, SupplierId("S1")) == []


@pytest.mark.parametrize(
    ("known", "name", "is_like"),
    [
        ("abcde", "abcde", True), ("abcde", "abcdx", False), ("abcdef", "abcdex", True),
        ("abcdefghijk", "abcdefghixy", False), ("abcdefghijkl", "abcdefghijxy", True),
        ("abcdefghijklmnopqr", "abcdefghijklmnopxy", True),
        ("abcdefghijklmnopqr", "abcdefghijklmnoxyz", False),
        ("abcdef", "abcdefgh", False), ("abcdef", "abcdefg", True), ("abcdef", "badcef", False),
    ],
)  # fmt: skip
def test_a_slip_is_one_letter_in_six_and_never_more_than_two(
    known: str, name: str, *, is_like: bool
) -> None:
    """Short names must be the same, long ones may not drift away."""
    names = KnownNames({SupplierId("S1"): known})
    assert names.like(name, None) == ([f'"{known}" (S1)'] if is_like else [])


def test_three_names_are_told_and_never_the_own_one() -> None:
    """The nearest ones, whatever their number."""
    ids = [SupplierId(f"S{at}") for at in range(5)]
    names = KnownNames(dict.fromkeys(ids, "Acme Corporation"))
    assert len(names.like("Acme", None)) == 3
    for own in ids:
        told = names.like("Acme", own)
        assert len(told) == 3
        assert not [text for text in told if text.endswith(f"({own})")]
    pair = KnownNames(dict.fromkeys(ids[:2], "Acme"))
    assert pair.like("Acme", ids[0]) == ['"Acme" (S1)']


METHOD = {"id": 7, "type": 2, "payment_rail": "ach", "bank_account_country_code": "CA"}


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ({"payment_methods": [METHOD]}, {"payment_methods": [METHOD]}, []),
        ({"payment_methods": [METHOD]}, {"payment_methods": [{**METHOD, "note": "x"}]}, []),
        ({"payment_methods": [METHOD]}, {"payment_methods": []}, ["vendor_payment_changed"]),
        *[
            (
                {"payment_methods": [METHOD]},
                {"payment_methods": [{**METHOD, name: "other"}]},
                ["vendor_payment_changed"],
            )
            for name in METHOD
        ],
        ({"default_payment_method": 7}, {"default_payment_method": 8}, ["vendor_payment_changed"]),
        ({}, {"payment_methods": [METHOD]}, []),
        ({"payment_methods": [METHOD]}, {}, []),
        ({"email": ["a@x.example"]}, {"email": "b@X.example"}, []),
        ({"email": ["a@x.example"]}, {"email": ["b@y.example"]}, ["vendor_mail_domain_changed"]),
        ({"email": ["a@x.example", "a@y.example"]}, {"email": ["b@y.example"]}, []),
        ({"email": ["no mail"]}, {"email": ["b@y.example"]}, []),
        ({"email": None}, {"email": ["b@y.example"]}, []),
        ({"email": ["a@x.example"]}, {"email": ["no mail"]}, []),
        (
            {"email": ["a@x.example"], "default_payment_method": 7},
            {"email": ["b@y@z.example"], "default_payment_method": 8},
            ["vendor_payment_changed", "vendor_mail_domain_changed"],
        ),
    ],
)
def test_what_changed_between_two_readings_is_a_sign_or_none(
    before: dict[str, Any], after: dict[str, Any], codes: list[str]
) -> None:
    """What a record does not tell, and what is added to nothing, is no change."""
    signs = rules("warn").vendor.suspicions
    found = list(find_suspicions(after, before, lambda: ["never asked"], signs))
    assert [one.problem.code for one in found] == codes
    assert not any(one.is_hold for one in found)
    held = find_suspicions(after, before, list, rules("hold").vendor.suspicions)
    assert [one.is_hold for one in held] == [True] * len(codes)
    assert not list(find_suspicions(after, before, list, rules("ignore").vendor.suspicions))


def test_two_new_vendors_of_one_run_are_compared_too(outbox: Outbox) -> None:
    """The second reads like the first."""
    site = MemoryIfs()
    vendors = [
        builders.vendor(number, external_id=None, name=name)
        for number, name in ((21, "Zephyr Scientific Supply"), (22, "Zephyr Scientific Suply"))
    ]
    run = run_forward(outbox, site, *vendors, rules=rules("warn"))
    assert "vendor_name_alike: the new vendor reads like" in told(run)
    assert len(run.warnings) == 1
