"""Changes a sample of places, runs the tests of their room for each: ``python -m tests.mutation``.

The tests see a changed copy of the product, which stands in front of the installed one.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from random import Random

import click

from tests.mutation.mutants import change, places

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "target-ifs-cloud" / "target_ifs_cloud"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- mutation: begin -->", "<!-- mutation: end -->"
LIMIT_S = 300
"""A mutant that takes longer hangs, and counts as noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Which modules are changed, and which tests must notice."""

    modules: Sequence[str]
    tests: Sequence[str]


def _all_of(folder: str) -> tuple[str, ...]:
    return tuple(sorted(f"{folder}/{p.name}" for p in (PACKAGE / folder).glob("[!_]*.py")))


_DELIVERY = ("plan", "deciding", "situation", "correction", "look_alikes", "mapped", "audit")
_IFS = ("odata", "rows", "paging", "batch", "batch_text", "deep_insert", "invoice_changes")
ROOMS: Mapping[str, Room] = {
    "mapping": Room(
        modules=_all_of("mapping"),
        tests=(
            "tests/unit/mapping",
            "--ignore=tests/unit/mapping/test_money_soak.py",
            "--ignore=tests/unit/mapping/test_properties.py",
        ),
    ),
    "delivery": Room(
        modules=tuple(f"delivery/{name}.py" for name in _DELIVERY),
        tests=("tests/unit/delivery", "tests/faults/test_delivery_faults.py"),
    ),
    "ifs": Room(modules=tuple(f"ifs/{name}.py" for name in _IFS), tests=("tests/unit/ifs",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place to change: the n-th of a module."""

    module: str
    number: int


def all_places(room: Room) -> list[Place]:
    """Every place of a room."""
    return [
        Place(module=module, number=number)
        for module in room.modules
        for number in range(len(places(ast.parse((PACKAGE / module).read_text()))))
    ]


def is_green(folder: Path, tests: Sequence[str]) -> bool:
    """Whether the tests pass with the copy of the product in ``folder``."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, *tests],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def is_in_front(folder: Path) -> bool:
    """Whether the copy is what the tests import, and not the installed product."""
    told = subprocess.run(
        [sys.executable, "-c", "import target_ifs_cloud as t; print(t.__file__)"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.startswith(str(folder))


def try_mutant(folder: Path, place: Place, tests: Sequence[str]) -> str:
    """Empty when the tests notice the change, else what was changed, where."""
    path = folder / "target_ifs_cloud" / place.module
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    node = places(tree)[place.number]
    line = getattr(node, "lineno", 0)
    what = change(node)
    path.write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
    try:
        is_alive = is_green(folder, tests)
    finally:
        path.write_text(text, encoding="utf-8")
    return f"{place.module}:{line} {what}" if is_alive else ""


def run_room(name: str, *, count: int, seed: int, budget_s: float) -> str:
    """A row of the table; survivors are told as they are found."""
    room, began = ROOMS[name], time.monotonic()
    known = all_places(room)
    sample = Random(seed).sample(known, min(count, len(known)))
    tried, survivors = 0, 0
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        shutil.copytree(PACKAGE, folder / "target_ifs_cloud")
        if not (is_in_front(folder) and is_green(folder, room.tests)):
            raise click.ClickException(f"the tests of {name} fail without any change")
        for place in sample:
            if time.monotonic() - began > budget_s:
                break
            tried += 1
            if told := try_mutant(folder, place, room.tests):
                survivors += 1
                click.echo(f"survived: {told}")
    score = f"{(tried - survivors) / tried:.0%}" if tried else "none"
    return f"| {name} | {len(known):,} | {tried} | {tried - survivors} | {score} | {seed} |"


def write_page(rows: Sequence[str]) -> None:
    """Put the table between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    today = datetime.now(timezone.utc).date().isoformat()
    options = " ".join(sys.argv[1:])
    lines = [
        BEGIN,
        f"`make mutation OPTIONS='{options}'`, {today}:",
        "",
        "| room | places | tried | noticed | score | seed |",
        "|---|---|---|---|---|---|",
        *rows,
        END,
    ]
    PAGE.write_text(before + "\n".join(lines) + rest.partition(END)[2], encoding="utf-8")


@click.command()
@click.option("--count", default=300, show_default=True, help="Places to try in each room.")
@click.option("--seed", default=1, show_default=True, help="Draws the places.")
@click.option("--budget", default=60.0, show_default=True, help="Minutes in all.")
@click.option("--only", type=click.Choice(list(ROOMS)), multiple=True, help="Only these rooms.")
@click.option("--keep", "is_kept", is_flag=True, help="Write the table into docs/reliability.md.")
def main(*, count: int, seed: int, budget: float, only: tuple[str, ...], is_kept: bool) -> None:
    """Change the product one place at a time, and count what the tests notice."""
    names, rows = only or tuple(ROOMS), []
    for name in names:
        share_s = budget * 60 / len(names)
        rows.append(run_room(name, count=count, seed=seed, budget_s=share_s))
        click.echo(rows[-1])
    if is_kept:
        write_page(rows)


if __name__ == "__main__":
    main()
