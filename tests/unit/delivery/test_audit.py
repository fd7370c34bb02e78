"""The audit trail shows every edit, removal, insertion and reordering; a checkpoint, a cut."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from target_ifs_cloud.delivery.audit import (
    FIRST_HASH,
    Checkpoint,
    append,
    chain_hash,
    find_breaks,
    read_checkpoint,
    read_lines,
)
from target_ifs_cloud.delivery.tables import AUDIT, METADATA
from target_ifs_cloud.errors import ConfigurationError

Line = tuple[int, str, str]


def make_trail(length: int) -> list[Line]:
    """A correct trail of this many lines."""
    lines: list[Line] = []
    digest = FIRST_HASH
    for seq in range(1, length + 1):
        entry = f'{{"event":"line {seq}"}}'
        digest = chain_hash(digest, entry)
        lines.append((seq, entry, digest))
    return lines


def end_of(lines: list[Line]) -> Checkpoint:
    """The checkpoint that a run would have printed."""
    return Checkpoint(lines[-1][0], lines[-1][2]) if lines else Checkpoint(0, FIRST_HASH)


@pytest.mark.parametrize("length", [0, 1, 2, 50])
def test_a_whole_trail_has_no_breaks(length: int) -> None:
    """Nothing is reported where nothing is wrong."""
    lines = make_trail(length)
    assert find_breaks(lines, end_of(lines)) == []


@given(data=st.data(), length=st.integers(min_value=3, max_value=30))
def test_every_tampering_is_found(data: st.DataObject, length: int) -> None:
    """Edit, removal, insertion, reordering and renumbering at any place are all found."""
    lines = make_trail(length)
    checkpoint = end_of(lines)
    at = data.draw(st.integers(min_value=0, max_value=length - 2))
    seq, entry, digest = lines[at]
    kind = data.draw(st.sampled_from(["edit", "remove", "insert", "swap", "hash", "renumber"]))
    match kind:
        case "edit":
            lines[at] = (seq, entry.replace("line", "lime"), digest)
        case "remove":
            del lines[at]
        case "insert":
            lines.insert(at, (seq, '{"event":"forged"}', digest))
        case "swap":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case "hash":
            lines[at] = (seq, entry, "f" * 64)
        case "renumber":
            del lines[at]
            lines = [(i, text, known) for i, (_, text, known) in enumerate(lines, start=1)]
    assert find_breaks(lines, checkpoint)


@given(length=st.integers(min_value=1, max_value=30), data=st.data())
def test_a_cut_tail_is_revealed_by_the_checkpoint(length: int, data: st.DataObject) -> None:
    """Without the checkpoint a shorter chain is whole; with it the cut shows."""
    lines = make_trail(length)
    left = data.draw(st.integers(min_value=0, max_value=length - 1))
    assert find_breaks(lines[:left]) == []
    assert find_breaks(lines[:left], end_of(lines))


def test_a_rewritten_trail_is_revealed_by_the_checkpoint() -> None:
    """Somebody who recomputes every hash still cannot meet the printed one."""
    forged = [(seq, entry.upper(), "") for seq, entry, _ in make_trail(5)]
    digest, rewritten = FIRST_HASH, []
    for seq, entry, _ in forged:
        digest = chain_hash(digest, entry)
        rewritten.append((seq, entry, digest))
    assert find_breaks(rewritten) == []
    assert find_breaks(rewritten, end_of(make_trail(5)))


def test_a_checkpoint_survives_print_and_parse() -> None:
    """What a run prints is what verify-audit reads."""
    checkpoint = end_of(make_trail(4))
    assert Checkpoint.parse(f" {checkpoint}\n") == checkpoint


def test_a_checkpoint_is_its_count_and_its_hash() -> None:
    """As people keep it."""
    assert str(Checkpoint(12, FIRST_HASH)) == "12:" + "0" * 64
    assert Checkpoint.parse("0:" + "f" * 64) == Checkpoint(0, "f" * 64)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "12:abc",
        "x:" + "0" * 64,
        "-1:" + "0" * 64,
        "12:" + "0" * 63,
        "12:" + "0" * 65,
        ":" + "0" * 64,
    ],
)
def test_a_wrong_checkpoint_is_refused(text: str) -> None:
    """A typo is a configuration error, not a broken trail."""
    with pytest.raises(ConfigurationError):
        Checkpoint.parse(text)


def broken(lines: list[Line], checkpoint: Checkpoint | None = None) -> str:
    """The one thing that is wrong."""
    (told,) = find_breaks(lines, checkpoint)
    return told


def test_a_break_names_its_line() -> None:
    """Where to look first; what follows it cannot be trusted."""
    lines = make_trail(5)
    end = end_of(lines)
    edited = [*lines[:2], (3, "{}", lines[2][2]), *lines[3:]]
    follows = "does not follow from the line before: edited or replaced"
    assert broken(edited, end) == f"line 3 {follows}"
    assert broken([(1, "{}", lines[0][2]), *lines[1:]]) == f"line 1 {follows}"
    assert broken([*lines[:2], *lines[3:]], end) == (
        "line 3 is missing: line 4 stands in its place"
    )
    assert broken(lines[1:]) == "line 1 is missing: line 2 stands in its place"
    assert broken(lines[:3], end) == "the tail is cut: 5 lines were there, 3 are left"
    assert broken([], end) == "the tail is cut: 5 lines were there, 0 are left"
    assert broken(make_trail(5), Checkpoint(3, "f" * 64)) == (
        "line 3 is not the line that the checkpoint saw"
    )
    assert broken([], Checkpoint(0, "f" * 64)) == "line 0 is not the line that the checkpoint saw"


def test_a_trail_that_has_grown_since_the_checkpoint_is_whole() -> None:
    """The line that it saw is still there, at any place."""
    lines = make_trail(5)
    for length in range(6):
        assert find_breaks(lines, end_of(lines[:length])) == []


@pytest.mark.parametrize("length", [0, 1, 999, 1000, 1001, 2000])
def test_every_line_is_read_back_in_order_also_across_pages(length: int) -> None:
    """A page holds a thousand."""
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        assert read_checkpoint(connection) == Checkpoint(0, FIRST_HASH)
        append(connection, [{"event": f"line {seq}"} for seq in range(1, length)])
        append(connection, [{"event": f"line {length}"}] if length else [])
        lines = list(read_lines(connection))
        assert lines == make_trail(length)
        assert read_checkpoint(connection) == end_of(lines)


def test_a_line_put_before_the_first_one_is_read_too() -> None:
    """Whatever number it was given."""
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        append(connection, [{"event": "line 1"}])
        forged = {"seq": -7, "entry": "{}", "hash": FIRST_HASH}
        connection.execute(sa.insert(AUDIT), [forged])
        assert find_breaks(read_lines(connection))
