"""What other hands and a slow network do to an integration, on demand."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
import requests

from erp_sandbox.control_client import ControlRefusedError
from erp_sandbox.exact_json import JsonValue
from tests.contract.ifs.site import HEADER, INVOICES, Caller, error_of

Rule = dict[str, JsonValue]
SET = "ManSuppInvoiceSet"


def path_of(caller: Caller, number: str) -> str:
    """A new invoice's address."""
    invoice = caller.create(number)
    return f"{SET}(Company='HCA',InvoiceId={invoice['InvoiceId']})"


def test_a_rival_between_read_and_write_is_412_and_stands(caller: Caller) -> None:
    """The version that was read is old; with the one of now the change is taken."""
    path = path_of(caller, "R-1")
    rival: Rule = {"action": "edit", "method": "PATCH", "edit": {"set": SET}}
    caller.control.script_faults([rival])
    assert caller.change("PATCH", INVOICES, path, {"VoucherText": "mine"}).status_code == 412
    assert caller.change("PATCH", INVOICES, path, {"VoucherText": "mine"}).status_code == 200


def test_a_rivals_values_are_read_afterwards(caller: Caller) -> None:
    """The edit is carried out before the request that it belongs to."""
    path = path_of(caller, "R-2")
    id_ = path.rpartition("=")[2].rstrip(")")
    values: Rule = {"VoucherText": "theirs"}
    edit: Rule = {"set": SET, "key": ["HCA", id_], "values": values}
    rule: Rule = {"action": "edit", "method": "GET", "path": ".*Set.*", "edit": edit}
    caller.control.script_faults([rule])
    assert caller.get(INVOICES, path)["VoucherText"] == "theirs"


def test_a_request_that_is_delivered_twice_is_carried_out_twice(caller: Caller) -> None:
    """The second finds the number taken, and that is what the caller is told."""
    caller.control.script_faults([{"action": "twice", "method": "POST", "path": f".*{SET}"}])
    body = {**HEADER, "InvoiceNo": "T-2"}
    assert caller.call("POST", INVOICES, SET, json=body).status_code == 400
    found = caller.rows(INVOICES, SET, filter="InvoiceNo eq 'T-2'")
    assert len(found) == 1


def test_what_was_made_is_seen_by_reads_only_later(caller: Caller) -> None:
    """Delayed visibility: written, and not there yet."""
    caller.control.turn_knobs(visible_after_s=30)
    caller.create("V-1")
    assert caller.rows(INVOICES, SET, filter="InvoiceNo eq 'V-1'") == []
    caller.control.advance(31)
    assert len(caller.rows(INVOICES, SET, filter="InvoiceNo eq 'V-1'")) == 1


def test_an_answer_drips_in(caller: Caller) -> None:
    """Whole in the end."""
    rule: Rule = {"action": "drip", "path": ".*CompanySet", "latency_ms": 40}
    caller.control.script_faults([rule])
    begin = time.monotonic()
    assert len(caller.rows("CompanyHandling", "CompanySet", top=10)) == 2
    assert time.monotonic() - begin >= 0.12


def test_a_delay_is_drawn_between_its_bounds(caller: Caller) -> None:
    """Never shorter than the lower one."""
    rule: Rule = {"action": "latency", "times": 0, "latency_ms": 30, "latency_max_ms": 60}
    caller.control.script_faults([{**rule, "path": ".*CompanySet"}])
    for _ in range(3):
        begin = time.monotonic()
        caller.rows("CompanyHandling", "CompanySet", top=1)
        assert time.monotonic() - begin >= 0.03


@pytest.mark.parametrize("text", ["3", "0", "-1", "99999999", "soon", "date:+5", "date:-60"])
def test_retry_after_comes_in_every_form(caller: Caller, text: str) -> None:
    """Seconds, none at all, the past, for ever, words, and dates."""
    rule: Rule = {"action": "status_before", "status": 429, "headers": {"Retry-After": text}}
    caller.control.script_faults([rule])
    answer = caller.call("GET", "CompanyHandling", "CompanySet")
    assert answer.status_code == 429
    told = answer.headers["Retry-After"]
    if not text.startswith("date:"):
        assert told == text
        return
    due = datetime.now(timezone.utc) + timedelta(seconds=int(text[5:]))
    assert abs((parsedate_to_datetime(told) - due).total_seconds()) < 60


def test_the_clock_that_dates_the_answers_can_be_wrong(caller: Caller) -> None:
    """By ten minutes; the records keep their own."""
    right = parsedate_to_datetime(requests.get(f"{caller.url}/x", timeout=10).headers["Date"])
    caller.control.tell("skew", {"seconds": 600})
    wrong = parsedate_to_datetime(requests.get(f"{caller.url}/x", timeout=10).headers["Date"])
    caller.control.tell("skew", {"seconds": 0})
    assert 590 <= (wrong - right).total_seconds() <= 660


def test_tokens_can_be_revoked(caller: Caller) -> None:
    """Long before their end."""
    caller.control.tell("drop_tokens")
    assert caller.call("GET", "CompanyHandling", "CompanySet").status_code == 401
    caller.log_in()
    assert caller.call("GET", "CompanyHandling", "CompanySet").status_code == 200


def test_tokens_can_be_revoked_in_the_middle_of_a_run(caller: Caller) -> None:
    """By a rule of the script: the third request and what follows need a new login."""
    caller.control.script_faults([{"action": "revoke", "first": 3, "path": ".*CompanySet"}])
    seen = [caller.call("GET", "CompanyHandling", "CompanySet").status_code for _ in range(4)]
    assert seen == [200, 200, 401, 401]
    caller.log_in()
    assert caller.call("GET", "CompanyHandling", "CompanySet").status_code == 200


def test_another_hand_inserts_and_removes_rows(caller: Caller) -> None:
    """Past every rule; counts tell how many there are."""
    before = caller.control.count()["rows"]["AccountSet"]
    key: dict[str, JsonValue] = {"Company": "HCA", "AccountingYear": 2031, "AccountingPeriod": 1}
    caller.control.insert("AccountingPeriodSet", **key, PeriodStatus="Open")
    found = caller.rows("AccountingPeriodsHandling", "AccountingPeriodSet", top=99)
    assert [row["PeriodStatus"] for row in found if row["AccountingYear"] == 2031] == ["Open"]
    caller.control.remove("AccountSet", "HCA", "4010")
    assert caller.control.count()["rows"]["AccountSet"] == before - 1
    invoice = caller.create("T-1")
    assert caller.control.count()["invoices"]["Preliminary"] >= 1
    caller.control.edit("ManSuppInvoiceSet", "HCA", str(invoice["InvoiceId"]), InvoiceNo="T-9")
    body = {**HEADER, "InvoiceNo": "T-9"}
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json=body)
    assert "ManSuppInvoice.EXIST" in error_of(answer)[2]


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"set": "NoSuchSet"},
        {"set": "AccountSet", "key": ["HCA", "0000"], "values": {}},
        {"set": "AccountSet", "key": ["HCA", "4010"], "values": {"NoSuchMember": 1}},
        {"set": "AccountSet", "key": ["HCA", "4010"], "values": {"Account": "4011"}},
        {"set": "AccountSet", "insert": {"Company": "HCA"}},
        {"set": "AccountSet", "insert": {"Company": "HCA", "Account": "4010"}},
        {"set": "AccountSet", "kye": ["HCA", "4010"]},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_with_its_reason(
    caller: Caller, order: dict[str, JsonValue]
) -> None:
    """A typing error in a test must not pass for an edit."""
    with pytest.raises(ControlRefusedError, match="error"):
        caller.control.tell("edit", order)
