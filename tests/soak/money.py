"""Money: generated bills and orders whose truth is known in whole units, against the mapping.

The generator decides every amount as an integer number of the currency's smallest unit and writes
the Procurify record from it; what IFS must get is added up from the same integers. Nothing here
uses the mapping's arithmetic.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from target_ifs_cloud.documents import BilledLine, Mapped, SupplierInvoice
from target_ifs_cloud.mapping import Rules, check, load_rules, map_bill, map_purchase_order
from target_ifs_cloud.mapping.rules import RoundingRules
from target_ifs_cloud.reference import Rate, Reference
from tests.soak import Report
from tests.unit.mapping.builders import (
    HCA,
    HUS,
    Record,
    allocation,
    bill,
    company_reference,
    cost,
    item,
    order,
    order_line,
    reference,
)

PROCESSES = 2
FINDINGS_MAX = 20
ORDER_SHARE, WRONG_SHARE = 5, 10
"""One document in so many is an order, one bill in so many is made wrong."""

PLACES = {"USD": 2, "CAD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
DEPARTMENTS = {"HCA": ("CC-100", "CC-200", "CC-300", "CC-310"), "HUS": ("CC-400", "CC-410")}
ACCOUNTS = {"6000": "4010", "6200": "4210", "6300": "4310", "6400": "4410", "6500": "4510"}
TAXES = {
    "HCA": (("GST", "5", "GST5"), ("PST", "7", "PST7"), ("HST", "13", "HST13")),
    "HUS": (("TX Sales", "8.25", "TX825"),),
}
ROUNDING_ACCOUNT, ROUNDING_CODE = "4610", "6600"
ROUNDING_MAX = 3
ORDER_ID = "8325e5903b5311e7bfdd021a9831e76d"

Postings = dict[tuple[str, str], int]
"""Units by account and cost centre."""


@dataclass
class Truth:
    """What must come out, in whole units of the currency."""

    currency: str
    company: str
    sign: int = 1
    net: int = 0
    tax: int = 0
    taxes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    postings: Postings = field(default_factory=lambda: defaultdict(int))
    is_divided: bool = False
    is_wrong: bool = False
    is_rounded: bool = False


def amount(units: int, currency: str) -> Decimal:
    """Whole units as an amount."""
    return Decimal(units).scaleb(-PLACES[currency])


def tax_units(net: int, percent: str) -> int:
    """The tax of a net amount, half away from nothing, by integers alone."""
    whole, _, part = percent.partition(".")
    scaled = int(whole + part)
    divisor = int("100" + "0" * len(part))
    found = (2 * abs(net) * scaled + divisor) // (2 * divisor)
    return found if net >= 0 else -found


def parts_of(total: int, count: int, random: Random) -> list[int]:
    """Whole numbers that add up to a total; some may be negative."""
    if count == 1 or total == 0:
        return [total]
    parts = [random.randint(min(0, total), max(0, total)) for _ in range(count - 1)]
    return [*parts, total - sum(parts)]


def make_bill(random: Random) -> tuple[Record, Truth]:
    """A bill with lines, splits, taxes, costs and shipping, and what must become of it."""
    company = random.choice(("HCA", "HCA", "HUS"))
    sign = random.choice((1, 1, 1, 1, 1, -1))
    truth = Truth(currency=random.choice(tuple(PLACES)), company=company, sign=sign)
    lines = [_line(number, truth, random) for number in range(1, random.randint(2, 6))]
    costs = [_cost(number, truth, random) for number in range(random.choice((0, 0, 1, 2)))]
    record = bill(lines, costs=costs)
    code = truth.currency
    record |= {
        "currency": _currency(code),
        "tax_amount": amount(truth.tax, code),
        "total_cost_with_tax": amount(truth.net + truth.tax, code),
        "shipping_amount": None,
    }
    if random.randrange(4) == 0 and any(truth.postings.values()) and not truth.is_divided:
        _ship(record, truth, random)
    _disturb(record, truth, random)
    return record, truth


def _currency(code: str) -> Record:
    return {"id": 3, "name": code, "rate": "1.000000", "base": False}


def _line(number: int, truth: Truth, random: Random) -> Record:
    code = truth.currency
    net = (random.randint(-(10**5), 10**7) or 1) * truth.sign
    tax = 0
    named: tuple[str, str | None, str] = ("", None, "EX0")
    if random.randrange(3):
        name, percent, tax_code = random.choice(TAXES[truth.company])
        tax, named = tax_units(net, percent), (name, percent, tax_code)
    is_inclusive = bool(tax) and random.randrange(3) == 0
    truth.net, truth.tax = truth.net + net, truth.tax + tax
    truth.taxes[named[2]] += tax
    row = item(8800 + number, str(amount(net, code)))
    return row | {
        "currency": _currency(code),
        "total_cost": amount(net + tax if is_inclusive else net, code),
        "tax_amount": amount(tax, code),
        "total_cost_with_tax": amount(net + tax, code),
        "tax_name": named[0],
        "tax_percentage": named[1],
        "tax_is_inclusive": is_inclusive,
        "cost_allocations": _split(net, net + tax, truth, random),
    }


def _split(net: int, gross: int, truth: Truth, random: Random) -> list[Record]:
    """Exact shares, shares with eight decimals, or shares of the amount with tax."""
    code, kind = truth.currency, random.randrange(6)
    count = random.choice((1, 1, 2, 3, 4))
    targets = [
        (random.choice(tuple(ACCOUNTS)), random.choice(DEPARTMENTS[truth.company]))
        for _ in range(count)
    ]
    if kind == 0:
        truth.is_divided = True
        shares = [amount(net, code) / count] * count
        texts = [f"{share:.8f}" for share in shares]
    elif kind == 1 and gross > net > 0:
        truth.is_divided = True
        texts = [f"{amount(part, code):.8f}" for part in _positive_parts(gross, count, random)]
    else:
        parts = parts_of(net, count, random)
        targets = targets[: len(parts)]
        texts = [f"{amount(part, code):.8f}" for part in parts]
        for (account, department), part in zip(targets, parts, strict=True):
            truth.postings[ACCOUNTS[account], department[3:]] += part
    return [
        allocation(text, account, department, id=number, currency=_currency(code))
        for number, (text, (account, department)) in enumerate(
            zip(texts, targets, strict=False), start=1
        )
    ]


def _positive_parts(total: int, count: int, random: Random) -> list[int]:
    cuts = sorted(random.randint(0, total) for _ in range(count - 1))
    return [right - left for left, right in zip([0, *cuts], [*cuts, total], strict=True)]


def _cost(number: int, truth: Truth, random: Random) -> Record:
    units = random.randint(-2000, 50_000) or 1
    department = random.choice(DEPARTMENTS[truth.company])
    truth.net += units
    truth.postings["4310", department[3:]] += units
    text = str(amount(units, truth.currency))
    share = allocation(text, "6300", department, currency=_currency(truth.currency))
    return cost(text, id=number + 1, currency=3, cost_allocation=share)


def _ship(record: Record, truth: Truth, random: Random) -> None:
    """Shipping of the bill inside its total; how it spreads is not foretold, only its sum."""
    units = random.randint(1, 9999)
    truth.net += units
    truth.is_divided = True
    record["shipping_amount"] = amount(units, truth.currency)
    record["total_cost_with_tax"] += amount(units, truth.currency)


def _disturb(record: Record, truth: Truth, random: Random) -> None:
    """Make some bills wrong, and some of those within the tolerance of a rule."""
    choice = random.randrange(WRONG_SHARE)
    unit = amount(1, truth.currency)
    if choice == 0:
        truth.is_wrong = True
        steps = random.choice((-1, 1)) * random.randint(1, 10**6)
        record["total_cost_with_tax"] += steps * unit
        if record["shipping_amount"] and -steps * unit == record["shipping_amount"]:
            record["total_cost_with_tax"] -= unit  # that would be shipping left out
    elif choice == 1 and not record["shipping_amount"]:
        truth.is_rounded = True
        units = random.choice((-1, 1)) * random.randint(1, ROUNDING_MAX)
        record["total_cost_with_tax"] += units * unit
        truth.net += units
        truth.is_divided = True


def make_order(random: Random) -> tuple[Record, list[BilledLine], Truth]:
    """An order, what bills have taken off it, and what must be open."""
    truth = Truth(currency=random.choice(tuple(PLACES)), company="HCA")
    code = truth.currency
    lines, billed = [], []
    for number in range(1, random.randint(2, 6)):
        units = random.randint(1, 10**7)
        account, department = random.choice(tuple(ACCOUNTS)), random.choice(DEPARTMENTS["HCA"])
        row = order_line(number, str(amount(units, code)), currency=_currency(code))
        row["account"] = allocation("0", account, department)["budget"]
        lines.append(row)
        codes = (("A", ACCOUNTS[account]), ("B", department[3:]))
        taken = [random.randint(-units // 2, units) for _ in range(random.randrange(4))]
        billed += [
            BilledLine(
                order_id=ORDER_ID,
                order_line_id=str(number),
                codes=random.choice((codes, (("A", "4610"), ("B", "100")))),
                amount=amount(part, code),
            )
            for part in taken
        ]
        is_open = min(max(units - sum(taken), 0), units)
        truth.net += is_open
        truth.postings[ACCOUNTS[account], department[3:]] += is_open
    record = order(lines, purchased_currency=_currency(code))
    return record, billed, truth


def faults_of(mapped: Mapped, truth: Truth, known: Reference) -> list[str]:
    """What is wrong with the outcome; nothing is the only good answer."""
    document = mapped.document
    if truth.is_wrong:
        return [] if mapped.problems else ["a bill that does not add up was not held"]
    if truth.net == 0 and mapped.not_wanted:
        return []
    if not isinstance(document, SupplierInvoice):
        return [f"held: {[problem.code for problem in mapped.problems]}{mapped.not_wanted}"]
    found = [problem.code for problem in check(document, known)]
    code = truth.currency
    sums = {
        "header": (document.net, document.tax, document.gross),
        "lines": (
            sum((x.net for x in document.lines), Decimal(0)),
            sum((x.tax for x in document.lines), Decimal(0)),
            sum((x.net + x.tax for x in document.lines), Decimal(0)),
        ),
    }
    expected = (
        amount(truth.net, code),
        amount(truth.tax, code),
        amount(truth.net + truth.tax, code),
    )
    found += [f"{name}: {got}, not {expected}" for name, got in sums.items() if got != expected]
    posted = sum((x.amount for x in document.postings), Decimal(0))
    if posted != expected[0]:
        found.append(f"postings: {posted}, not {expected[0]}")
    found += _fault_of_parts(document, truth)
    return found


def _fault_of_parts(document: SupplierInvoice, truth: Truth) -> list[str]:
    found = []
    taxes: dict[str, Decimal] = defaultdict(Decimal)
    for line in document.lines:
        taxes[line.tax_code or ""] += line.tax
    wanted = {name: amount(units, truth.currency) for name, units in truth.taxes.items() if units}
    if {name: tax for name, tax in taxes.items() if tax} != wanted:
        found.append(f"taxes: {dict(taxes)}, not {wanted}")
    if truth.is_divided:
        return found
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in document.postings:
        codes = dict(row.codes)
        amounts[codes["A"], codes["B" if truth.company == "HCA" else "C"]] += row.amount
    right = {key: amount(units, truth.currency) for key, units in truth.postings.items() if units}
    if {key: value for key, value in amounts.items() if value} != right:
        found.append(f"postings by code: {dict(amounts)}, not {right}")
    return found


def known_reference() -> Reference:
    """The tenant's IFS with every currency of the generator."""
    rates = tuple(
        Rate(currency=code, valid_from=date(2020, 1, 1), rate=Decimal("1.5")) for code in PLACES
    )
    changes: dict[str, Any] = {"currencies": frozenset(PLACES), "rates": rates}
    return reference(company_reference(HCA, **changes), company_reference(HUS, **changes))


def run_part(count: int, seed: int) -> list[str]:
    """Check so many documents of one seed; the answer is what went wrong, the first few."""
    random = Random(seed)
    rules = load_rules(Path(__file__).parents[2] / "transforms")
    known = known_reference()
    found: list[str] = []
    for number in range(count):
        faults = _one(random, rules, known)
        found += [f"seed {seed} document {number}: {fault}" for fault in faults]
        if len(found) >= FINDINGS_MAX:
            break
    return found


def _one(random: Random, rules: Rules, known: Reference) -> Sequence[str]:
    if random.randrange(ORDER_SHARE) == 0:
        record, billed, truth = make_order(random)
        mapped = map_purchase_order(record, rules=rules, reference=known, links={}, billed=billed)
        return faults_of(mapped, truth, known)
    record, truth = make_bill(random)
    if truth.is_rounded:
        strict = map_bill(record, rules=rules, reference=known, links={})
        if not strict.problems:
            return ["a rounding difference was absorbed without a rule"]
        rules = with_rounding(rules, truth.currency)
    mapped = map_bill(record, rules=rules, reference=known, links={})
    return faults_of(mapped, truth, known)


def with_rounding(rules: Rules, currency: str) -> Rules:
    """The rules with an account for rounding differences."""
    at_most = amount(ROUNDING_MAX, currency)
    rounding = RoundingRules(account=ROUNDING_CODE, at_most=at_most, where="bill.yml:1 rounding")
    return replace(rules, bill=replace(rules.bill, rounding=rounding))


def run(count: int, seed: int) -> Report:
    """So many documents over two processes."""
    started = time.monotonic()
    shares = [count // PROCESSES + (at < count % PROCESSES) for at in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        parts = pool.map(run_part, shares, range(seed, seed + PROCESSES))
        findings = [finding for part in parts for finding in part]
    return Report(
        id="R9",
        fault="money: header = lines + tax = postings",
        volume=count,
        seeds=PROCESSES,
        seconds=time.monotonic() - started,
        findings=tuple(findings[:FINDINGS_MAX]),
    )
