"""How strong the tests are: mutants by cosmic-ray, a sample per room: `python -m tests.mutation`.

cosmic-ray changes files in place, so it works on a copy of the project, which stands in front of
the installed product.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from random import Random

import click

ROOT = Path(__file__).parents[2]
PACKAGE = Path("target-ifs-cloud") / "target_ifs_cloud"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- mutation: begin -->", "<!-- mutation: end -->"
LIMIT_S = 300
"""A mutant that takes longer hangs, and counts as noticed."""
# Changes that nobody can see: of annotations, which nothing evaluates; `is` in place of `==`, which
# is the same for small numbers and short texts. What stands in a decorator's line is left out too.
LEFT_OUT = (
    "core/ReplaceBinaryOperator_BitOr_.*",
    "core/ReplaceComparisonOperator_(Eq_Is|NotEq_IsNot|Gt_Is|Lt_Is|GtE_Is|LtE_Is)",
    "core/RemoveDecorator",
)
# `==` in place of `is` before a member of an enumeration: members are equal only to themselves.
_MADE_EQUAL = frozenset(
    f"core/ReplaceComparisonOperator_{name}" for name in ("Is_Eq", "IsNot_NotEq")
)
_MEMBER = re.compile(r"\s*[A-Z]\w*\.[A-Z_]+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Which modules are changed, and which tests must notice."""

    modules: Sequence[str]
    tests: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What became of the mutants of a room."""

    places: int
    tried: int
    survivors: Sequence[str]


def _all_of(folder: str) -> tuple[str, ...]:
    found = (ROOT / PACKAGE / folder).glob("[!_]*.py")
    return tuple(sorted(f"{folder}/{path.name}" for path in found))


_DELIVERY = (
    "plan",
    "deciding",
    "situation",
    "correction",
    "look_alikes",
    "mapped",
    "audit",
    "sent_parts",
    "freshness",
)
_IFS = (
    *("odata", "rows", "paging", "batch", "batch_text", "deep_insert"),
    *("invoice_changes", "invoice_differences", "supplier_gaps"),
)
ROOMS: Mapping[str, Room] = {
    "mapping": Room(
        modules=_all_of("mapping"),
        tests=(
            "tests/unit/mapping",
            "tests/unit/vendor_sync/test_suspicions.py",
            "--ignore=tests/unit/mapping/test_money_soak.py",
            "--ignore=tests/unit/mapping/test_properties.py",
        ),
    ),
    "delivery": Room(
        modules=tuple(f"delivery/{name}.py" for name in _DELIVERY),
        tests=(
            "tests/unit/delivery",
            "tests/faults/test_delivery_faults.py",
            *(
                f"tests/faults/test_routes_{name}.py"
                for name in ("grouped", "hand_edits", "memory", "whole_run")
            ),
        ),
    ),
    "ifs": Room(modules=tuple(f"ifs/{name}.py" for name in _IFS), tests=("tests/unit/ifs",)),
}


def copy_project(to: Path) -> None:
    """What git knows of the project, as it stands here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 (whatever git there is)
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def write_config(folder: Path, room: Room) -> Path:
    """The settings of cosmic-ray for a room."""
    test = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    modules = ", ".join(f'"{PACKAGE / module}"' for module in room.modules)
    left_out = ", ".join(f'"{name}"' for name in LEFT_OUT)
    path = folder / "cosmic-ray.toml"
    path.write_text(
        "[cosmic-ray]\n"
        f"module-path = [{modules}]\ntimeout = {LIMIT_S}.0\nexcluded-modules = []\n"
        f'test-command = "{" ".join([*test, *room.tests])}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
        f"[cosmic-ray.filters.operators-filter]\nexclude-operators = [{left_out}]\n"
    )
    return path


def draw(session: Path, count: int, seed: int) -> int:
    """Leave so many mutants to be tried; the answer is how many there are."""
    texts: dict[str, list[str]] = {}

    def is_unseen(module: str, operator: str, line: int, end: int) -> bool:
        lines = texts.setdefault(module, (ROOT / module).read_text(encoding="utf-8").splitlines())
        text = lines[line - 1]
        is_of_members = operator in _MADE_EQUAL and _MEMBER.match(text, end) is not None
        return is_of_members or text.lstrip().startswith("@")

    order = "module_path, operator_name, occurrence, start_pos_row, start_pos_col"
    with closing(sqlite3.connect(session)) as connection, connection:
        filtered = connection.execute("SELECT job_id FROM work_results").fetchall()
        places = (
            "SELECT job_id, module_path, operator_name, start_pos_row, end_pos_col "
            "FROM mutation_specs"
        )
        filtered += [(id_,) for id_, *place in connection.execute(places) if is_unseen(*place)]
        rows = connection.execute(f"SELECT job_id FROM mutation_specs ORDER BY {order}")  # noqa: S608
        known = [row for row in rows if row not in {*filtered}]
        kept = Random(seed).sample(known, min(count, len(known)))
        gone = [*filtered, *({*known} - {*kept})]
        for table in ("work_results", "mutation_specs", "work_items"):
            connection.executemany(f"DELETE FROM {table} WHERE job_id = ?", gone)  # noqa: S608
    return len(known)


def read_score(session: Path, known: int) -> Score:
    """What the session has found."""
    query = (
        "SELECT module_path, start_pos_row, operator_name, test_outcome FROM work_results "
        "JOIN mutation_specs USING (job_id) WHERE worker_outcome = 'NORMAL'"
    )
    with closing(sqlite3.connect(session)) as connection:
        rows = connection.execute(query).fetchall()
    alive = [f"{Path(m).name}:{line} {what}" for m, line, what, out in rows if out == "SURVIVED"]
    return Score(places=known, tried=len(rows), survivors=alive)


def run_room(room: Room, *, count: int, seed: int, budget_s: float) -> Score:
    """Try a sample of a room's mutants, as many as the time allows."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        copy_project(folder)
        config, session = write_config(folder, room), folder / "session.sqlite"
        paths = (str(folder / "target-ifs-cloud"), str(folder))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        cosmic_ray = str(Path(sys.executable).parent / "cosmic-ray")
        filters = str(Path(sys.executable).parent / "cr-filter-operators")

        def run(*words: str, limit_s: float | None = None) -> None:
            command = [*words]
            subprocess.run(command, cwd=folder, env=environment, timeout=limit_s, check=True)

        run(cosmic_ray, "init", str(config), str(session))
        run(filters, str(session), str(config))
        known = draw(session, count, seed)
        run(cosmic_ray, "baseline", str(config))
        try:
            run(cosmic_ray, "exec", str(config), str(session), limit_s=budget_s)
        except subprocess.TimeoutExpired:
            click.echo("time is up; what was tried counts")
        return read_score(session, known)


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
        "| room | mutants | tried | noticed | score | seed |",
        "|---|---|---|---|---|---|",
        *rows,
        END,
    ]
    PAGE.write_text(before + "\n".join(lines) + rest.partition(END)[2], encoding="utf-8")


@click.command()
@click.option("--count", default=300, show_default=True, help="Mutants to try in each room.")
@click.option("--seed", default=1, show_default=True, help="Draws the mutants.")
@click.option("--budget", default=60.0, show_default=True, help="Minutes in all.")
@click.option("--only", type=click.Choice(list(ROOMS)), multiple=True, help="Only these rooms.")
@click.option("--keep", "is_kept", is_flag=True, help="Write the table into docs/reliability.md.")
def main(*, count: int, seed: int, budget: float, only: tuple[str, ...], is_kept: bool) -> None:
    """Change the product one place at a time, and count what the tests notice."""
    names, rows = only or tuple(ROOMS), []
    for name in names:
        share_s = budget * 60 / len(names)
        score = run_room(ROOMS[name], count=count, seed=seed, budget_s=share_s)
        noticed = score.tried - len(score.survivors)
        share = f"{noticed / score.tried:.0%}" if score.tried else "none"
        rows.append(f"| {name} | {score.places:,} | {score.tried} | {noticed} | {share} | {seed} |")
        click.echo("\n".join([*(f"survived: {one}" for one in score.survivors), rows[-1]]))
        if is_kept:
            write_page(rows)


if __name__ == "__main__":
    main()
