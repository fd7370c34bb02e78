"""Prints the figures: ``python -m tests.bench``; exit code 1 when a target is missed."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.bench import Row

MODULES = ("delivery", "volume", "tap", "sandbox")
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
HEADINGS = ("id", "metric", "measured", "anchor", "target", "met")


def find_modules() -> tuple[str, ...]:
    """The measuring modules of this checkout."""
    return tuple(name for name in MODULES if importlib.util.find_spec(f"tests.bench.{name}"))


def measure(name: str, console: Console, *, quick: bool) -> list[Row]:
    """The rows of one module, each told as soon as it is measured."""
    rows = []
    for row in importlib.import_module(f"tests.bench.{name}").rows(quick):
        console.print(f"[dim]{row.id}: {row.measured}[/dim]")
        rows.append(row)
    return rows


def show(title: str, rows: list[Row], console: Console) -> None:
    """One table."""
    table = Table(title=title, title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        verdict = "[green]yes[/green]" if row.met else "[red]no[/red]"
        table.add_row(row.id, row.metric, row.measured, row.anchor, row.target, verdict)
    console.print(table)


def write_page(tables: Mapping[str, Sequence[Row]], command: str) -> None:
    """Put each table between its own marks; the rest of the page stays."""
    today = datetime.now(timezone.utc).date().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    where = f"{today}, {machine}; load at the end {os.getloadavg()[0]:.1f}"
    page = PAGE.read_text(encoding="utf-8")
    for name, rows in tables.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        lines = [
            begin,
            f"**{name}**: `{command}`, {where}.",
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---" * len(HEADINGS) + "|",
        ]
        lines += [
            f"| {r.id} | {r.metric} | {r.measured} | {r.anchor} | {r.target} | "
            f"{'yes' if r.met else '**no**'} |"
            for r in rows
        ]
        before, _, rest = page.partition(begin)
        page = before + "\n".join([*lines, "", end]) + rest.partition(end)[2]
    PAGE.write_text(page, encoding="utf-8")


@click.command()
@click.option("--quick", is_flag=True, help="Small volumes, in a minute or two.")
@click.option("--only", type=click.Choice(MODULES), multiple=True, help="Only these tables.")
@click.option("--keep", "is_kept", is_flag=True, help="Write the tables into docs/performance.md.")
def main(*, quick: bool, only: tuple[str, ...], is_kept: bool) -> None:
    """Measure and compare with the targets."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    tables = {name: measure(name, console, quick=quick) for name in only or find_modules()}
    for name, rows in tables.items():
        show(name, rows, console)
    if is_kept:
        options = " ".join(sys.argv[1:])
        write_page(tables, f"make bench OPTIONS='{options}'")
    if not all(row.met for rows in tables.values() for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
