"""The demo: sandbox up, ``meltano run`` twice, what a person sees, sandbox down.

Run it with ``make demo``; it needs nothing but what ``make install`` has made.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SANDBOX_READY_MAX_S = 60
POLL_S = 0.1


def main() -> int:
    """Show the flow; the answer is 0 when both runs did what the text says."""
    _say("Installing the plugins with `meltano install` (one virtual environment each)")
    environment = {**os.environ, "MELTANO_ENVIRONMENT": "sandbox", "NO_COLOR": "1"}
    _run(environment, "meltano", "install", check=True)
    outbox = ROOT / "var" / "outbox-sandbox.db"
    for leftover in outbox.parent.glob(f"{outbox.name}*"):
        leftover.unlink()
    # A demo starts from the beginning: a bookmark of an earlier one would hide its bills.
    for state in _STATES:
        _run(environment, "meltano", "state", "clear", "--force", state)
    with sandbox() as urls:
        environment |= {
            "SANDBOX_PROCURIFY_URL": urls["procurify"],
            "SANDBOX_IFS_URL": urls["ifs"],
        }
        _say("First run: `meltano run tap-procurify target-ifs-cloud`")
        first = _run(environment, "meltano", "run", "tap-procurify", "target-ifs-cloud")
        _say(
            "The sandbox has some wrong documents on purpose. They are held with their reasons, "
            "the rest is posted, the bookmark moves on, and the target ends with exit code 3 so "
            f"that a scheduler raises the alarm once: Meltano ended with {first}."
        )
        _say("Second run, nothing new in Procurify: nothing may be posted twice")
        second = _run(environment, "meltano", "run", "tap-procurify", "target-ifs-cloud")
        _say(
            f"Meltano ended with {second}. The way back for vendors: "
            "`meltano run tap-ifs-cloud target-procurify`"
        )
        back = _run(environment, "meltano", "run", "tap-ifs-cloud", "target-procurify")
        _say(
            "Suppliers that Procurify lacked are vendors now; one reads like a vendor that is "
            f"there already, and a person decides. Meltano ended with {back}. Again:"
        )
        again = _run(environment, "meltano", "run", "tap-ifs-cloud", "target-procurify")
        _say(f"Meltano ended with {again}. Where everything stands now:")
        url = f"sqlite:///{outbox}"
        _run(environment, "procurify-ifs", "status", "--outbox-url", url)
        _run(environment, "procurify-ifs", "verify-audit", "--outbox-url", url, check=True)
    is_as_told = (first, second, back, again) == (1, 0, 1, 0)
    _say("Done." if is_as_told else "The runs did not end as they should: see above.")
    return 0 if is_as_told else 1


_STATES = (
    "sandbox:tap-procurify-to-target-ifs-cloud",
    "sandbox:tap-ifs-cloud-to-target-procurify",
)


@contextmanager
def sandbox() -> Iterator[Mapping[str, str]]:
    """Both systems on free loopback ports for as long as the body runs.

    Raises:
        RuntimeError: they did not start within ``SANDBOX_READY_MAX_S`` seconds.
    """
    folder = Path(tempfile.mkdtemp(prefix="erp-sandbox-"))
    ready = folder / "ready.json"
    ports = ["--procurify-port", "0", "--ifs-port", "0"]
    command = [str(BIN / "erp-sandbox"), "serve", *ports, "--ready-file", str(ready)]
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 (our own command)
    try:
        for _ in range(int(SANDBOX_READY_MAX_S / POLL_S)):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(POLL_S)
        if not ready.exists():
            message = "the sandbox did not start"
            raise RuntimeError(message)
        yield json.loads(ready.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        shutil.rmtree(folder)


def _run(environment: Mapping[str, str], command: str, *words: str, check: bool = False) -> int:
    """Run a command of this project's environment; its output goes straight to the terminal."""
    done = subprocess.run(  # noqa: S603 (our own commands)
        [str(BIN / command), *words], cwd=ROOT, env=dict(environment), check=check
    )
    return done.returncode


def _say(text: str) -> None:
    sys.stdout.write(f"\n=== {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
