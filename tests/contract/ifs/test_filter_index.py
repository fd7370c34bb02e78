"""A filter finds the same rows by the index as by looking at every row."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from erp_sandbox.ifs.filters import compile_filter
from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.ifs.store import Store

SET = "ManSuppInvoiceSet"
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
numbers = st.sampled_from(["INV-1", " inv-1", "INV-2", "Straße", "STRASSE", "ΑΣ", "İ", "", None])
rows = st.fixed_dictionaries(
    {
        "Company": st.sampled_from(["10", "20"]),
        "InvoiceId": st.integers(1, 6),
        "Identity": st.sampled_from(["V-1", "V-2", None]),
        "InvoiceNo": numbers,
    }
)
changes = st.lists(st.tuples(st.sampled_from(["put", "remove", "undo"]), rows), max_size=12)


def _quoted(value: str | None) -> str:
    return "null" if value is None else f"'{value}'"


comparisons = st.one_of(
    st.builds(lambda v: f"Company eq '{v}'", st.sampled_from(["10", "20", "30"])),
    st.builds(lambda v: f"InvoiceId eq {v}", st.integers(1, 7)),
    st.builds(lambda v: f"InvoiceNo eq {_quoted(v)}", numbers),
    st.builds(lambda v: f"tolower(trim(InvoiceNo)) eq {_quoted((v or '').lower())}", numbers),
    st.builds(lambda v: f"toupper(InvoiceNo) eq {_quoted((v or '').upper())}", numbers),
    st.builds(lambda v: f"InvoiceNo ne {_quoted(v)}", numbers),
    st.builds(lambda v, w: f"InvoiceNo in ('{v}','{w}')", numbers, numbers),
    st.builds(lambda v: f"InvoiceId gt {v}", st.integers(0, 6)),
)
filters = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} and {b})", inner, inner),
        st.builds(lambda a, b: f"({a} or {b})", inner, inner),
        st.builds(lambda a: f"not ({a})", inner),
    ),
    max_leaves=6,
)


@given(changes, st.lists(filters, min_size=1, max_size=3), changes)
def test_index_and_search_agree(
    before: list[tuple[str, dict[str, object]]],
    texts: list[str],
    after: list[tuple[str, dict[str, object]]],
) -> None:
    """Whatever was written, removed or rolled back before and after the index was first used."""
    store = Store(Knobs(), lambda: NOW)
    for history in (before, after):
        for verb, row in history:
            _change(store, verb, row)
        for text in texts:
            test = compile_filter(text, frozenset())
            near = test.candidates(partial(store.alike, SET))
            searched = [row for row in store.rows(SET, {}) if test(row)]
            if near is not None:
                found = [row for row in store.rows_under(SET, near) if test(row)]
                assert sorted(map(str, found)) == sorted(map(str, searched)), text


def _change(store: Store, verb: str, row: dict[str, object]) -> None:
    if verb == "put":
        store.put(SET, dict(row))
        return
    there = store.get(SET, row["Company"], row["InvoiceId"])
    if verb == "remove" and there is not None:
        store.remove(SET, there)
    if verb == "undo":
        store.begin()
        store.put(SET, dict(row))
        store.roll_back()
