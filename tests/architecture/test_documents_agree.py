"""What the documents say about settings and commands is what the code has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tap_procurify.tap import TapProcurify
from target_ifs_cloud.operator.cli import main as operator_command
from target_ifs_cloud.settings import SCHEMA as TARGET_SCHEMA
from target_ifs_cloud.target import TargetIFSCloud
from target_ifs_cloud.vendor_sync import vendor_settings

ROOT = Path(__file__).parents[2]
MELTANO: Mapping[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text())
TAP_SCHEMA: Mapping[str, Any] = TapProcurify.config_jsonschema


def plugin(kind: str, name: str) -> Mapping[str, Any]:
    """One plugin of meltano.yml."""
    found: Mapping[str, Any] = next(p for p in MELTANO["plugins"][kind] if p["name"] == name)
    return found


def documented_settings(readme: Path) -> dict[str, tuple[str, bool]]:
    """The settings table of a README: name -> (default as written, is it secret)."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|", readme.read_text(), re.MULTILINE)
    return {name: (default.strip(), "secret" in what) for name, default, what in rows}


def coded_settings(schema: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """The settings of a plugin class in the same form."""
    required = set(schema.get("required", []))
    found = {}
    for name, spec in schema["properties"].items():
        default = "required" if name in required else ""
        if "default" in spec:
            is_flag = isinstance(spec["default"], bool)
            default = f"`{str(spec['default']).lower() if is_flag else spec['default']}`"
        found[name] = (default, bool(spec.get("secret")))
    return found


@pytest.mark.parametrize(
    ("readme", "schema"),
    [
        ("tap-procurify/README.md", TAP_SCHEMA),
        ("target-ifs-cloud/README.md", TARGET_SCHEMA),
    ],
)
def test_the_settings_table_is_what_the_plugin_takes(
    readme: str, schema: Mapping[str, Any]
) -> None:
    """No setting is missing, invented, or has another default than the README says."""
    assert documented_settings(ROOT / readme) == coded_settings(schema)


@pytest.mark.parametrize(
    ("kind", "name", "schema"),
    [
        ("extractors", "tap-procurify", TAP_SCHEMA),
        ("loaders", "target-ifs-cloud", TARGET_SCHEMA),
    ],
)
def test_meltano_knows_every_setting_and_which_are_secret(
    kind: str, name: str, schema: Mapping[str, Any]
) -> None:
    """meltano.yml lists the settings of the plugin, no more and no fewer."""
    settings = {s["name"]: bool(s.get("sensitive")) for s in plugin(kind, name)["settings"]}
    assert settings == {
        setting: bool(spec.get("secret")) for setting, spec in schema["properties"].items()
    }
    for setting in plugin(kind, name)["settings"]:
        assert setting["description"], setting["name"]


def test_the_example_environment_names_only_settings_that_exist() -> None:
    """Every variable of .env.example is a setting of its plugin."""
    names = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    schemas = {
        "TAP_PROCURIFY": TAP_SCHEMA,
        "TARGET_IFS_CLOUD": TARGET_SCHEMA,
        "TAP_IFS_CLOUD": vendor_settings.TAP_SCHEMA,
        "TARGET_PROCURIFY": vendor_settings.TARGET_SCHEMA,
    }
    known = {f"{p}_{name.upper()}" for p, one in schemas.items() for name in one["properties"]}
    assert names
    assert set(names) <= known


def test_no_secret_stands_in_meltano_yml_outside_the_sandbox() -> None:
    """Secrets come from the environment; only the loopback sandbox has made-up ones."""
    real = [e for e in MELTANO["environments"] if e["name"] != "sandbox"]
    assert "secret" not in yaml.safe_dump(real).lower()
    assert MELTANO["send_anonymous_usage_stats"] is False


def test_the_readme_names_every_operator_command() -> None:
    """The commands of procurify-ifs in the README are the ones that exist."""
    assert isinstance(operator_command, click.Group)
    text = (ROOT / "README.md").read_text()
    documented = set(re.findall(r"^\| `procurify-ifs ([\w-]+)", text, re.MULTILINE))
    assert documented == set(operator_command.commands)


def test_settings_of_the_sdk_that_could_change_an_amount_are_refused() -> None:
    """No stream map, flattening or batch setting can be given to the target."""
    schema = TargetIFSCloud.config_jsonschema
    assert schema["additionalProperties"] is False
    assert not {"stream_maps", "flattening_enabled", "batch_config"} & set(schema["properties"])
