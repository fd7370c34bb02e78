"""What can be checked before the first bill travels: settings, rules, login, names, data."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence, Sized
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from target_ifs_cloud.delivery.run import utc_now
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.errors import EXIT_SETTLED, RunError
from target_ifs_cloud.mapping import Rules, load_rules
from target_ifs_cloud.operator.configuration import target_settings
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
        return rules

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

    def _attempt(self, name: str, work: Callable[[], Found]) -> Found | None:
        try:
            return work()
        except RunError as error:
            self._tell(name, str(error), is_right=False)
            self.exit_code = max(self.exit_code, error.exit_code)
            return None

    def _tell(self, name: str, text: str, *, is_right: bool = True) -> None:
        mark = "ok    " if is_right else "FAULT "
        first, *others = text.splitlines() or [""]
        self._say(f"{mark}{name}: {first}")
        for line in others:
            self._say(f"        {line}")


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
