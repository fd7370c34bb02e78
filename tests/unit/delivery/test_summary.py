"""The closing text of a run stays short, however much there is to tell."""

from __future__ import annotations

from target_ifs_cloud.delivery.summary import ATTENTION_LINES_MAX, Tally, render_summary
from target_ifs_cloud.documents import Problem

WARNING = Problem(code="duplicate_suspected", field="InvoiceNo", message="like it", fix="Compare")


def test_the_first_warnings_are_told_and_all_are_counted() -> None:
    """What is not shown is not kept either: a run may have many."""
    tally = Tally()
    for number in range(ATTENTION_LINES_MAX):
        tally.warn(f"bill {number}", [WARNING, WARNING])
    text = render_summary(tally, [], 0, title="Run 1")
    assert f"{2 * ATTENTION_LINES_MAX} warning(s), nothing is held for them:" in text
    assert text.count("duplicate_suspected: like it. Compare") == ATTENTION_LINES_MAX
    assert f"… and {ATTENTION_LINES_MAX} more" in text
    assert len(tally.warnings) == ATTENTION_LINES_MAX


def test_nothing_is_said_of_warnings_where_there_are_none() -> None:
    """A clean run has a clean end."""
    assert "warning" not in render_summary(Tally(), [], 0, title="Run 1")
