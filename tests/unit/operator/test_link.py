"""``procurify-ifs link vendor``: a person's word is kept, with their name."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.run import utc_now
from target_ifs_cloud.operator.cli import main


def test_a_vendor_is_linked_to_the_supplier_that_a_person_names(tmp_path: Path) -> None:
    """The link is on record for both directions, and so is who made it."""
    url = f"sqlite:///{tmp_path}/outbox.db"
    done = CliRunner().invoke(main, ["link", "vendor", "56", "S-7001", "--outbox-url", url])
    assert done.exit_code == 0, done.output
    engine = open_database(url)
    assert Outbox(engine, utc_now).links() == {"56": "S-7001"}
    engine.dispose()
    trail = CliRunner().invoke(main, ["export-audit", "--outbox-url", url])
    assert '"vendor linked by a person"' in trail.output


def test_a_vendor_that_is_no_number_is_refused(tmp_path: Path) -> None:
    """Exit code 2, and the cure is named."""
    url = f"sqlite:///{tmp_path}/outbox.db"
    done = CliRunner().invoke(main, ["link", "vendor", "acme", "S-7001", "--outbox-url", url])
    assert done.exit_code == 2
    assert "the vendor's id, a number" in done.output
