"""Runs the campaigns and writes ``docs/reliability.md``: ``python -m tests.soak``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path

import click

from tests.soak import Report
from tests.soak.campaigns import CAMPAIGNS, Size, campaign

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- campaigns: begin -->", "<!-- campaigns: end -->"
HEAD = (
    "| id | fault | rounds | documents | doubled | lost | half | other | seconds | day | command |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
)
QUICK_BILLS_MAX = 24
WHOLE_BILLS_MAX = 1000
ROUNDS_MAX = 100_000
GENERATED: Mapping[str, tuple[str, int, int]] = {
    "R8": ("wrong_input", 4_000, 100),
    "R9": ("money", 20_000, 100),
    "R10": ("paging", 600, 20),
    "R17": ("days", 1, 1),
}
"""Campaigns that draw their own input: module, cases that fit into a minute or so, fewest cases."""


def run_generated(id_: str, budget_s: float, seed: int) -> Report:
    """A campaign with a module of its own."""
    module, per_minute, fewest = GENERATED[id_]
    run: Callable[[int, int], Report] = importlib.import_module(f"tests.soak.{module}").run
    return run(max(int(per_minute * budget_s / 60), fewest), seed)


def run_one(id_: str, *, budget_s: float, seed: int, bills_max: int) -> Report:
    """One campaign."""
    if id_ in GENERATED:
        return run_generated(id_, budget_s, seed)
    fault, one, bills = CAMPAIGNS[id_]
    size = Size(
        bills=min(bills, bills_max),
        rounds=ROUNDS_MAX,
        budget_s=budget_s,
        seed=seed,
    )
    return campaign(id_, fault, size, one)


def to_row(report: Report, command: str) -> str:
    """A line of the table, with the day in UTC and the command that repeats it."""
    findings = "; ".join(report.findings)[:200].replace("|", "/").replace("\n", " ") or "none"
    today = datetime.now(timezone.utc).date().isoformat()
    return (
        f"| {report.id} | {report.fault} | {report.seeds:,} | {report.volume:,} | "
        f"{report.duplicates} | {report.lost} | {report.half} | {findings} | "
        f"{report.seconds:.0f} | {today} | `{command}` |"
    )


def write_page(rows: Mapping[str, str]) -> None:
    """Put the rows between the marks, each in the place of the one it had there."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    table, _, after = rest.partition(END)
    kept = {line.split(" ")[1]: line for line in table.splitlines() if line.startswith("| R")}
    known = sorted({**kept, **rows}.items(), key=lambda row: (int(row[0][1:].strip("b")), row[0]))
    lines = [BEGIN, *HEAD, *(line for _, line in known), END]
    PAGE.write_text(before + "\n".join(lines) + after, encoding="utf-8")


@click.command()
@click.option("--budget", default=20.0, show_default=True, help="Minutes for all campaigns.")
@click.option("--only", default="", help="Ids, such as R1,R2; all by default.")
@click.option("--seed", default=1, show_default=True, help="The first seed; each round adds one.")
@click.option("--bills", default=WHOLE_BILLS_MAX, help="At most so many bills in a round.")
@click.option("--quick", is_flag=True, help="Few documents per round; nothing is written down.")
def main(budget: float, only: str, seed: int, *, bills: int, quick: bool) -> None:
    """Break everything on purpose, and count what was doubled, lost or left half."""
    known = [*CAMPAIGNS, *GENERATED]
    ids = [id_ for id_ in only.split(",") if id_] or known
    if unknown := set(ids) - set(known):
        raise click.BadParameter(f"no such campaign: {', '.join(sorted(unknown))}")
    share_s = budget * 60 / len(ids)
    reports = []
    options = " ".join(sys.argv[1:])
    command = f"make soak OPTIONS='{options}'" if options else "make soak"
    for id_ in ids:
        most = QUICK_BILLS_MAX if quick else bills
        reports.append(run_one(id_, budget_s=share_s, seed=seed, bills_max=most))
        row = to_row(reports[-1], command)
        click.echo(row)
        if not quick:
            write_page({id_: row})
    if not all(report.is_clean for report in reports):
        sys.exit(1)


if __name__ == "__main__":
    main()
