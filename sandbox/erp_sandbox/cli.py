"""The command ``erp-sandbox``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from erp_sandbox.books_view import balance_table, invoice_table
from erp_sandbox.control_client import ControlRefusedError, IfsControl, ProcurifyControl
from erp_sandbox.exact_json import encode
from erp_sandbox.processes import SandboxError, adopt_listener, run_for_tenant, run_sandbox
from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.truth import read_truth
from erp_sandbox.profiles import DEFAULT_PROFILE, PROFILES
from erp_sandbox.rules import as_markdown, as_text
from erp_sandbox.scenarios import SCENARIOS
from erp_sandbox.serving import SYSTEMS, ServeOptions
from erp_sandbox.serving import serve as serve_system
from erp_sandbox.snapshots import SnapshotError
from erp_sandbox.tenant_file import ENVIRONMENT, TenantFileError, read_tenant
from erp_sandbox.watch import Watcher
from erp_sandbox.world import SCALE_MAX, build_world

PROCURIFY_PORT, IFS_PORT = 18801, 18802
PORTS = click.IntRange(0, 65535)
SCALES = click.IntRange(1, SCALE_MAX)
NAMES = click.Choice(tuple(PROFILES))
KINDS = ("vendors", "purchase_orders", "bills")
PAGES_MAX = 1_000_000
LATENCIES = click.IntRange(0, 60_000)

AT_PROCURIFY = click.option(
    "--procurify-url",
    envvar="SANDBOX_PROCURIFY_URL",
    default=f"http://127.0.0.1:{PROCURIFY_PORT}",
    show_default=True,
    show_envvar=True,
)
AT_IFS = click.option(
    "--ifs-url",
    envvar="SANDBOX_IFS_URL",
    default=f"http://127.0.0.1:{IFS_PORT}",
    show_default=True,
    show_envvar=True,
)
SNAPSHOTS = click.option(
    "--snapshots",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps the records when it stops; it goes on from there.",
)


TENANT = click.option(
    "--tenant",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML file of your own companies, account codes, vendors …; see sandbox/README.md.",
)


@click.group()
@click.version_option(package_name="erp-sandbox")
def main() -> None:
    """Unaffiliated test doubles of Procurify and IFS Cloud on loopback ports."""


@main.command()
@click.option("--procurify-port", type=PORTS, default=PROCURIFY_PORT, show_default=True)
@click.option("--ifs-port", type=PORTS, default=IFS_PORT, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same tenant.")
@click.option("--scale", type=SCALES, default=1, show_default=True, help="200 bills each.")
@click.option("--latency-ms", type=LATENCIES, default=0, show_default=True)
@click.option("--profile", type=NAMES, default=DEFAULT_PROFILE, show_default=True)
@click.option("--ready-file", type=click.Path(path_type=Path), help="Written when both answer.")
@SNAPSHOTS
@TENANT
def serve(
    *,
    procurify_port: int,
    ifs_port: int,
    seed: int,
    scale: int,
    latency_ms: int,
    profile: str,
    ready_file: Path | None,
    snapshots: Path | None,
    tenant: Path | None,
) -> None:
    """Serve both systems until SIGTERM or Ctrl-C; port 0 takes a free one."""
    ports = {"procurify": procurify_port, "ifs": ifs_port}
    options = ServeOptions(
        seed=seed,
        scale=scale,
        latency_ms=latency_ms,
        profile=profile,
        snapshots=snapshots,
        tenant=_checked(tenant),
    )
    try:
        run_sandbox(ports, options, ready_file)
    except (SandboxError, OSError) as fault:
        raise click.ClickException(str(fault)) from fault


def _checked(tenant: Path | None) -> Path | None:
    """The tenant file, once it has been read without a fault."""
    try:
        if tenant is not None:
            read_tenant(tenant)
    except TenantFileError as fault:
        raise click.ClickException(str(fault)) from fault
    return tenant


@main.command()
@click.argument("name", type=click.Choice(SYSTEMS))
@AT_PROCURIFY
@AT_IFS
def truth(*, name: str, procurify_url: str, ifs_url: str) -> None:
    """Print what a running system holds, as JSON."""
    try:
        if name == "procurify":
            found = ProcurifyControl(procurify_url).truth()
        else:
            found = IfsControl(ifs_url).books()
    except (OSError, ControlRefusedError) as fault:
        raise click.ClickException(f"{name} does not answer: {fault}") from fault
    sys.stdout.write(f"{encode(found)}\n")


@main.command()
@click.option("--seed", "number", type=int, default=7, show_default=True)
@click.option("--scale", type=SCALES, default=1, show_default=True)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="For JSON lines.")
@TENANT
def seed(*, number: int, scale: int, folder: Path | None, tenant: Path | None) -> None:
    """Count what the tenant of a seed holds; with --folder also write it, a file per kind."""
    if tenant is not None:
        # A process knows one tenant only, and this one has begun with another.
        words = ["seed", "--seed", str(number), "--scale", str(scale)]
        words += ["--folder", str(folder)] if folder else []
        try:
            sys.stdout.write(run_for_tenant(words, _checked(tenant)))
        except SandboxError as fault:
            raise click.ClickException(str(fault)) from fault
        return
    found = read_truth(ProcurifyState(build_world(number, scale)))
    for kind in KINDS:
        sys.stdout.write(f"{kind}: {len(found[kind])}\n")
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            lines = "".join(f"{encode(row)}\n" for row in found[kind])
            (folder / f"{kind}.jsonl").write_text(lines, encoding="utf-8")


@main.command()
@click.argument("name", required=False, type=click.Choice(tuple(SCENARIOS)))
@click.option("--list", "is_list", is_flag=True, help="Tell which there are.")
@AT_PROCURIFY
@AT_IFS
def scenario(*, name: str | None, is_list: bool, procurify_url: str, ifs_url: str) -> None:
    """Play a named story on a running sandbox."""
    if is_list:
        for one, told in SCENARIOS.items():
            sys.stdout.write(f"{one}: {told.text}\n")
        return
    if name is None:
        raise click.UsageError("name a scenario; --list tells which there are")
    procurify, ifs = ProcurifyControl(procurify_url), IfsControl(ifs_url)
    try:
        for control, system_name in ((procurify, "procurify"), (ifs, "ifs")):
            control.check_is(system_name)
        lines = SCENARIOS[name].play(procurify, ifs)
    except (OSError, ControlRefusedError) as fault:
        raise click.ClickException(f"{name} could not be played to its end: {fault}") from fault
    sys.stdout.write("".join(f"{line}\n" for line in lines))


@main.command()
@AT_IFS
def books(*, ifs_url: str) -> None:
    """Show the trial balance per company and period, and the supplier invoices by state."""
    control = IfsControl(ifs_url)
    try:
        balance, held = control.trial_balance(), control.books()
    except (OSError, ControlRefusedError) as fault:
        raise click.ClickException(f"ifs does not answer at {ifs_url}: {fault}") from fault
    console = Console()
    console.print(balance_table(balance))
    console.print(invoice_table(held["invoices"]))


@main.command()
@click.option("--every-s", type=click.FloatRange(0.1, 60), default=1.0, show_default=True)
@click.option("--pages", type=click.IntRange(1, PAGES_MAX), default=PAGES_MAX, show_default=True)
@AT_PROCURIFY
@AT_IFS
def watch(*, every_s: float, pages: int, procurify_url: str, ifs_url: str) -> None:
    """Show traffic, last requests, faults that acted and the books, until Ctrl-C."""
    watcher = Watcher(ProcurifyControl(procurify_url), IfsControl(ifs_url))
    try:
        with Live(watcher.page(0), auto_refresh=False) as live:
            for _ in range(pages - 1):
                time.sleep(every_s)
                live.update(watcher.page(every_s), refresh=True)
    except (OSError, ControlRefusedError) as fault:
        raise click.ClickException(f"the sandbox does not answer: {fault}") from fault


@main.command()
@click.option("--markdown", is_flag=True, help="As the page docs/sandbox.md.")
def rules(*, markdown: bool) -> None:
    """Print every rule and knob with its grade: documented, seen in code, inferred, site."""
    sys.stdout.write(as_markdown() if markdown else f"{as_text()}\n")


@main.command(hidden=True)
@click.argument("name", type=click.Choice(SYSTEMS))
@click.option("--fd", "handle", type=int, required=True)
@click.option("--seed", type=int, required=True)
@click.option("--scale", type=SCALES, required=True)
@click.option("--latency-ms", type=LATENCIES, required=True)
@click.option("--profile", type=NAMES, required=True)
@SNAPSHOTS
def system(
    *,
    name: str,
    handle: int,
    seed: int,
    scale: int,
    latency_ms: int,
    profile: str,
    snapshots: Path | None,
) -> None:
    """Serve one system from a socket that the parent has opened."""
    file = os.environ.get(ENVIRONMENT)
    options = ServeOptions(
        seed=seed,
        scale=scale,
        latency_ms=latency_ms,
        profile=profile,
        snapshots=snapshots,
        tenant=Path(file) if file else None,
    )
    try:
        serve_system(name, options, adopt_listener(handle))
    except SnapshotError as fault:
        raise click.ClickException(str(fault)) from fault
