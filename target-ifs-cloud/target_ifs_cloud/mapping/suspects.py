"""Does a bill look like another one that is known already? Reports only, never identity. Pure.

The same number from the same supplier in the same company is one invoice; that is the business of
the key. What is told here is merely likely: a number that differs in dashes, zeros or look-alike
letters, the same amount on the same day, the same number from a supplier of the same name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from target_ifs_cloud.documents import (
    CompanyId,
    Problem,
    SupplierId,
    SupplierInvoice,
    normalise_number,
)
from target_ifs_cloud.mapping.rules import DuplicateChoice, DuplicateRules
from target_ifs_cloud.reference import Reference

SUSPECTS_MAX = 20
"""How many look-alikes of one bill are told; more say nothing new."""

NUMBERS_KEPT_MAX = 4096
"""How many numbers stay worked out: each is compared with all that share its amount and day."""

_LOOK_ALIKES = str.maketrans("OIL", "011")
_OPENING_WORDS = re.compile(r"^(?:INVOICE|INV|BILL|REF|NO|NR|FACTURE|FACT|RECHNUNG)+(?=.*[0-9])")
_LEGAL_WORDS = (
    "ab ag as bv co corp corporation gmbh inc incorporated kg limited llc llp ltd nv oy plc pty "
    "sa sarl srl"
)
_LEGAL_FORMS = frozenset(_LEGAL_WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What is known of another document: of this connector, or an invoice that IFS shows.

    ``source_id`` is empty when only IFS knows it. Units: ``gross`` in ``currency``.
    """

    label: str
    source_id: str
    company: CompanyId
    supplier: SupplierId
    number: str
    currency: str
    gross: Decimal
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A document that looks like another; ``is_hold``: the rule wants a person to decide."""

    problem: Problem
    is_hold: bool
    other: Earlier


class EarlierDocuments:
    """Earlier documents, found by what a duplicate would share."""

    def __init__(self, documents: Iterable[Earlier] = ()) -> None:
        self._by_likeness: defaultdict[tuple[object, ...], list[Earlier]] = defaultdict(list)
        for document in documents:
            self.add(document)

    def add(self, document: Earlier) -> None:
        """Remember one more."""
        for key in _likenesses(document):
            self._by_likeness[key].append(document)

    def like(self, document: Earlier) -> Iterator[Earlier]:
        """Those that share a likeness with this one, each once; never the document itself."""
        seen = {id(document)}
        for key in _likenesses(document):
            for other in self._by_likeness.get(key, ()):
                is_itself = bool(other.source_id) and other.source_id == document.source_id
                if id(other) not in seen and not is_itself:
                    seen.add(id(other))
                    yield other


def earlier_of(document: SupplierInvoice) -> Earlier:
    """What later bills are compared with."""
    day = dict(document.header).get("InvoiceDate")
    return Earlier(
        label=document.source.label,
        source_id=document.source.id,
        company=document.company,
        supplier=document.supplier,
        number=document.number,
        currency=document.currency,
        gross=document.gross,
        day=day if isinstance(day, date) else None,
    )


def find_suspects(
    document: SupplierInvoice,
    earlier: EarlierDocuments,
    rules: DuplicateRules,
    reference: Reference,
) -> tuple[Suspect, ...]:
    """Every earlier document that this one may be a copy of, by the rules that do not ignore it."""
    own = earlier_of(document)
    found = []
    for other in earlier.like(own):
        suspect = _suspect(own, other, rules, reference)
        if suspect is not None:
            found.append(suspect)
        if len(found) == SUSPECTS_MAX:
            break
    return tuple(found)


def _suspect(
    own: Earlier, other: Earlier, rules: DuplicateRules, reference: Reference
) -> Suspect | None:
    """The likeness that the rules take most seriously."""
    found = [
        (choice, reason)
        for choice, reason in _reasons(own, other, rules, reference)
        if choice != "ignore"
    ]
    if not found:
        return None
    choice, reason = max(found, key=lambda pair: pair[0] == "hold")
    problem = Problem(
        code="duplicate_suspected",
        field="InvoiceNo",
        message=f"{reason} as {other.label} (number {other.number}, {other.gross} "
        f"{other.currency}); it may be the same invoice (rule {rules.where})",
        fix="Compare the two. Withdraw one in Procurify, or release this one.",
    )
    return Suspect(problem=problem, is_hold=choice == "hold", other=other)


def _reasons(
    own: Earlier, other: Earlier, rules: DuplicateRules, reference: Reference
) -> Iterator[tuple[DuplicateChoice, str]]:
    is_same_number = normalise_number(own.number) == normalise_number(other.number)
    if own.supplier != other.supplier:
        if is_same_number and is_twin(own.supplier, other.supplier, reference):
            yield rules.twin_vendor, "the same number from a supplier of the same name"
        return
    if is_same_number:
        return  # that is the key, and no suspicion
    if near_number(own.number) == near_number(other.number):
        yield rules.near_number, "nearly the same number"
    is_same_money = (own.currency, own.gross) == (other.currency, other.gross)
    if is_same_money and own.day is not None and own.day == other.day:
        yield rules.same_amount_and_date, "the same supplier, amount and date"


@lru_cache(maxsize=NUMBERS_KEPT_MAX)
def near_number(number: str) -> str:
    """A number without what people type differently: dashes, blanks, zeros, "INV", O for 0."""
    text = unicodedata.normalize("NFKC", number).upper()
    letters = "".join(letter for letter in text if letter.isalnum())
    bare = _OPENING_WORDS.sub("", letters) or letters
    digits = bare.translate(_LOOK_ALIKES)
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", digits)


def is_twin(one: SupplierId, other: SupplierId, reference: Reference) -> bool:
    """True for two suppliers of one name (legal form aside) or one registration number."""
    first, second = reference.suppliers.get(one), reference.suppliers.get(other)
    if first is None or second is None:
        return False
    if first.association_no and first.association_no == second.association_no:
        return True
    name = plain_name(first.name)
    return bool(name) and name == plain_name(second.name)


def plain_name(text: str) -> str:
    """A name without accents, punctuation and legal form, in small letters."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = re.findall(r"\w+", "".join(x for x in plain if not unicodedata.combining(x)))
    return " ".join(word for word in words if word not in _LEGAL_FORMS)


def _likenesses(document: Earlier) -> Iterator[tuple[object, ...]]:
    """The keys under which a copy of the document would be found."""
    place = (document.company, document.supplier)
    yield ("near", *place, near_number(document.number))
    yield ("number", document.company, normalise_number(document.number))
    if document.day is not None:
        yield ("money", *place, document.currency, document.gross, document.day)
