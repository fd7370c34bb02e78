"""Rows of a change set inside the body of their parent, for sites that take that."""

from __future__ import annotations

from target_ifs_cloud.ifs.batch import ChangeSet, Operation
from target_ifs_cloud.ifs.deep_insert import fold


def post(path: str, parent: int | None, **fields: object) -> Operation:
    """The creation of one row."""
    return Operation(method="POST", path=path, fields=fields, parent=parent, key=("Id",))


SET = ChangeSet(
    operations=(
        post("Loads", None, Id="L"),
        post("Heads", 1, No=1),
        post("Items", 2, Net=5),
        post("Items", 2, Net=6),
        post("Heads", 1, No=2),
    )
)


def test_rows_stand_below_their_parents_by_the_name_of_their_collection() -> None:
    """At any depth, in their order; the request stays that of the root."""
    (one,) = fold(SET).operations
    assert one.fields == {
        "Id": "L",
        "Heads": [{"No": 1, "Items": [{"Net": 5}, {"Net": 6}]}, {"No": 2}],
    }
    assert (one.path, one.key) == ("Loads", ("Id",))


def test_rows_beyond_the_limit_follow_the_root_one_by_one() -> None:
    """They keep their parent, which is still the first request."""
    flat = ChangeSet(operations=(post("Set", None, A=1), *(post("Rows", 1, N=n) for n in range(5))))
    assert len(fold(flat, elements_max=5).operations) == 1
    assert len(fold(flat, elements_max=4).operations) == 2
    root, *rest = fold(flat, elements_max=3).operations
    assert root.fields == {"A": 1, "Rows": [{"N": 0}, {"N": 1}, {"N": 2}]}
    assert [row.fields for row in rest] == [{"N": 3}, {"N": 4}]
    assert {row.parent for row in rest} == {1}


def test_what_cannot_be_folded_stays_as_it_is() -> None:
    """Deep rows beyond the limit, changes of rows that stand, a row alone."""
    assert fold(SET, elements_max=2) == SET
    change = Operation(method="PATCH", path="Set(1)", fields={}, if_match="e")
    mixed = ChangeSet(operations=(post("Set", None, A=1), change))
    assert fold(mixed) == mixed
    loose = ChangeSet(operations=(post("Set", None, A=1), post("Rows", None, N=1)))
    assert fold(loose) == loose
    below = ChangeSet(operations=(change, post("Rows", 1, N=1)))
    assert fold(below) == below
    alone = ChangeSet(operations=(post("Set", None, A=1),))
    assert fold(alone) == alone
