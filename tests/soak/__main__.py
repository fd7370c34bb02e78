"""Runs the campaigns and writes ``docs/reliability.md``: ``python -m tests.soak``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import click

from tests.soak import Report
from tests.soak.campaigns import CAMPAIGNS, Size, campaign

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- campaigns: begin -->", "<!-- campaigns: end -->"
QUICK_BILLS_MAX = 24
ROUNDS_MAX = 100_000
GENERATED: Mapping[str, tuple[str, int]] = {"R8": ("wrong_input", 20_000), "R9": ("money", 20_000)}
"""Campaigns of generated input: their module, and how many cases fit into a minute or so."""


def run_generated(id_: str, budget_s: float, seed: int) -> Report:
    """A campaign that feeds the mapping."""
    module, per_minute = GENERATED[id_]
    run: Callable[[int, int], Report] = importlib.import_module(f"tests.soak.{module}").run
    return run(max(int(per_minute * budget_s / 60), 100), seed)


def run_one(id_: str, *, budget_s: float, seed: int, quick: bool) -> Report:
    """One campaign."""
    if id_ in GENERATED:
        return run_generated(id_, budget_s, seed)
    fault, one, bills = CAMPAIGNS[id_]
    size = Size(
        bills=min(bills, QUICK_BILLS_MAX) if quick else bills,
        rounds=ROUNDS_MAX,
        budget_s=budget_s,
        seed=seed,
    )
    return campaign(id_, fault, size, one)


def to_row(report: Report) -> str:
    """A line of the table."""
    findings = "; ".join(report.findings)[:200].replace("|", "/").replace("\n", " ") or "none"
    return (
        f"| {report.id} | {report.fault} | {report.seeds:,} | {report.volume:,} | "
        f"{report.duplicates} | {report.lost} | {report.half} | {findings} | {report.seconds:.0f} |"
    )


def write_page(reports: Sequence[Report], command: str) -> None:
    """Put the table between its marks; the rest of the page stays."""
    today = datetime.now(timezone.utc).date().isoformat()
    lines = [
        BEGIN,
        f"`{command}`, {today}:",
        "",
        "| id | fault | rounds | documents | doubled | lost | half | other findings | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
        *(to_row(report) for report in reports),
        END,
    ]
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(before + "\n".join(lines) + rest.partition(END)[2], encoding="utf-8")


@click.command()
@click.option("--budget", default=20.0, show_default=True, help="Minutes for all campaigns.")
@click.option("--only", default="", help="Ids, such as R1,R2; all by default.")
@click.option("--seed", default=1, show_default=True, help="The first seed; each round adds one.")
@click.option("--quick", is_flag=True, help="Few documents per round; nothing is written down.")
def main(budget: float, only: str, seed: int, *, quick: bool) -> None:
    """Break everything on purpose, and count what was doubled, lost or left half."""
    known = [*CAMPAIGNS, *GENERATED]
    ids = [id_ for id_ in only.split(",") if id_] or known
    if unknown := set(ids) - set(known):
        raise click.BadParameter(f"no such campaign: {', '.join(sorted(unknown))}")
    share_s = budget * 60 / len(ids)
    reports = []
    for id_ in ids:
        reports.append(run_one(id_, budget_s=share_s, seed=seed, quick=quick))
        click.echo(to_row(reports[-1]))
    if not quick:
        write_page(
            reports, f"make soak OPTIONS='{' '.join(sys.argv[1:])}'".replace(" OPTIONS=''", "")
        )
    if not all(report.is_clean for report in reports):
        sys.exit(1)


if __name__ == "__main__":
    main()
