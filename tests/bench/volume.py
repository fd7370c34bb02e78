"""What grows with the number of bills, and what must not: memory, and recovery after a kill."""

from __future__ import annotations

from collections.abc import Iterable

from tests.bench import Row
from tests.bench.delivery import arena_of, ratio, take
from tests.bench.target_process import TargetOrder
from tests.soak.arena import Arena, Bills

MEMORY_MAX, RECOVERY_MAX = 1.5, 0.05


def rows(quick: bool) -> Iterable[Row]:  # noqa: FBT001 (the table asks so)
    """P10 and P12."""
    with arena_of(0) as arena:
        yield from recovery(arena, 2_000 if quick else 10_000)
        yield memory(arena, 5_000 if quick else 100_000)


def memory(arena: Arena, large: int) -> Row:
    """P10: peak memory."""
    peaks = []
    for count in (1000, large):
        arena.start_over()
        bills = arena.make_bills(count)
        peaks.append(take(TargetOrder(config=arena.config, records=str(bills.path))).peak_mb)
    return ratio(
        "P10",
        f"peak memory at {large:,} bills ÷ at 1,000",
        peaks[1] / peaks[0],
        MEMORY_MAX,
        anchor=f"{peaks[0]:.0f} MB",
    )


def recovery(arena: Arena, count: int) -> Iterable[Row]:
    """P12: what a run needs to settle what a killed one left, before new records ÷ a whole run.

    Where the tap sends everything again because STATE was not written, what is confirmed already is
    read, hashed and looked up, and nothing more; told without a target.
    """
    bills: Bills = arena.make_bills(count)
    arena.start_over()
    order = TargetOrder(config=arena.config, records=str(bills.path))
    whole = take(order)
    repeated = take(order)
    arena.start_over()
    arena.run(bills, kill_at=150)
    again = take(TargetOrder(config=arena.config, records=str(bills.path)))
    yield ratio(
        "P12",
        f"recovery after a kill ÷ full run of {count:,} bills",
        again.settling_s / whole.seconds,
        RECOVERY_MAX,
        anchor=f"{whole.seconds:.0f} s",
    )
    yield Row(
        id="P12",
        metric=f"the same {count:,} bills again, all confirmed ÷ full run",
        measured=f"{repeated.seconds / whole.seconds:.2f} ({repeated.requests} requests)",
        anchor=f"{whole.seconds:.0f} s, {whole.requests} requests",
        target="",
        met=True,
    )
