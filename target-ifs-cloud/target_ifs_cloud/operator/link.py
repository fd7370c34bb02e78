"""``procurify-ifs link vendor``: a person says which supplier a vendor is."""

from __future__ import annotations

import getpass

import click

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.lease import hold_lease, holder_name, is_alive_here
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.run import utc_now
from target_ifs_cloud.documents import SupplierId
from target_ifs_cloud.errors import ConfigurationError, RunError

_LEASE_S = 60


@click.group()
def link() -> None:
    """Say what belongs together where the software may not decide it."""


@link.command("vendor")
@click.argument("vendor")
@click.argument("supplier")
@click.option(
    "--outbox-url",
    envvar="TARGET_IFS_CLOUD_OUTBOX_URL",
    default="sqlite:///var/outbox.db",
    show_default=True,
    help="Database of the outbox.",
)
def link_vendor(vendor: str, supplier: str, outbox_url: str) -> None:
    """Link the vendor of Procurify (its id) to the supplier of IFS Cloud (its id).

    Both directions follow the link from their next run on; who said so is on the audit trail.
    """
    try:
        _link(Outbox(open_database(outbox_url), utc_now), vendor.strip(), supplier.strip())
    except RunError as error:
        click.echo(f"procurify-ifs: {error}", err=True)
        raise click.exceptions.Exit(error.exit_code) from error
    click.echo(f"Vendor {vendor} is linked to supplier {supplier}; the next run follows it.")


def _link(outbox: Outbox, vendor: str, supplier: str) -> None:
    if not (vendor.isascii() and vendor.isdigit()) or not supplier:
        raise ConfigurationError("give the vendor's id, a number, and the supplier's id")
    with hold_lease(outbox, holder=holder_name(), seconds=_LEASE_S, is_alive=is_alive_here):
        line = {
            "event": "vendor linked by a person",
            "actor": getpass.getuser(),
            "kind": "vendor",
            "source": vendor,
            "key": supplier,
            "before": outbox.links().get(vendor, ""),
        }
        links = {vendor: (SupplierId(supplier), "person")}
        outbox.save(Changes(links=links, audit=[line]))
