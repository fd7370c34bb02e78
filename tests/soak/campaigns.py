"""The fault campaigns of delivery: each a function of a time budget and a seed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from random import Random

from target_ifs_cloud.delivery import audit
from tests.soak import Report
from tests.soak.arena import SETTLED, Arena, Found, open_arena
from tests.soak.injections import (
    BREAKS,
    BrokenLookups,
    LateCommits,
    LostAnswers,
    Rival,
    Spoiler,
    Storm,
)
from tests.soak.killable import wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much to run. ``bills`` per run; at most ``rounds`` runs, at most ``budget_s`` seconds."""

    bills: int
    rounds: int
    budget_s: float
    seed: int = 1


def rounds(size: Size) -> Iterator[int]:
    """The seeds that the budget allows, at least one."""
    began = time.monotonic()
    for number in range(size.rounds):
        if number and time.monotonic() - began > size.budget_s:
            return
        yield size.seed + number


Round = Callable[[Arena, int, Size], Found]


def campaign(id_: str, fault: str, size: Size, one: Round) -> Report:
    """Run rounds until the budget is spent."""
    began, seeds, total = time.monotonic(), 0, Found()
    with open_arena() as arena:
        for seed in rounds(size):
            seeds += 1
            total.add(one(arena, seed, size))
        places = arena.boundaries
    return Report(
        id=id_,
        fault=f"{fault}: {min(seeds, places)} of {places}" if places else fault,
        volume=seeds * size.bills,
        seeds=seeds,
        seconds=time.monotonic() - began,
        duplicates=total.duplicates,
        lost=total.lost,
        half=total.half,
        findings=tuple(total.findings[:5]),
    )


def kill_at_each(arena: Arena, seed: int, size: Size) -> Found:
    """Killed at one boundary of a run with one worker, then run again; all of them in turn."""
    bills = arena.make_bills(size.bills)
    settings = {"workers": 1, "batch_size": max(size.bills // 4, 1)}
    if not arena.boundaries:
        arena.start_over(**settings)
        arena.boundaries = arena.run(bills).boundaries
    order = list(range(1, arena.boundaries + 1))
    Random(0).shuffle(order)
    kill_at = order[seed % len(order)]
    arena.start_over(**settings)
    ended = arena.run(bills, kill_at=kill_at)
    if ended.code != -signal.SIGKILL:
        return Found(findings=[f"not killed at boundary {kill_at}: {ended.code}"])
    return arena.check(bills, arena.run_until_settled(bills))


def kill_again_and_again(arena: Arena, seed: int, size: Size) -> Found:
    """Four workers, killed at drawn boundaries up to three times before a run gets through."""
    draw = Random(seed)
    bills = arena.make_bills(size.bills)
    arena.start_over(workers=4, batch_size=max(size.bills // 8, 1))
    for _ in range(draw.randrange(1, 4)):
        arena.run(bills, kill_at=draw.randrange(1, 220))
    return arena.check(bills, arena.run_until_settled(bills))


def lose_answers(arena: Arena, seed: int, size: Size) -> Found:
    """10, 50 or 100 of a hundred answers to first attempts never come."""
    percent = (10, 50, 100)[seed % 3]
    bills = arena.make_bills(size.bills)
    arena.start_over()
    ended = arena.run_until_settled(bills, LostAnswers(percent, Random(seed)))
    found = arena.check(bills, ended)
    if percent == 100 and not arena.count_verdicts("unanswered"):
        found.findings.append("no answer was lost, so nothing is shown")
    return found


def commit_late(arena: Arena, seed: int, size: Size) -> Found:
    """IFS carries a write out up to 3 s after the client has given up waiting for the answer."""
    late_s = (seed * 157 % 300) / 100
    bills = arena.make_bills(size.bills)
    arena.start_over(settling_time_s=4)
    return arena.check(bills, arena.run_until_settled(bills, LateCommits(late_s, times=2)))


def break_lookups(arena: Arena, seed: int, size: Size) -> Found:
    """An answer that says nothing stops the run before any write; now and then it only delays."""
    how = sorted(BREAKS)[seed % len(BREAKS)]
    bills = arena.make_bills(size.bills)
    arena.start_over(retry_max=1)
    ended = arena.run(bills, injection=BrokenLookups(how, Random(seed), is_always=True))
    found = Found()
    writes = [r for r in arena.ifs.requests(method="POST") if _creates(r)]
    if writes or ended.code != 4 or ended.states:
        found.findings.append(f"{how}: {len(writes)} writes, code {ended.code}, {arena.log()}")
    arena.configure(retry_max=5)
    calm = arena.run_until_settled(bills, BrokenLookups(how, Random(seed), is_always=False))
    found.add(arena.check(bills, calm))
    return found


def _creates(request: Mapping[str, str]) -> bool:
    return "\nPOST " in request["body"].replace("\r", "")


TOKEN_FAULTS: tuple[Mapping[str, object], ...] = (
    {},
    {"action": "status_before", "status": 401, "path": ".*batch", "times": 3, "percent": 50},
    {"action": "status_before", "status": 401, "path": ".*projection.*", "times": 2, "first": 9},
    {"action": "status_before", "status": 429, "path": ".*token", "times": 2},
    {"action": "status_before", "status": 503, "path": ".*token", "times": 2},
    {"action": "reset_before", "path": ".*token", "times": 2},
    {"action": "truncate", "path": ".*token", "times": 2},
    {"action": "status_before", "status": 302, "path": ".*batch", "times": 1,
     "headers": {"Location": "/auth/realms/sandbox/login"}},
)  # fmt: skip


def expire_tokens(arena: Arena, seed: int, size: Size) -> Found:
    """Tokens that live one to three seconds, are revoked, or are not given at once."""
    fault = TOKEN_FAULTS[seed % len(TOKEN_FAULTS)]
    bills = arena.make_bills(size.bills)
    arena.start_over(workers=16, batch_size=max(size.bills // 16, 1))
    arena.ifs.turn_knobs(token_ttl_s=1 + seed % 3)
    arena.ifs.script_faults([fault] if fault else [], seed=seed)  # type: ignore[list-item]
    began = time.monotonic()
    ended = arena.run_until_settled(bills)
    asked = [r for r in arena.ifs.requests(method="POST") if r["path"].endswith("/token")]
    found = arena.check(bills, ended)
    # Renewed after two thirds of its life: one request each time, however many workers.
    allowed = 4 + (time.monotonic() - began) / ((1 + seed % 3) * 2 / 3) + 6 * bool(fault)
    if len(asked) > allowed:
        found.findings.append(f"{len(asked)} tokens asked for, {allowed:.0f} would do")
    return found


def storm(arena: Arena, seed: int, size: Size) -> Found:
    """Thirty of a hundred requests are throttled, or bursts of it; Retry-After in every form."""
    in_2_s = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=2), usegmt=True)
    form = (None, "1", in_2_s, "soon", "0", "-5")[seed % 6]
    report = arena.folder / "storm.json"
    bills = arena.make_bills(size.bills)
    arena.start_over()
    weather = Storm(form, 30 if seed % 2 else 3, Random(seed), str(report), 0.0 if seed % 2 else 2)
    found = arena.check(bills, arena.run_until_settled(bills, weather))
    told = json.loads(report.read_text())
    if told["early"]:
        found.findings.append(f"{told['early']} requests came before Retry-After was over")
    return found


def meet_rivals(arena: Arena, seed: int, size: Size) -> Found:
    """Every bill changes; a rival changes one in five of the invoices at the same moment."""
    first = arena.make_bills(size.bills)
    arena.start_over()
    arena.run(first)
    second = arena.make_bills(size.bills, name="changed", due="2026-12-24")
    ended = arena.run_until_settled(second, Rival(arena.ifs.url, 20, Random(seed)))
    is_silent = _changed(arena) != size.bills and ended.code == 0
    # Who loses five times is told, and follows with the next run when nobody is quicker.
    found = arena.check(second, arena.run(second))
    if is_silent:
        found.findings.append("a change lost five times, and nobody was told")
    if not any(i.get("NcfReference") == "rival" for i in arena.ifs.books()["invoices"]):
        found.findings.append("no rival was met, so nothing is shown")
    if any("If-Match: *" in request["body"] for request in arena.ifs.requests()):
        found.findings.append("a change was forced")
    if _changed(arena) != size.bills:
        found.findings.append(f"{_changed(arena)} of {size.bills} changes arrived")
    return found


def _changed(arena: Arena) -> int:
    """How many invoices show the second due date."""
    return sum(i["DueDate"] == "2026-12-24" for i in arena.ifs.books()["invoices"])


def race(arena: Arena, seed: int, size: Size) -> Found:
    """Two runs of the same bills at once: one outbox, or one each as if the lease were lost."""
    draw = Random(seed)
    bills = arena.make_bills(size.bills)
    arena.start_over()
    first, folder = arena.start(bills)
    time.sleep(draw.uniform(0.0, 1.5))
    if seed % 2:
        # Without a common outbox only IFS itself can tell that a number is taken.
        arena.ifs.turn_knobs(unique_numbers=True)
        arena.configure(outbox_url=f"sqlite:///{arena.folder}/outbox.db.rival")
    second, other = arena.start(bills, place="2")
    codes = [wait(first, folder).code, wait(second, other).code]
    arena.configure(outbox_url=f"sqlite:///{arena.outbox_path()}")
    found = arena.check(bills, arena.run_until_settled(bills))
    if not set(codes) <= {4, *SETTLED}:
        found.findings.append(f"the rivals ended with {codes}")
    return found


def lose_memory(arena: Arena, seed: int, size: Size) -> Found:
    """The outbox is gone, older than IFS, cut or newer than we are: rebuilt, or refused."""
    draw, path = Random(seed), arena.outbox_path()
    bills = arena.make_bills(size.bills)
    arena.start_over(workers=1, batch_size=max(size.bills // 4, 1))
    arena.run(bills, kill_at=draw.randrange(100, 200))
    old = path.with_name("outbox.old")
    _copy_database(path, old)
    arena.run_until_settled(bills)
    found = Found()
    match seed % 3:
        case 0:
            _remove_database(path)
        case 1:
            _remove_database(path)
            shutil.copy(old, path)
        case _:
            _remove_database(path)
            path.write_bytes(old.read_bytes()[: draw.randrange(4096, old.stat().st_size)])
            ended = arena.run(bills)
            if ended.code not in {2, *SETTLED}:
                found.findings.append(f"a cut outbox ended with {ended.code}: {arena.log()}")
            if ended.code == 2:
                _remove_database(path)
    found.add(arena.check(bills, arena.run_until_settled(bills)))
    return found


def _copy_database(path: os.PathLike[str], to: os.PathLike[str]) -> None:
    import sqlite3  # noqa: PLC0415
    from contextlib import closing  # noqa: PLC0415

    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(to)) as new:
        old.backup(new)


def _remove_database(path: os.PathLike[str]) -> None:
    for end in ("", "-wal", "-shm"):
        if os.path.exists(f"{path}{end}"):  # noqa: PTH110
            os.unlink(f"{path}{end}")  # noqa: PTH108


def refuse_some(arena: Arena, seed: int, size: Size) -> Found:
    """IFS refuses some documents of a batch in the middle of their change sets."""
    draw = Random(seed)
    bills = arena.make_bills(size.bills)
    arena.start_over()
    accounts = sorted(
        {(e.company, dict(codes)["A"]) for e in bills.expected.values() for codes in e.postings}
    )
    account = draw.choice(accounts)
    refused = [
        uuid
        for uuid, e in bills.expected.items()
        if e.company == account[0] and any(dict(c)["A"] == account[1] for c in e.postings)
    ]
    ended = arena.run(bills, injection=Spoiler(arena.ifs.url, account))
    found = arena.check(bills, ended, refused=refused)
    if ended.code != 3:
        found.findings.append(f"{len(refused)} refused, and the exit code is {ended.code}")
    return found


def stop_politely(arena: Arena, seed: int, size: Size) -> Found:
    """SIGTERM at any moment: nothing is lost, and the next run goes on."""
    draw = Random(seed)
    bills = arena.make_bills(size.bills)
    arena.start_over(batch_size=max(size.bills // 8, 1))
    pid, folder = arena.start(bills)
    time.sleep(draw.uniform(0.3, 2.5))
    os.kill(pid, signal.SIGTERM)
    code = wait(pid, folder).code
    found = arena.check(bills, arena.run_until_settled(bills))
    if code not in {0, 4, -signal.SIGTERM}:
        found.findings.append(f"stopped with {code}")
    return found


def forge_evidence(arena: Arena, seed: int, size: Size) -> Found:
    """A line of the audit trail edited, removed, inserted or moved; the tail cut."""
    if not arena.outbox_path().exists():
        bills = arena.make_bills(size.bills)
        arena.start_over()
        arena.run(bills)
    lines, end = arena.read_evidence()
    draw, found = Random(seed), Found()
    for _ in range(FORGERIES):
        forged, at = list(lines), draw.randrange(len(lines) - 1)
        seq, text, digest = forged[at]
        kind = draw.randrange(5)
        if kind == 0:
            place = draw.randrange(len(text))
            forged[at] = (seq, f"{text[:place]}~{text[place + 1 :]}", digest)
        elif kind == 1:
            del forged[at]
        elif kind == 2:
            forged.insert(at, (seq, text, digest))
        elif kind == 3:
            forged[at], forged[at + 1] = forged[at + 1], forged[at]
        else:
            del forged[at + 1 :]
        if not audit.find_breaks(forged, end):
            found.findings.append(f"forgery {kind} of line {at} was not found")
    return found


FORGERIES = 500
"""How often one round forges the trail."""

CAMPAIGNS: Mapping[str, tuple[str, Round, int]] = {
    "R1": ("killed at boundaries in turn", kill_at_each, 200),
    "R1b": ("killed up to three times, four workers", kill_again_and_again, 200),
    "R2": ("answers lost after the commit: 10, 50, 100 %", lose_answers, 1000),
    "R3": ("commit after the client's time-out", commit_late, 100),
    "R4": ("look-ups answered badly, always and now and then", break_lookups, 1000),
    "R5": ("tokens expire, are revoked, are not given", expire_tokens, 400),
    "R6": ("throttled at random and in bursts", storm, 1000),
    "R7": ("a rival changes one in five", meet_rivals, 100),
    "R11": ("two runs at once, with one outbox and with two", race, 200),
    "R12": (f"audit trail forged {FORGERIES} times a seed", forge_evidence, 100),
    "R13": ("outbox missing, old, cut", lose_memory, 200),
    "R16": ("IFS refuses in the middle of change sets", refuse_some, 200),
    "R20": ("stopped by SIGTERM at any moment", stop_politely, 200),
}
"""Id, fault, what one round does, bills per round at full size. R20, no silent failure, is checked
after every round of every campaign."""
