"""Reading page by page at every edge, from servers with habits, while rows come or go: R10."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle, islice, product
from random import Random

from target_ifs_cloud.ifs.paging import IncompleteAnswerError
from tests.soak import Report
from tests.unit.ifs.test_paging import Table, read

SIZES = (0, 1, 4999, 5000, 5001, 10_000)
GRID = tuple(
    product(
        SIZES,
        (500, 4999, 5000),  # page sizes
        (100, 10_000),  # what the server gives at most
        ("none", "relative", "query", "rooted", "absolute"),  # links
        (True, False),  # counts
        ("rest", "come", "go"),  # what rows do meanwhile
    )
)
FINDINGS_MAX = 5
CHANGES_MAX = 3


def run(count: int, seed: int) -> Report:
    """So many collections; the grid in turn, its changes drawn from ``seed``.

    Rows that go while they are read are seen to be missed by the count alone, so servers without
    one are asked while rows rest or come.
    """
    began, draw, rows = time.monotonic(), Random(seed), 0
    findings: list[str] = []
    order = [case for case in GRID if case[4] or case[5] != "go"]
    draw.shuffle(order)
    for case in islice(cycle(order), count):
        size, page_size, cap, link, has_count, habit = case
        rows += size
        table = Table(
            [2 * n for n in range(size)],
            cap=cap,
            link=link,
            counts=(lambda n: n) if has_count else (lambda _: None),
            before_page=_change(habit, draw),
        )
        findings += [f"{case}: {fault}" for fault in faults_of(table, page_size)]
        if len(findings) >= FINDINGS_MAX:
            break
    return Report(
        id="R10",
        fault="paging at 0 to 10,000 rows while rows come or go (volume: rows; rounds: reads)",
        volume=rows,
        seeds=count,
        seconds=time.monotonic() - began,
        findings=tuple(findings),
    )


def faults_of(table: Table, page_size: int) -> list[str]:
    """Rows that stood all the time and were missed, and rows that came twice."""
    before = set(table.ids)
    try:
        found = read(table, page_size=page_size)
    except IncompleteAnswerError as refusal:
        return [f"given up: {refusal}"]
    missed = before & set(table.ids) - set(found)
    faults = [f"{len(missed)} rows missed"] if missed else []
    if len(found) != len(set(found)):
        faults.append(f"{len(found) - len(set(found))} rows came twice")
    return faults


def _change(habit: str, draw: Random) -> Callable[[int, list[int]], None]:
    """Up to a few rows come or go between pages; then the table rests."""
    changes = draw.randrange(1, CHANGES_MAX + 1)

    def change(page: int, ids: list[int]) -> None:
        nonlocal changes
        if page == 0 or habit == "rest" or not changes or not ids:
            return
        changes -= 1
        at = draw.randrange(len(ids))
        if habit == "go":
            ids.remove(ids[at])
        elif (new := ids[at] + 1) not in ids:
            ids.append(new)

    return change
