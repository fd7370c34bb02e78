"""Where the operator command takes the target's settings from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.operator.configuration import target_settings

NEEDED = {
    "base_url": "https://acme.example",
    "realm": "acme",
    "client_id": "id",
    "client_secret": "hush",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file with what is needed."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(NEEDED))
    return path


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value in its type; an empty variable counts as none."""
    for name, value in {
        "REALM": "other",
        "BATCH_SIZE": "7",
        "DRY_RUN": "true",
        "SCOPE": "",
    }.items():
        monkeypatch.setenv(f"TARGET_IFS_CLOUD_{name}", value)
    settings = target_settings(file)
    assert "/realms/other/" in settings.token_url
    assert (settings.batch_size, settings.dry_run) == (7, True)
    assert settings.scope == "openid microprofile-jwt"


def test_every_fault_is_named_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing ones, wrong types; never the value of a secret."""
    monkeypatch.setenv("TARGET_IFS_CLOUD_BATCH_SIZE", "many")
    monkeypatch.setenv("TARGET_IFS_CLOUD_CLIENT_SECRET", "hush")
    with pytest.raises(ConfigurationError) as caught:
        target_settings(None)
    text = str(caught.value)
    assert "batch_size" in text
    assert "'base_url' is a required property" in text
    assert "hush" not in text


def test_a_secret_of_the_wrong_type_is_not_told(file: Path) -> None:
    """Only that it is wrong."""
    file.write_text(json.dumps({**NEEDED, "client_secret": 771177}))
    with pytest.raises(ConfigurationError, match="client_secret: not a text") as caught:
        target_settings(file)
    assert "771177" not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    """Broken, or not an object."""
    path = tmp_path / "wrong.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"wrong\.json"):
        target_settings(path)
