"""What can be checked before the first bill travels: settings, rules, login, names, data."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence, Sized
from contextlib import closing
from pathlib import Path
from typing import TextIO, TypeVar

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.rehearsal import copy_of_outbox
from target_ifs_cloud.delivery.run import utc_now
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.summary import format_amount
from target_ifs_cloud.documents import SupplierId
from target_ifs_cloud.errors import (
    EXIT_CONFIGURATION,
    EXIT_NEEDS_PERSON,
    EXIT_SETTLED,
    RunError,
)
from target_ifs_cloud.mapping import CoverageRow, Rules, coverage, load_rules, run_cases
from target_ifs_cloud.operator.configuration import target_settings
from target_ifs_cloud.operator.singer_records import read_records
from target_ifs_cloud.reference import CompanyReference, Reference
from target_ifs_cloud.settings import Settings

Say = Callable[[str], None]
Found = TypeVar("Found")


class Checkup:
    """Takes the checks one after the other, tells each result and keeps the exit code."""

    def __init__(self, say: Say, log: logging.Logger) -> None:
        """``say`` takes a line for people; ``log`` what the site tells beside it."""
        self._say = say
        self._log = log
        self.exit_code = EXIT_SETTLED

    def rules(self, folder: Path) -> Rules | None:
        """Read the rule files; every fault is told with its file and line."""
        rules = self._attempt("Rule files", lambda: load_rules(folder))
        if rules:
            companies = ", ".join(rules.companies)
            self._tell("Rule files", f"sound: version {rules.version}, companies {companies}")
            self._cases(rules)
        return rules

    def _cases(self, rules: Rules) -> None:
        """The examples that stand in the rule files themselves."""
        results = run_cases(rules)
        wrong = [
            f"{case.where} {case.title}: expected {case.expected}, the rules give {case.found}"
            for case in results
            if not case.is_right
        ]
        right = f"{len(results) - len(wrong)} of {len(results)} come out as written"
        self._tell(
            "Examples in the rule files",
            "\n".join([right, *wrong]),
            mark="FAULT" if wrong else "ok",
        )
        if wrong:
            self.exit_code = EXIT_CONFIGURATION

    def settings(self, config: Path | None) -> Settings | None:
        """Read the settings of the target; every fault is told with its name."""
        settings = self._attempt("Settings", lambda: target_settings(config))
        if settings:
            self._tell("Settings", f"complete: IFS Cloud at {settings.base_url}")
        return settings

    def site(self, settings: Settings, rules: Rules) -> Reference | None:
        """Log in, compare the profile with ``$metadata``, read what the rules may refer to."""
        with closing(Site(settings, rules, clock=utc_now, sleep=time.sleep, log=self._log)) as site:
            reference = self._attempt("IFS Cloud", lambda: site.reference)
        if reference:
            self._tell("IFS Cloud", "login and site profile fit")
            for company in reference.companies.values():
                self._tell(f"Company {company.company}", _contents(company))
            self._tell("Suppliers", f"{len(reference.suppliers)}")
        return reference

    def coverage(
        self, rules: Rules, reference: Reference, settings: Settings, records: TextIO
    ) -> None:
        """What these records use that has no rule, or points to something that IFS lacks."""
        found = self._attempt(
            "Coverage",
            lambda: coverage(rules, reference, read_records(records), _links(settings.outbox_url)),
        )
        if found is None:
            return
        gaps = [row for row in found.gaps if row.gap != "unused"]
        for kind, seen in sorted(found.seen.items()):
            own = [row for row in gaps if row.kind == kind]
            words = "\n".join([f"{seen - len(own)} of {seen} covered", *map(_gap_words, own)])
            self._tell(f"Coverage of {kind}", words, mark="GAP" if own else "ok")
        if gaps:
            self.exit_code = max(self.exit_code, EXIT_NEEDS_PERSON)

    def _attempt(self, name: str, work: Callable[[], Found]) -> Found | None:
        try:
            return work()
        except RunError as error:
            self._tell(name, str(error), mark="FAULT")
            self.exit_code = max(self.exit_code, error.exit_code)
            return None

    def _tell(self, name: str, text: str, *, mark: str = "ok") -> None:
        first, *others = text.splitlines() or [""]
        self._say(f"{mark:6}{name}: {first}")
        for line in others:
            self._say(f"        {line}")


def _links(outbox_url: str) -> dict[str, SupplierId]:
    """The vendors that are linked already; the outbox is only read."""
    with copy_of_outbox(outbox_url) as copy:
        engine = open_database(copy)
        links = Outbox(engine, utc_now).links()
        engine.dispose()
    return links


def _gap_words(row: CoverageRow) -> str:
    """One value that is not covered: where, why, how often and how much."""
    amounts = ", ".join(f"{format_amount(amount, name)} {name}" for name, amount in row.amounts)
    place = f" in {row.company}" if row.company else ""
    used = f"used {row.uses} time(s){f', {amounts}' if amounts else ''}"
    return f"{row.value}{place}: {row.detail} ({used})"


def _contents(company: CompanyReference) -> str:
    """What a company's basic data holds; what could not be read is said to be unchecked."""
    counts: Sequence[tuple[str, int | None]] = (
        ("accounts", len(company.accounts)),
        ("code part values", sum(len(values) for values in company.code_values.values())),
        ("tax codes", _count(company.tax_codes)),
        ("payment terms", _count(company.payment_terms)),
        ("currencies", _count(company.currencies)),
        ("periods", _count(company.periods)),
    )
    words = [
        f"{number} {name}" if number is not None else f"{name} not readable, left to IFS"
        for name, number in counts
    ]
    return f"{company.name} ({company.country}): {', '.join(words)}"


def _count(things: Sized | None) -> int | None:
    return None if things is None else len(things)
