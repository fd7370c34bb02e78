"""The clock that the loopback Procurify tells is the one that stamps its records."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests

from erp_sandbox.control_client import ProcurifyControl
from tests.conftest import run_sandbox


def test_every_answer_is_dated_by_the_simulated_clock(tmp_path: Path) -> None:
    """Also after time has moved on; a client may learn the time from it."""
    with run_sandbox(tmp_path) as sandbox:
        ProcurifyControl(sandbox.procurify).advance(86_400)
        answer = requests.get(f"{sandbox.procurify}/api/v3/vendors/", timeout=10)
    told = parsedate_to_datetime(answer.headers["Date"])
    ahead = told - datetime.now(timezone.utc)
    assert timedelta(hours=23) < ahead < timedelta(hours=25)
