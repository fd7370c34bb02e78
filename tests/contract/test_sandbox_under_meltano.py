"""The sandbox as a utility plugin of the Meltano project."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from erp_sandbox.cli import main
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox

PLUGIN = next(
    plugin
    for plugin in yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["utilities"]
    if plugin["name"] == "erp-sandbox"
)


class Project:
    """A Meltano project with this plugin installed."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        """Lay it out and install the plugin."""
        self.folder = folder
        self.environment = {
            **os.environ,
            "NO_COLOR": "1",
            "SANDBOX_PROCURIFY_URL": sandbox.procurify,
            "SANDBOX_IFS_URL": sandbox.ifs,
        }
        shutil.copy(ROOT / "meltano.yml", folder)
        (folder / "sandbox").symlink_to(ROOT / "sandbox")
        installed = self.meltano("install", "--plugin-type", "utilities", "erp-sandbox")
        assert installed.returncode == 0, installed.stderr

    def meltano(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call Meltano as a person does."""
        return subprocess.run(
            [str(BIN / "meltano"), *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


def test_the_plugin_names_commands_that_exist() -> None:
    """Each command of the entry is one of the program."""
    assert isinstance(main, click.Group)
    assert set(PLUGIN["commands"].values()) <= set(main.commands)
    assert {"serve", "rules", "books", "scenario"} <= set(PLUGIN["commands"])


@pytest.mark.timeout(300)
def test_meltano_invokes_the_commands_on_a_running_sandbox(tmp_path: Path) -> None:
    """A story is played, and the books are shown."""
    with run_sandbox(tmp_path) as sandbox:
        project = Project(tmp_path, sandbox)
        played = project.meltano("invoke", "erp-sandbox:scenario", "order-life")
        assert "price revised to 30.00" in played.stdout, played.stderr
        shown = project.meltano("invoke", "erp-sandbox:books")
        assert "Trial balance" in shown.stdout, shown.stderr
