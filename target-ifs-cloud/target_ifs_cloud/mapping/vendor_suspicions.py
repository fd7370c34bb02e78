"""Signs of payment fraud in the vendor master: told, or a reason to hold the vendor's bills. Pure.

A fraudster changes how a vendor is paid, lets its mail go to another domain, or enters a vendor
that reads like a known one. None of it proves anything; a second person looks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from target_ifs_cloud.documents import Problem, SupplierId
from target_ifs_cloud.mapping.records import Record, pick, read_id, read_text, shown
from target_ifs_cloud.mapping.rules import DuplicateChoice, SuspicionRules
from target_ifs_cloud.mapping.suspects import plain_name

PAYMENT_CHANGED = "vendor_payment_changed"
MAIL_DOMAIN_CHANGED = "vendor_mail_domain_changed"
NAME_ALIKE = "vendor_name_alike"
SUSPICIONS = frozenset({PAYMENT_CHANGED, MAIL_DOMAIN_CHANGED, NAME_ALIKE})
NOT_RELEASED = Problem(
    code="vendor_not_released",
    field="vendor",
    message="the vendor shows a sign of fraud, and nobody has released it",
    fix="See what is told of the vendor; a second person releases it: procurify-ifs release VENDOR",
)
NAMES_TOLD_MAX = 3
_LETTERS_PER_SLIP = 6
"""Names differ by a slip when one letter in so many is another, missing, added or swapped."""
_SLIPS_MAX = 2
# Letters of other scripts and digits that read like Latin letters; lists of all of Unicode's are
# in no well-kept package.
_READS_LIKE = str.maketrans("аеорсухіјѕкмтвнοα01", "aeopcyxijskmtbhoaol")  # noqa: RUF001
_METHOD_FIELDS = ("id", "type", "payment_rail", "bank_account_country_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A sign of fraud; ``is_hold``: the rules hold new bills of the vendor until it is released."""

    problem: Problem
    is_hold: bool


def payment_fingerprint(vendor: Record) -> tuple[object, ...] | None:
    """How a vendor is paid, without any account number; ``None`` where the record does not tell."""
    if not {"payment_methods", "default_payment_method"} & set(vendor):
        return None
    listed = vendor.get("payment_methods")
    methods = listed if isinstance(listed, list) else []
    rows = sorted(tuple(str(pick(row, name)) for name in _METHOD_FIELDS) for row in methods)
    return (*rows, read_id(vendor.get("default_payment_method")))


def mail_domains(vendor: Record) -> frozenset[str]:
    """The domains to which its mail goes, in lower case."""
    mails = vendor.get("email")
    texts = [read_text(one) or "" for one in (mails if isinstance(mails, list) else [mails])]
    return frozenset(text.rpartition("@")[2].strip().casefold() for text in texts if "@" in text)


class KnownNames:
    """Names of suppliers as they read, for finding one that reads nearly the same."""

    def __init__(self, names: Mapping[SupplierId, str]) -> None:
        """``names`` by the id of their supplier."""
        self._names = dict(names)
        self._skeletons = {id_: skeleton(name) for id_, name in names.items()}

    def add(self, supplier: SupplierId, name: str) -> None:
        """Remember one more."""
        self._names[supplier] = name
        self._skeletons[supplier] = skeleton(name)

    def like(self, name: str, own: SupplierId | None) -> list[str]:
        """Names of other suppliers that read nearly like this one, at most three."""
        wanted = skeleton(name)
        if not wanted:
            return []
        slips = min(len(wanted) // _LETTERS_PER_SLIP, _SLIPS_MAX)
        found = process.extract(
            wanted,
            self._skeletons,
            scorer=OSA.distance,
            score_cutoff=slips,
            limit=NAMES_TOLD_MAX + 1,
        )
        others = [id_ for _, _, id_ in found if id_ != own]
        return [f"{shown(self._names[id_])} ({id_})" for id_ in others[:NAMES_TOLD_MAX]]


def skeleton(name: str) -> str:
    """How a name reads: no accents, no legal form, no blanks, look-alike letters made one."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_READS_LIKE)
    return plain_name(folded).replace(" ", "").replace("rn", "m")


def find_suspicions(
    vendor: Record, before: Record | None, like: Callable[[], list[str]], rules: SuspicionRules
) -> Iterator[Suspicion]:
    """What is suspicious about a vendor; ``before`` is the same as read last, if it was ever read.

    ``like`` answers the names that a new vendor reads like.
    """
    for choice, problem in _signs(vendor, before, like, rules):
        if choice != "ignore":
            yield Suspicion(problem=problem, is_hold=choice == "hold")


def _signs(
    vendor: Record, before: Record | None, like: Callable[[], list[str]], rules: SuspicionRules
) -> Iterator[tuple[DuplicateChoice, Problem]]:
    if before is None:
        names = like() if rules.name_alike != "ignore" else []
        if names:
            message = f"the new vendor reads like {', '.join(names)}"
            yield rules.name_alike, _problem(NAME_ALIKE, "name", message, rules)
        return
    old, new = payment_fingerprint(before), payment_fingerprint(vendor)
    if old is not None and new is not None and old != new:
        message = "how the vendor is paid was changed in Procurify"
        yield rules.payment_changed, _problem(PAYMENT_CHANGED, "payment_methods", message, rules)
    strange = mail_domains(vendor) - mail_domains(before)
    if strange and mail_domains(before):
        message = f"mail of the vendor goes to another domain: {', '.join(sorted(strange))}"
        yield rules.mail_domain_changed, _problem(MAIL_DOMAIN_CHANGED, "email", message, rules)


def _problem(code: str, field: str, message: str, rules: SuspicionRules) -> Problem:
    return Problem(
        code=code,
        field=field,
        message=f"{message} (rule {rules.where})",
        fix="Ask the vendor over a number you know. If it is right: procurify-ifs release VENDOR.",
    )
