"""What holds for every record: money adds up, nothing raises, no binary float, no side effect."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_ifs_cloud import documents, mapping, money
from target_ifs_cloud.documents import BilledLine, Mapped, SupplierInvoice
from target_ifs_cloud.mapping import (
    Rules,
    check,
    map_bill,
    map_purchase_order,
    map_vendor,
    source_of,
)
from target_ifs_cloud.mapping.problems import CODES
from tests.unit.mapping.builders import (
    Record,
    allocation,
    bill,
    cost,
    item,
    order,
    order_line,
    project,
    reference,
    vendor,
)

EXAMPLES = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
KNOWN = reference()
CENTS = st.integers(min_value=-(10**7), max_value=10**7).map(lambda n: Decimal(n).scaleb(-2))
CODES_OF_PROCURIFY = st.sampled_from(["6000", "6200", "6300", "6400", "6500"])
PLACES = st.sampled_from(["CC-100", "CC-200", "CC-300", "CC-310"])


@st.composite
def items(draw: st.DrawFn) -> Record:
    """A line with any amounts, split over accounts and departments of one company."""
    shares = draw(st.lists(CENTS.filter(bool), min_size=1, max_size=4))
    net = sum(shares, Decimal(0))
    percent = draw(st.sampled_from([Decimal(0), Decimal(5), Decimal(7), Decimal(13)]))
    tax = money.round_amount(net * percent / 100, "USD")
    is_inclusive = draw(st.booleans())
    rows = [
        allocation(f"{amount}000000", draw(CODES_OF_PROCURIFY), draw(PLACES), id=number)
        for number, amount in enumerate(shares, start=1)
    ]
    if is_inclusive and net and draw(st.booleans()):
        gross_parts = money.split(net + tax, shares, "USD")
        for row, amount in zip(rows, gross_parts, strict=True):
            row["amount"] = str(amount)
    names = {5: "GST", 7: "PST", 13: "HST"}
    return item(
        draw(st.integers(1, 10**6)),
        str(net),
        total_cost=draw(st.sampled_from([net, net + tax])) if is_inclusive else net,
        tax_amount=tax,
        total_cost_with_tax=net + tax,
        tax_is_inclusive=is_inclusive,
        tax_name=names.get(int(percent), ""),
        tax_percentage=str(percent) if percent else None,
        cost_allocations=rows,
    )


@st.composite
def bills(draw: st.DrawFn) -> Record:
    """A bill of several lines, costs and shipping that adds up."""
    lines = draw(st.lists(items(), min_size=1, max_size=5))
    amounts = draw(st.lists(CENTS.filter(bool), max_size=2))
    costs = [cost(str(amount), id=number) for number, amount in enumerate(amounts, start=1)]
    record = bill(lines, costs=costs)
    shipping = draw(st.sampled_from([Decimal(0), Decimal("12.34")]))
    record["shipping_amount"] = shipping
    if draw(st.booleans()):
        record["total_cost_with_tax"] += shipping
    else:
        record["invoice_total"] = record["total_cost_with_tax"] + draw(
            st.sampled_from([Decimal(0), shipping])
        )
    return record


@EXAMPLES
@given(record=bills())
def test_header_lines_and_postings_add_up_or_the_bill_is_held(rules: Rules, record: Record) -> None:
    """To the cent, with the bill's own total, for any split, tax, credit and shipping."""
    mapped = map_bill(record, rules=rules, reference=KNOWN, links={})
    if mapped.document is None:
        codes = {problem.code for problem in mapped.problems}
        assert codes <= {"allocation_sum", "shipping_unclear", "lines_missing"}
        return
    document = mapped.document
    assert isinstance(document, SupplierInvoice)
    assert check(document, KNOWN) == ()
    assert document.gross in {
        record["total_cost_with_tax"],
        record["total_cost_with_tax"] + record["shipping_amount"],
    }
    for line in document.lines:
        posted = sum((x.amount for x in document.postings if x.ref == line.ref), Decimal(0))
        assert posted == sum((x.net for x in document.lines if x.ref == line.ref), Decimal(0))


@EXAMPLES
@given(record=bills())
def test_the_same_bill_maps_to_the_same_document(rules: Rules, record: Record) -> None:
    """Nothing random, no clock, and the record is not touched."""
    before = copy.deepcopy(record)
    first = map_bill(record, rules=rules, reference=KNOWN, links={})
    assert record == before
    assert map_bill(before, rules=rules, reference=KNOWN, links={}) == first


ORDER_ID = "8325e5903b5311e7bfdd021a9831e76d"


@EXAMPLES
@given(
    totals=st.lists(CENTS.filter(lambda x: x > 0), min_size=1, max_size=4),
    taken=st.lists(st.tuples(st.integers(0, 3), CENTS, st.integers(0, 2)), max_size=6),
)
def test_open_and_billed_make_the_order(
    rules: Rules, totals: list[Decimal], taken: list[tuple[int, Decimal, int]]
) -> None:
    """Per line: ordered less billed, never below nothing or above the order."""
    codes = [(("A", "4010"), ("B", "200")), (("A", "4310"), ("B", "300")), (("A", "4900"),)]
    lines = [order_line(number, str(total)) for number, total in enumerate(totals)]
    billed = [
        BilledLine(order_id=ORDER_ID, order_line_id=str(line), codes=codes[code], amount=amount)
        for line, amount, code in taken
    ]
    mapped = map_purchase_order(order(lines), rules=rules, reference=KNOWN, links={}, billed=billed)
    expected = sum(
        (
            min(
                max(
                    total - sum((amount for at, amount, _ in taken if at == number), Decimal(0)),
                    Decimal(0),
                ),
                total,
            )
            for number, total in enumerate(totals)
        ),
        Decimal(0),
    )
    if expected == 0:
        assert mapped.not_wanted
        return
    assert isinstance(mapped.document, SupplierInvoice)
    assert mapped.document.net == expected
    assert check(mapped.document, KNOWN) == ()


# any shape

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=20),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.floats(),
    st.sampled_from(
        ["\ud800", "\x00", "1e400", "NaN", "2026-13-99", "0" * 5000, Decimal("1e999999")]
    ),
)
RUBBISH = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a record."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in members:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def put(record: Record, path: tuple[Any, ...], value: object) -> Record:
    """A copy of the record with another value at one place."""
    changed: Any = copy.deepcopy(record)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed  # type: ignore[no-any-return]


def _map_bill(record: Any, rules: Rules) -> Mapped:
    return map_bill(record, rules=rules, reference=KNOWN, links={})


def _map_order(record: Any, rules: Rules) -> Mapped:
    return map_purchase_order(record, rules=rules, reference=KNOWN, links={}, billed=[])


def _map_vendor(record: Any, rules: Rules) -> Mapped:
    return map_vendor(record, rules=rules, reference=KNOWN, links={})


FULL_BILL = bill(
    [
        item(
            8801,
            "80.00",
            "4.00",
            orderitem=order_line(),
            po={"number": "PF52", "uuid": "1"},
            custom_fields=[project("P-1")],
        )
    ],
    costs=[cost()],
)
VERBS: list[tuple[str, Callable[[Any, Rules], Mapped], Record]] = [
    ("bill", _map_bill, FULL_BILL),
    ("purchase order", _map_order, order()),
    ("vendor", _map_vendor, vendor()),
]
EACH_VERB = pytest.mark.parametrize(
    ("verb", "record"), [pytest.param(v, r, id=n) for n, v, r in VERBS]
)


def assert_sound(mapped: Mapped) -> None:
    """Exactly one of three, and every problem is one that is documented."""
    assert sum((mapped.document is not None, bool(mapped.problems), bool(mapped.not_wanted))) == 1
    for problem in mapped.problems:
        assert problem.code in CODES
        assert problem.field
        assert problem.fix
        assert len(problem.message) < 600  # a whole record never gets into a message
    if isinstance(mapped.document, SupplierInvoice):
        assert_balanced(mapped.document)


def assert_balanced(document: SupplierInvoice) -> None:
    """Whatever the record was, what came out of it adds up."""
    codes = {problem.code for problem in check(document, KNOWN)}
    assert not codes & {"totals_differ", "amount_decimals"}


@EACH_VERB
@EXAMPLES
@given(data=st.data())
def test_one_wrong_value_anywhere_is_survived(
    rules: Rules, verb: Callable[[Any, Rules], Mapped], record: Record, data: st.DataObject
) -> None:
    """Wrong type, huge, nested, unreadable: a document or reasons, never an exception."""
    path = data.draw(st.sampled_from(sorted(places(record), key=str)))
    assert_sound(verb(put(record, path, data.draw(RUBBISH)), rules))


@pytest.mark.parametrize("verb", [v for _, v, _ in VERBS])
@EXAMPLES
@given(value=RUBBISH)
def test_any_value_at_all_is_survived(
    rules: Rules, verb: Callable[[Any, Rules], Mapped], value: object
) -> None:
    """Not even a record is needed."""
    assert_sound(verb(value, rules))


HOSTILE: list[tuple[str, object]] = [
    ("a number that has no text", 10**5000),
    ("a negative one", -(10**5000)),
    ("an exponent", Decimal("1e999999999999")),
    ("a quiet nothing", Decimal("NaN")),
    ("a loud nothing", Decimal("sNaN")),
    ("endless", Decimal("-Infinity")),
    ("half a character", "\ud800"),
    ("a formula", "=1+1"),
    ("a long text", "A" * 1_000_000),
    ("a set", {1, 2}),
    ("bytes", b"\xff"),
    ("a list of itself", [[[[]]]]),
]


@EACH_VERB
@pytest.mark.parametrize("value", [pytest.param(v, id=n) for n, v in HOSTILE])
def test_a_hostile_value_at_any_place_is_survived(
    rules: Rules, verb: Callable[[Any, Rules], Mapped], record: Record, value: object
) -> None:
    """Values that break a careless reader, at every place of the record in turn."""
    for path in places(record):
        assert_sound(verb(put(record, path, value), rules))


@EACH_VERB
def test_every_field_may_be_absent(
    rules: Rules, verb: Callable[[Any, Rules], Mapped], record: Record
) -> None:
    """One after the other, at every depth."""
    for path in places(record):
        changed: Any = copy.deepcopy(record)
        target = changed
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]
        assert_sound(verb(changed, rules))


@EXAMPLES
@given(record=RUBBISH)
def test_every_record_has_a_source(record: object) -> None:
    """An identity, a hash and a label that can be stored and printed."""
    source = source_of("bill", record)
    assert source.id
    assert len(source.hash) == 64
    source.label.encode()


def test_a_record_nested_without_end_has_a_source() -> None:
    """Deeper than any parser of ours would go."""
    record: list[Any] = []
    for _ in range(100_000):
        record = [record]
    assert len(source_of("bill", record).hash) == 64


# the code itself

SOURCES = [
    Path(documents.__file__),
    Path(money.__file__),
    *sorted(Path(mapping.__file__).parent.glob("*.py")),
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_binary_float_is_in_the_money_path(path: Path) -> None:
    """No literal, no call of ``float``, no true division of integers by ``/`` on literals."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id == "float"), node.lineno


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.name != "rule_files.py"], ids=lambda path: path.name
)
def test_the_mapping_imports_nothing_with_side_effects(path: Path) -> None:
    """No clock, disk, network, log or randomness outside the one module that reads the files."""
    forbidden = {"time", "random", "logging", "os", "pathlib", "requests", "socket", "secrets"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not forbidden & {name.partition(".")[0] for name in names}
        assert not (isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"})


def test_every_problem_code_in_the_code_is_documented() -> None:
    """And every documented one is used somewhere."""
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES if path.stem != "problems")
    composed = {"status_unknown", "type_unknown"}  # named after the field
    assert {code for code in CODES if json.dumps(code) in text or code in composed} == set(CODES)
