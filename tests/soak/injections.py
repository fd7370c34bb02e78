"""What can happen to single requests, drawn from a seed; used inside the child process alone."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import unquote

from erp_sandbox.control_client import IfsControl
from target_ifs_cloud.wire.connection import Answer, NoAnswerError
from target_ifs_cloud.wire.retry import Stage
from tests.soak.killable import Sent

Call = Callable[[], Answer]


@dataclass
class LostAnswers:
    """So many of a hundred first attempts of writes are carried out, and their answer is lost."""

    percent: int
    random: Random
    seen: set[bytes] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: Call, request: Sent) -> Answer:
        """Carry it out; maybe lose the answer."""
        answer = call()
        with self.lock:
            is_first = request.is_write and request.body not in self.seen
            self.seen.add(request.body)
            is_lost = is_first and self.random.randrange(100) < self.percent
        if is_lost:
            raise NoAnswerError(Stage.NO_ANSWER)
        return answer


@dataclass
class LateCommits:
    """The first writes are given up by the client, and carried out by IFS some seconds later."""

    late_s: float
    times: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: Call, request: Sent) -> Answer:
        """No answer now; the write happens later."""
        with self.lock:
            is_late = request.is_write and self.times > 0
            self.times -= int(is_late)
        if not is_late:
            return call()
        threading.Timer(self.late_s, call).start()
        raise NoAnswerError(Stage.NO_ANSWER)


@dataclass
class BrokenLookups:
    """Every look-up of invoices, or one in three, gets an answer that says nothing."""

    how: str
    random: Random
    is_always: bool

    def __call__(self, call: Call, request: Sent) -> Answer:
        """Answer badly where a look-up asks."""
        is_lookup = not request.is_write and b"InvoiceNo" in (
            request.body + unquote(request.path).encode()
        )
        if not is_lookup or not (self.is_always or self.random.randrange(3) == 0):
            return call()
        answer = call()
        return BREAKS[self.how](answer)


def _status(status: int, body: bytes = b"<html></html>") -> Callable[[Answer], Answer]:
    return lambda _: Answer(status=status, headers={"content-type": "text/html"}, body=body)


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Answer], Answer]:
    return lambda a: Answer(status=a.status, headers=a.headers, body=change(a.body))


_ERROR = json.dumps({"error": {"code": "DATABASE_ERROR", "message": "x"}}).encode()
BREAKS: Mapping[str, Callable[[Answer], Answer]] = {
    "429": _status(429),
    "500": _status(500),
    "empty": _changed(lambda _: b""),
    # Inside the first answer: of a batch that is cut later, what is whole counts, and rightly so.
    "truncated": _changed(lambda body: body[: body.find(b"{") + 9]),
    "error inside 200": _changed(
        lambda body: (
            re.sub(rb"\{.*\}", _ERROR.replace(b"\\", b"\\\\"), body, flags=re.DOTALL)
            if not body.startswith(b"--")
            else re.sub(
                rb"\{\"@odata.*?\]\}", _ERROR.replace(b"\\", b"\\\\"), body, flags=re.DOTALL
            )
        )
    ),
    "wrong count": _changed(
        lambda body: re.sub(rb'"@odata.count": ?(\d+)', rb'"@odata.count":9\1', body)
    ),
}


@dataclass
class Storm:
    """429 before anything is done, as often as ``percent`` or in bursts; notes who came early."""

    retry_after: str | None
    percent: int
    random: Random
    report: str
    burst_s: float = 0.0
    asked: int = 0
    refused: int = 0
    early: int = 0
    closed_until: float = 0.0
    burst_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: Call, request: Sent) -> Answer:
        """Refuse, or carry out."""
        if "openid-connect" in request.path:
            return call()
        with self.lock:
            now = time.monotonic()
            self.asked += 1
            self.early += now < self.closed_until
            is_hit = now < self.burst_until or self.random.randrange(100) < self.percent
            if is_hit:
                self.refused += 1
                if self.burst_s and now >= self.burst_until:
                    self.burst_until = now + self.burst_s
                if self.retry_after and self.retry_after.isdigit():
                    self.closed_until = max(self.closed_until, now + int(self.retry_after))
            with open(self.report, "w", encoding="utf-8") as out:  # noqa: PTH123
                json.dump({"asked": self.asked, "refused": self.refused, "early": self.early}, out)
        if not is_hit:
            return call()
        headers = {"retry-after": self.retry_after} if self.retry_after else {}
        return Answer(status=429, headers=headers, body=b"")


@dataclass
class Rival:
    """Changes an invoice right before we do, so many of a hundred, wherever a batch names it."""

    url: str
    percent: int
    random: Random
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: Call, request: Sent) -> Answer:
        """Be quicker, sometimes."""
        text = request.body.decode(errors="replace")
        found = re.findall(r"PATCH ManSuppInvoiceSet\(Company='(\w+)',InvoiceId=(\d+)\)", text)
        with self.lock:
            hit = [key for key in found if self.random.randrange(100) < self.percent]
        for company, id_ in hit:
            key = [company, int(id_)]
            IfsControl(self.url).tell(
                "edit",
                {"set": "ManSuppInvoiceSet", "key": key, "values": {"NcfReference": "rival"}},
            )
        return call()


@dataclass
class Spoiler:
    """Closes an account after the run has read it, so that IFS refuses what was found right."""

    url: str
    account: tuple[str, str]
    done: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: Call, request: Sent) -> Answer:
        """Close it before the first write."""
        with self.lock:
            if request.is_write and not self.done:
                self.done = True
                IfsControl(self.url).tell(
                    "edit",
                    {
                        "set": "AccountSet",
                        "key": list(self.account),
                        "values": {"ValidUntil": "2000-01-01"},
                    },
                )
        return call()
