"""What ``procurify-ifs check`` says before IFS is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner

from target_ifs_cloud.operator.cli import main
from tests.conftest import ROOT


def test_sound_rule_files_are_told_with_their_companies() -> None:
    """Without any setting, as the accountant does it."""
    done = CliRunner().invoke(
        main, ["check", "--rules-only", "--transforms-dir", str(ROOT / "transforms")]
    )
    assert done.exit_code == 0
    assert "ok    Rule files: sound" in done.output
    assert "HCA, HUS" in done.output


def test_a_fault_in_a_rule_file_and_missing_settings_are_told_together(tmp_path: Path) -> None:
    """File, line and setting in one go, and exit code 2."""
    folder = tmp_path / "transforms"
    shutil.copytree(ROOT / "transforms", folder)
    bill = folder / "bill.yml"
    bill.write_text(bill.read_text().replace("\nnumber:", "\nnummer:"))
    done = CliRunner().invoke(main, ["check", "--transforms-dir", str(folder)])
    assert done.exit_code == 2
    assert "FAULT Rule files" in done.output
    assert "bill.yml:" in done.output
    assert "'client_secret' is a required property" in done.output
