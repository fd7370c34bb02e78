"""``procurify-ifs``: look at what the flow did, try a document again, verify the evidence."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from target_ifs_cloud.delivery import audit
from target_ifs_cloud.delivery.actor import person_here
from target_ifs_cloud.delivery.database import open_existing_database
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.lease import hold_lease, holder_name, is_alive_here
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.plan import Known
from target_ifs_cloud.delivery.run import open_reading_site, utc_now
from target_ifs_cloud.delivery.summary import (
    attention_lines,
    format_amount,
    render_states,
    render_table,
)
from target_ifs_cloud.errors import (
    EXIT_NEEDS_PERSON,
    EXIT_SETTLED,
    ConfigurationError,
    RunError,
)
from target_ifs_cloud.mapping.vendor_suspicions import SUSPICIONS
from target_ifs_cloud.operator import accruals as accrual_list
from target_ifs_cloud.operator.audit_export import write_csv, write_json_lines
from target_ifs_cloud.operator.checkup import Checkup
from target_ifs_cloud.operator.configuration import target_settings
from target_ifs_cloud.operator.link import link
from target_ifs_cloud.operator.preview import as_csv, as_json, as_tables, preview_records
from target_ifs_cloud.operator.reconcile import reconcile, render
from target_ifs_cloud.operator.singer_records import read_records

_LISTED_MAX = 1000
SUSPECTED = "duplicate_suspected"
_LEASE_S = 60
Command = TypeVar("Command", bound=Callable[..., None])


def _with_exit_codes(command: Command) -> Command:
    """Turn our errors into a line for people and an exit code."""

    @wraps(command)
    def wrapped(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
        except RunError as error:
            click.echo(f"procurify-ifs: {error}", err=True)
            sys.exit(error.exit_code)

    return wrapped  # type: ignore[return-value]


_CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings of target-ifs-cloud as a JSON file; the environment wins over it.",
)


def _with_outbox(command: Command) -> Command:
    """Open the outbox for a command."""

    @click.option(
        "--outbox-url",
        envvar="TARGET_IFS_CLOUD_OUTBOX_URL",
        default="sqlite:///var/outbox.db",
        show_default=True,
        help="Database of the outbox.",
    )
    @wraps(command)
    @_with_exit_codes
    def wrapped(outbox_url: str, **options: object) -> None:
        command(Outbox(open_existing_database(outbox_url), utc_now), **options)

    return wrapped  # type: ignore[return-value]


@click.group()
@click.version_option(package_name="target-ifs-cloud")
def main() -> None:
    """Look after the flow from Procurify to IFS Cloud."""


main.add_command(link)


@main.command()
@_with_outbox
def status(outbox: Outbox) -> None:
    """Where every document stands, and which ones need a person."""
    click.echo(render_states(outbox.count_states()))
    entries, count = outbox.attention(limit=_LISTED_MAX)
    click.echo("\n".join(attention_lines(entries, count)))


@main.command()
@click.argument("source_id")
@_with_outbox
def show(outbox: Outbox, source_id: str) -> None:
    """One document in full: state, reasons, and every line of evidence about it."""
    for entry in outbox.find_any(source_id):
        click.echo(f"{entry.source.label} ({entry.source.kind} {entry.source.id})")
        click.echo(f"  state      {entry.state.value}")
        click.echo(f"  key        {entry.key or '-'}")
        click.echo(f"  IFS id     {entry.ifs_id or '-'}")
        if entry.amount is not None and entry.currency:
            amount = format_amount(entry.amount, entry.currency)
            click.echo(f"  amount     {amount} {entry.currency}")
        for problem in entry.problems:
            click.echo(f"  {problem.code} ({problem.field}): {problem.message}. {problem.fix}")
        if entry.note:
            click.echo(f"  {entry.note}")
        click.echo("  evidence")
        with outbox.engine.connect() as connection:
            for seq, text, _ in audit.read_lines(connection):
                line = json.loads(text)
                if (line.get("kind"), line.get("source")) == (entry.source.kind, entry.source.id):
                    click.echo(f"    {seq} {text}")


@main.command()
@click.argument("source_id")
@_with_outbox
def retry(outbox: Outbox, source_id: str) -> None:
    """Let the next run try a held, refused or reported document again."""
    with hold_lease(outbox, holder=holder_name(), seconds=_LEASE_S, is_alive=is_alive_here):
        for entry in outbox.find_any(source_id):
            line = _line_by_person("retry asked by a person", entry)
            outbox.save(Changes(entries=[_released(entry)], audit=[line]))
            click.echo(f"{entry.source.label}: tried again by the next run")


@main.command()
@click.argument("source_id")
@_with_outbox
def release(outbox: Outbox, source_id: str) -> None:
    """Say that a bill is no copy of the one it looks like, or that a vendor is genuine."""
    with hold_lease(outbox, holder=holder_name(), seconds=_LEASE_S, is_alive=is_alive_here):
        for entry in outbox.find_any(source_id):
            codes = {problem.code for problem in entry.problems}
            if not codes & {SUSPECTED, *SUSPICIONS}:
                message = f"{entry.source.label} is held neither as a duplicate nor as suspicious"
                raise ConfigurationError(message)
            line = {**_line_by_person("released by a person", entry), "problems": sorted(codes)}
            outbox.save(Changes(entries=[_genuine(entry)], audit=[line]))
            click.echo(f"{entry.source.label}: released; taken by the next run")


def _genuine(entry: Entry) -> Entry:
    if entry.source.kind != "vendor":
        return replace(entry, is_released=True)
    rest = tuple(problem for problem in entry.problems if problem.code not in SUSPICIONS)
    since = entry.held_since if rest else None
    return replace(entry, problems=rest, held_since=since, is_due=True)


@main.command()
@click.argument("source_id")
@click.option("--reason", required=True, help="Why it is not to be posted; kept as evidence.")
@_with_outbox
def exclude(outbox: Outbox, source_id: str, reason: str) -> None:
    """Leave a document out for good that is not in IFS, whatever becomes of it in Procurify."""
    with hold_lease(outbox, holder=holder_name(), seconds=_LEASE_S, is_alive=is_alive_here):
        for entry in outbox.find_any(source_id):
            line = {**_line_by_person("excluded by a person", entry), "reason": reason}
            outbox.save(Changes(entries=[_excluded(entry, reason)], audit=[line]))
            click.echo(f"{entry.source.label}: left out until `procurify-ifs retry {source_id}`")


def _excluded(entry: Entry, reason: str) -> Entry:
    if entry.known in {Known.IN_DOUBT, Known.CONFIRMED}:
        message = (
            f"{entry.source.label} is in IFS, or may be ({entry.state.value}); withdraw it in "
            "Procurify, or cancel it in IFS, instead"
        )
        raise ConfigurationError(message)
    return replace(
        entry, state=State.EXCLUDED, problems=(), held_since=None, is_due=False, note=reason
    )


def _released(entry: Entry) -> Entry:
    if entry.state in {State.SENDING, State.IN_DOUBT}:
        message = (
            f"{entry.source.label} was sent and its answer is not known; the next run looks it up "
            "by itself"
        )
        raise ConfigurationError(message)
    if entry.record is None:
        message = (
            f"{entry.source.label} is settled ({entry.state.value}) and its record is no longer "
            "kept; change the record in Procurify, then it comes again"
        )
        raise ConfigurationError(message)
    return replace(entry, state=State.HELD, rules_version="", note="", content=None)


def _line_by_person(event: str, entry: Entry) -> dict[str, Any]:
    return {
        "event": event,
        "actor": person_here(),
        "kind": entry.source.kind,
        "source": entry.source.id,
        "source_hash": entry.source.hash,
    }


@main.command("verify-audit")
@click.option("--checkpoint", help="What an earlier run printed; reveals a tail that was cut.")
@_with_outbox
def verify_audit(outbox: Outbox, checkpoint: str | None) -> None:
    """Check that no line of the audit trail was edited, removed, inserted or moved."""
    expected = audit.Checkpoint.parse(checkpoint) if checkpoint else None
    with outbox.engine.connect() as connection:
        breaks = audit.find_breaks(audit.read_lines(connection), expected)
        end = audit.read_checkpoint(connection)
    for text in breaks:
        click.echo(text, err=True)
    if breaks:
        sys.exit(EXIT_NEEDS_PERSON)
    click.echo(f"The audit trail is whole: {end.count} lines. Checkpoint: {end}")


@main.command("export-audit")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl")
@_with_outbox
def export_audit(outbox: Outbox, form: str) -> None:
    """Write the audit trail to standard output, each line with its number and hash."""
    write = write_csv if form == "csv" else write_json_lines
    with outbox.engine.connect() as connection:
        write(audit.read_lines(connection), sys.stdout)


@main.command("preview")
@click.argument("records", type=click.File(encoding="utf-8"), default="-")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
@click.option("--document", "wanted", multiple=True, metavar="ID", help="Only these, in full.")
@_CONFIG
@_with_exit_codes
def preview(records: TextIO, form: str, wanted: tuple[str, ...], config: Path | None) -> None:
    """Show what a run would do with RECORDS, the output of tap-procurify. Nothing is written.

    Per document: create, update, skip, hold …; with every field, its value and the rule behind it.
    """
    settings = target_settings(config)
    log = logging.getLogger("procurify-ifs")
    seen = preview_records(settings, read_records(records), log=log)
    documents = seen.documents()
    if wanted:
        documents = [document for document in documents if document["id"] in wanted]
    if form == "json":
        click.echo(as_json(seen, documents))
    elif form == "csv":
        click.echo(as_csv(documents), nl=False)
    else:
        click.echo(as_tables(documents, details=bool(wanted)), nl=False)
        if not wanted:
            click.echo(render_table("Totals", "decision", seen.decisions()), nl=False)


@main.command("accruals")
@click.option(
    "--all-held", is_flag=True, help="Every bill that is not posted, whatever the reason."
)
@click.option("--format", "form", type=click.Choice(["table", "csv"]), default="table")
@_CONFIG
@_with_exit_codes
def accruals(form: str, config: Path | None, *, all_held: bool) -> None:
    """List the cost of bills held by `posting_period: accrual_list`, per code string."""
    log = logging.getLogger("procurify-ifs")
    preview = preview_records(target_settings(config), (), log=log)
    found = accrual_list.find_accruals(preview, all_held=all_held)
    show_as = accrual_list.as_csv if form == "csv" else accrual_list.as_table
    click.echo(show_as(found), nl=False)


@main.command("reconcile")
@click.option(
    "--month-field",
    default="VoucherDate",
    show_default=True,
    help="Header field of IFS whose month a document belongs to.",
)
@_CONFIG
@_with_exit_codes
def reconcile_books(config: Path | None, month_field: str) -> None:
    """Hold every posted document against what IFS shows now. Nothing is written."""
    settings = target_settings(config)
    log = logging.getLogger("procurify-ifs")
    with closing(open_reading_site(settings, log=log)) as site:
        outbox = Outbox(open_existing_database(settings.outbox_url), utc_now)
        result = reconcile(
            outbox,
            site,
            month_of=lambda shown: str(shown.row.get(month_field) or "-")[:7],
            companies=site.companies,
        )
    click.echo(render(result))
    sys.exit(EXIT_SETTLED if result.is_even else EXIT_NEEDS_PERSON)


@main.command("check")
@click.option(
    "--transforms-dir",
    envvar="TARGET_IFS_CLOUD_TRANSFORMS_DIR",
    default="transforms",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of the rule files.",
)
@click.option("--rules-only", is_flag=True, help="Only the rule files; IFS is not asked.")
@click.option(
    "--records",
    type=click.File(encoding="utf-8"),
    help="Output of tap-procurify: what of it has no rule or points to nothing in IFS.",
)
@_CONFIG
def check(
    transforms_dir: Path, config: Path | None, records: TextIO | None, *, rules_only: bool
) -> None:
    """Check settings, rule files, login, site profile and basic data; nothing is written.

    With --records also the coverage: which account codes, places, tax names, terms and vendors have
    no rule, or point to something that IFS does not have, with counts and amounts.
    """
    logging.basicConfig(format="      %(message)s", level=logging.WARNING)
    checkup = Checkup(click.echo, logging.getLogger("procurify-ifs"))
    rules = checkup.rules(transforms_dir)
    settings = None if rules_only else checkup.settings(config)
    reference = checkup.site(settings, rules) if rules and settings else None
    if rules and settings and reference and records:
        checkup.coverage(rules, reference, settings, records)
    sys.exit(checkup.exit_code)
