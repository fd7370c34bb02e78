"""One page for a terminal about what happens in a running sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table

from erp_sandbox.books_view import invoice_table
from erp_sandbox.control_client import IfsControl, ProcurifyControl, SystemControl

SHOWN_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One system at one moment: all requests so far, the latest of them, the fault rules."""

    name: str
    count: int
    latest: Sequence[Mapping[str, Any]]
    faults: Sequence[Mapping[str, Any]]


def look(name: str, control: SystemControl, *, since: int) -> Glance:
    """How the system stands now; ``since`` is the count of the last look."""
    told = control.ask("requests", since=max(0, since - SHOWN_MAX))
    return Glance(
        name=name,
        count=told["count"],
        latest=told["requests"][-SHOWN_MAX:],
        faults=[rule for rule in control.faults() if rule["acted"]],
    )


class Watcher:
    """Looks at both systems again and again."""

    def __init__(self, procurify: ProcurifyControl, ifs: IfsControl) -> None:
        self._controls = {"procurify": procurify, "ifs": ifs}
        self._ifs = ifs
        self._counts = dict.fromkeys(self._controls, 0)

    def page(self, elapsed_s: float) -> Group:
        """The page now; ``elapsed_s`` seconds have passed since the last one."""
        glances = [look(n, c, since=self._counts[n]) for n, c in self._controls.items()]
        traffic = traffic_table(glances, self._counts, elapsed_s)
        self._counts = {glance.name: glance.count for glance in glances}
        books = invoice_table(self._ifs.books()["invoices"])
        return Group(traffic, request_table(glances), fault_table(glances), books)


def traffic_table(glances: Sequence[Glance], before: Mapping[str, int], elapsed_s: float) -> Table:
    """Requests in all, and per second since the last look."""
    table = Table("system", "requests", "per second", title="Traffic")
    for glance in glances:
        # A reset in between counts from nothing again.
        new = max(0, glance.count - before[glance.name])
        rate = f"{new / elapsed_s:.1f}" if elapsed_s else ""
        table.add_row(glance.name, str(glance.count), rate)
    return table


def request_table(glances: Sequence[Glance]) -> Table:
    """The latest requests of each system, newest last."""
    table = Table("system", "request", "status", "fault", title="Last requests")
    for glance in glances:
        for one in glance.latest:
            status = "no answer" if one["status"] is None else str(one["status"])
            table.add_row(glance.name, f"{one['method']} {one['path']}", status, one["fault"] or "")
    return table


def fault_table(glances: Sequence[Glance]) -> Table:
    """The fault rules that have acted."""
    table = Table("system", "action", "where", "acted", title="Faults")
    for glance in glances:
        for rule in glance.faults:
            where = f"{rule['method']} {rule['path']}"
            table.add_row(glance.name, rule["action"], where, str(rule["acted"]))
    return table
