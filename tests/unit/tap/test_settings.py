"""Which settings are taken and which are refused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tap_procurify.errors import ConfigurationError
from tap_procurify.settings import read_settings

KEYS = {"client_id": "id", "client_secret": "canary"}


def read(**config: Any) -> Any:
    """The settings of a config with keys."""
    return read_settings({**KEYS, **config})


@pytest.mark.parametrize(
    ("config", "base_url"),
    [
        ({"base_url": "https://acme.procurify.com"}, "https://acme.procurify.com"),
        ({"base_url": "https://acme.procurify.com/"}, "https://acme.procurify.com"),
        ({"domain": "acme"}, "https://acme.procurify.com"),
        ({"domain": "acme.procurify.com", "base_url": ""}, "https://acme.procurify.com"),
        ({"base_url": "http://127.0.0.1:18801"}, "http://127.0.0.1:18801"),
        ({"base_url": "http://localhost:1"}, "http://localhost:1"),
        ({"base_url": "http://[::1]:1"}, "http://[::1]:1"),
    ],
)
def test_the_address_comes_from_base_url_or_domain(config: dict[str, Any], base_url: str) -> None:
    """Https for everyone, http for this machine; the token is asked for at the same host."""
    settings = read(**config)
    assert settings.base_url == base_url
    assert settings.token_url == f"{base_url}/oauth/token"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "exactly one"),
        ({"base_url": "https://a.example", "domain": "acme"}, "exactly one"),
        ({"domain": "acme/evil"}, "bare name"),
        ({"domain": "user@evil"}, "bare name"),
        ({"base_url": "http://acme.procurify.com"}, "https://"),
        ({"base_url": "http://127.0.0.1.evil.example"}, "https://"),
        ({"base_url": "http://10.0.0.1"}, "https://"),
        ({"base_url": "ftp://127.0.0.1"}, "https://"),
        ({"base_url": "https://user:pass@acme.example"}, "plain address"),
        ({"base_url": "acme.procurify.com"}, "plain address"),
        ({"base_url": "https://[x"}, "no address"),
        ({"base_url": "https://a.example?x=1"}, "plain address"),
        ({"domain": "acme", "token_url": "http://login.example/token"}, "token_url"),
        ({"domain": "acme", "start_date": "soon"}, "start_date"),
        ({"domain": "acme", "end_date": "2026-99-01"}, "end_date"),
        ({"domain": "acme", "start_date": "2026-03-02", "end_date": "2026-03-01"}, "after"),
        ({"domain": "acme", "client_id": "  "}, "client_id"),
        ({"domain": "acme", "client_secret": None}, "client_secret"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_by_name(
    config: dict[str, Any], reason: str
) -> None:
    """Nothing is guessed, and no secret is shown."""
    with pytest.raises(ConfigurationError, match=reason) as caught:
        read(**config)
    assert "canary" not in str(caught.value)


def test_dates_without_time_cover_their_days() -> None:
    """start_date begins its day, end_date ends it."""
    settings = read(domain="acme", start_date="2026-01-01", end_date="2026-01-31")
    assert settings.start == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert settings.end == datetime(2026, 2, 1, tzinfo=timezone.utc) - timedelta.resolution


def test_a_start_with_offset_is_a_moment() -> None:
    """Any form of stamp is taken."""
    settings = read(domain="acme", start_date="2026-01-01T00:00:00-08:00")
    assert settings.start == datetime(2026, 1, 1, 8, tzinfo=timezone.utc)
    assert settings.end is None


def test_no_secret_is_shown_by_the_settings() -> None:
    """A log line with the settings is harmless."""
    assert "canary" not in repr(read(domain="acme"))


@pytest.mark.parametrize(
    ("base_url", "tenant"),
    [
        ("https://Acme.procurify.com", "acme.procurify.com"),
        ("http://127.0.0.1:1", "loopback"),
        ("http://localhost:2", "loopback"),
    ],
)
def test_state_knows_the_tenant_by_its_host(base_url: str, tenant: str) -> None:
    """Loopback ports change from run to run and are one tenant."""
    assert read(base_url=base_url).tenant == tenant


def test_sweeps_can_be_turned_off() -> None:
    """Or be due in every run."""
    assert read(domain="acme").sweep_every == timedelta(hours=24)
    assert read(domain="acme", sweep=False).sweep_every is None
    assert read(domain="acme", sweep_hours=0).sweep_every == timedelta(0)
    assert read(domain="acme", sweep_hours=0.5).sweep_every == timedelta(minutes=30)
