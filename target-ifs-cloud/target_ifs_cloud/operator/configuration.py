"""The settings of the target, for the commands that look at IFS: defaults, file, environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.settings import SCHEMA, Settings, read_settings

PREFIX = "TARGET_IFS_CLOUD_"
_YES_NO = {"true": True, "1": True, "false": False, "0": False}


def target_settings(file: Path | None) -> Settings:
    """What ``target-ifs-cloud`` would be told; the environment wins over the file.

    Raises:
        ConfigurationError: every fault found, each naming its setting.
    """
    config = {
        name: kind["default"] for name, kind in SCHEMA["properties"].items() if "default" in kind
    }
    config |= _from_file(file) if file else {}
    config |= _from_environment(os.environ)
    faults = [_words(f) for f in jsonschema.Draft202012Validator(SCHEMA).iter_errors(config)]
    if faults:
        names = f"{PREFIX}BASE_URL and so on"
        message = f"{'; '.join(faults)}. Give settings in the environment ({names}) or by --config"
        raise ConfigurationError(message)
    return read_settings(config)


def _words(fault: jsonschema.ValidationError) -> str:
    """What is wrong with a setting; the value of a secret is not told."""
    if not fault.path:
        return str(fault.message)
    name = str(fault.path[0])
    is_secret = SCHEMA["properties"].get(name, {}).get("secret")
    return f"{name}: {'not a text' if is_secret else fault.message}"


def _from_file(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        message = f"the settings file {file} cannot be read: {error}"
        raise ConfigurationError(message) from error
    if not isinstance(config, dict):
        message = f"the settings file {file} holds no JSON object"
        raise ConfigurationError(message)
    return config


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Variables that are set and not empty, in the type of their setting."""
    config: dict[str, Any] = {}
    for name, kind in SCHEMA["properties"].items():
        text = environment.get(PREFIX + name.upper(), "")
        if not text:
            continue
        if "integer" in kind["type"] and text.lstrip("-").isdigit():
            config[name] = int(text)
        elif "boolean" in kind["type"]:
            config[name] = _YES_NO.get(text.lower(), text)
        else:
            config[name] = text
    return config
