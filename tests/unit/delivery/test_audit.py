"""The audit trail shows every edit, removal, insertion and reordering; a checkpoint, a cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_ifs_cloud.delivery.audit import FIRST_HASH, Checkpoint, chain_hash, find_breaks
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


@pytest.mark.parametrize("text", ["", "12", "12:abc", "x:" + "0" * 64])
def test_a_wrong_checkpoint_is_refused(text: str) -> None:
    """A typo is a configuration error, not a broken trail."""
    with pytest.raises(ConfigurationError):
        Checkpoint.parse(text)
