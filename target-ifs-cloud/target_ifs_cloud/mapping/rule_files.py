"""Read the rule files of a folder: the only module of the mapping that touches the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.mapping.rule_builder import build_rules
from target_ifs_cloud.mapping.rule_csv import CsvFiles
from target_ifs_cloud.mapping.rule_nodes import Fault, Node, parse_rules
from target_ifs_cloud.mapping.rule_schema import find_faults
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.mapping.schema_files import build_schema

__all__ = ["Rules", "load_rules", "version_of"]

FILES_MAX = 100
FAULTS_SHOWN_MAX = 50
VERSION_LENGTH = 12
_RULES = (".yml", ".yaml")
_LISTS = ".csv"


def load_rules(directory: Path) -> Rules:
    """The rules of a folder.

    Raises:
        ConfigurationError: every fault of every file, each with its file, line and cure.
    """
    texts = _read_texts(directory)
    roots, faults = _parse(texts)
    if faults:
        raise _refusal(directory, faults)
    built = build_rules(roots, version_of(texts))
    if built.rules is None:
        raise _refusal(directory, list(built.faults))
    return built.rules


def version_of(texts: Mapping[str, str]) -> str:
    """A short fingerprint of all rule files; any changed character changes it."""
    sums = hashlib.sha256()
    for name in sorted(texts):
        sums.update(f"{name}\0{len(texts[name])}\0{texts[name]}\0".encode())
    return sums.hexdigest()[:VERSION_LENGTH]


def _read_texts(directory: Path) -> Mapping[str, str]:
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix in {*_RULES, _LISTS})
    except OSError as error:
        raise ConfigurationError(
            f"the folder of the rule files cannot be read: {directory} ({error.strerror}); "
            "set `transforms_dir`"
        ) from error
    rules = [path for path in paths if path.suffix in _RULES]
    if not rules or len(paths) > FILES_MAX:
        raise ConfigurationError(
            f"{directory} holds {len(rules)} rule files (*.yml) and "
            f"{len(paths) - len(rules)} lists (*.csv); expected at least one rule file and "
            f"at most {FILES_MAX} files in all; "
            "set `transforms_dir`"
        )
    return {path.name: _read_text(path) for path in paths}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path.name}:1: the file cannot be read as UTF-8 text; save it as UTF-8"
        ) from error


def _parse(texts: Mapping[str, str]) -> tuple[list[Node], list[Fault]]:
    schema = build_schema()
    roots: list[Node] = []
    faults: list[Fault] = []
    lists = {name: text for name, text in texts.items() if name.endswith(_LISTS)}
    csv_files = CsvFiles(lists, set(), faults)
    for name in sorted(texts.keys() - lists.keys()):
        root, wrong = parse_rules(texts[name], name)
        if root is not None and not isinstance(root.plain, dict):
            wrong = (Fault(file=name, line=1, message="begin the file with `rules_for:`"),)
        elif root is not None:
            wrong = find_faults(root, schema)
            roots.append(root if wrong else csv_files.attach(root))
        faults.extend(wrong)
    if not faults:
        faults.extend(csv_files.unused())
    return roots, sorted(faults)


def _refusal(directory: Path, faults: list[Fault]) -> ConfigurationError:
    lines = [str(fault) for fault in faults[:FAULTS_SHOWN_MAX]]
    if len(faults) > FAULTS_SHOWN_MAX:
        lines.append(f"and {len(faults) - FAULTS_SHOWN_MAX} more")
    title = f"the rule files in {directory} cannot be used:"
    return ConfigurationError("\n".join([title, *lines]))
