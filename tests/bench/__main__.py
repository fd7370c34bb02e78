"""Prints the figures: ``python -m tests.bench``; exit code 1 when a target is missed."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import click
from rich.console import Console
from rich.table import Table

from tests.bench import Row

MODULES = ("tap", "delivery", "sandbox")


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
    for heading in ("id", "metric", "measured", "anchor", "target", "met"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        verdict = "[green]yes[/green]" if row.met else "[red]no[/red]"
        table.add_row(row.id, row.metric, row.measured, row.anchor, row.target, verdict)
    console.print(table)


@click.command()
@click.option("--quick", is_flag=True, help="Small volumes, in a minute or two.")
@click.option("--only", type=click.Choice(MODULES), multiple=True, help="Only these tables.")
def main(*, quick: bool, only: tuple[str, ...]) -> None:
    """Measure and compare with the targets."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    tables = {name: measure(name, console, quick=quick) for name in only or find_modules()}
    for name, rows in tables.items():
        show(name, rows, console)
    if not all(row.met for rows in tables.values() for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
