"""Every rule and knob of the sandbox with its grade, and the page that lists them.

A knob tells its grade in the comment behind it, where it is declared; a rule that has none stands
in ``procurify/rules.py`` or ``ifs/rules.py``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from erp_sandbox import ifs
from erp_sandbox.grades import DOCUMENTED, GRADES, INFERRED, SEEN, SITE, Rule
from erp_sandbox.ifs.further_rules import FURTHER_RULES as FURTHER_IFS_RULES
from erp_sandbox.ifs.rules import RULES as IFS_RULES
from erp_sandbox.ifs.site_rules import SITE_RULES
from erp_sandbox.procurify.further_rules import FURTHER_RULES as FURTHER_PROCURIFY_RULES
from erp_sandbox.procurify.knobs import ProcurifyKnobs
from erp_sandbox.procurify.rules import RULES as PROCURIFY_RULES
from erp_sandbox.profiles import PROFILES

RULES: tuple[Rule, ...] = (
    *PROCURIFY_RULES,
    *FURTHER_PROCURIFY_RULES,
    *IFS_RULES,
    *FURTHER_IFS_RULES,
    *SITE_RULES,
)
TITLES = {"procurify": "Procurify", "ifs": "IFS Cloud"}
KNOBS_OF = {"procurify": ProcurifyKnobs, "ifs": ifs.Knobs}
# The word that comes first decides; what nobody knows is a reading, hence inferred.
_WORDS = (
    ("inferred", INFERRED),
    ("unknown", INFERRED),
    ("disagree", INFERRED),
    ("third party", SEEN),
    ("seen", SEEN),
    ("published sample", DOCUMENTED),
    ("documented", DOCUMENTED),
    ("OData 4", INFERRED),
    ("site", SITE),
)
_DECLARED = re.compile(r"^ {4}(?P<name>\w+): .*?  # (?:noqa: \w+ \()?(?P<comment>.+?)\)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A knob as it is declared."""

    system: str
    name: str
    default: str
    grade: str
    comment: str


def knobs() -> tuple[Knob, ...]:
    """Every knob of both systems, in the order of their declaration.

    Raises:
        ValueError: a knob does not tell how sure it is.
    """
    return tuple(knob for system in KNOBS_OF for knob in _knobs_of(system))


def _knobs_of(system: str) -> Iterator[Knob]:
    kind = KNOBS_OF[system]
    found = (_DECLARED.match(line) for line in inspect.getsource(kind).splitlines())
    comments = {match["name"]: match["comment"] for match in found if match}
    defaults = kind()
    for one in fields(kind):
        yield Knob(
            system=system,
            name=one.name,
            default=str(getattr(defaults, one.name)),
            grade=grade_of(comments.get(one.name, "")),
            comment=comments.get(one.name, ""),
        )


def grade_of(comment: str) -> str:
    """The grade that a comment tells.

    Raises:
        ValueError: it tells none.
    """
    found = [(comment.find(word), grade) for word, grade in _WORDS if word in comment]
    if not found:
        raise ValueError(f"no grade in {comment!r}; say one of: {', '.join(GRADES)}")
    return min(found)[1]


def as_text() -> str:
    """One line per rule and knob, for a terminal."""
    lines = [f"{r.system:9}  {r.grade:12}  {r.id:32}  {r.text}" for r in RULES]
    lines += [f"{k.system:9}  {k.grade:12}  {k.name:32}  {k.comment}" for k in knobs()]
    return "\n".join(lines)


def as_markdown() -> str:
    """The page ``docs/sandbox.md``."""
    parts = [_HEAD, _profiles()]
    for system, title in TITLES.items():
        own = [rule for rule in RULES if rule.system == system]
        parts.append(f"## {title}: rules\n\n{_rule_table(own)}")
        parts.append(
            f"## {title}: knobs\n\n{_knob_table(k for k in knobs() if k.system == system)}"
        )
    return "\n\n".join([*parts, _inferred()]) + "\n"


_HEAD = """# What the sandbox does, and how sure that is

<!-- Written by `erp-sandbox rules --markdown`; change the code, not this page. -->

**The sandbox is an unaffiliated test double for one's own integration tests.** It is not made,
checked or endorsed by Procurify or by IFS. No rule below was tried on a live system. How to run it:
[sandbox/README.md](../sandbox/README.md).

Grades: *documented* by the vendor; *seen in code* of third parties; *inferred* from these two or
from the framework that the vendor's description speaks of; *site*: every tenant sets it up for
itself, the value is made up. The last column of the rules names the contract test that shows a
rule, below `tests/contract/`."""


def _profiles() -> str:
    rows = [
        [
            f"`{name}`",
            profile.text,
            _turned(profile.procurify),
            _turned(profile.ifs),
            str(len(profile.procurify_faults) + len(profile.ifs_faults)),
        ]
        for name, profile in PROFILES.items()
    ]
    head = ["profile", "what it is", "Procurify knobs", "IFS Cloud knobs", "fault rules"]
    return f"## Profiles\n\n`erp-sandbox serve --profile NAME`\n\n{_table(head, rows)}"


def _turned(values: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in values)


def _rule_table(rules: Iterable[Rule]) -> str:
    head = ["rule", "what it says", "grade", "knob", "shown by"]
    rows = [
        [
            f"`{rule.id}`",
            rule.text,
            rule.grade,
            _turned(rule.knobs),
            ", ".join(f"`{test}`" for test in rule.tests) or "no test of its own",
        ]
        for rule in rules
    ]
    return _table(head, rows)


def _knob_table(found: Iterable[Knob]) -> str:
    head = ["knob", "default", "grade", "remark"]
    rows = [[f"`{k.name}`", f"`{k.default}`", k.grade, k.comment] for k in found]
    return _table(head, rows)


def _inferred() -> str:
    """What is inferred, in one place: that is what a go-live has to try first."""
    head = ["system", "rule or knob", "what it says"]
    rows = [[TITLES[r.system], f"`{r.id}`", r.text] for r in RULES if r.grade == INFERRED]
    rows += [[TITLES[k.system], f"`{k.name}`", k.comment] for k in knobs() if k.grade == INFERRED]
    title = "## Everything that is inferred\n\nTry these first on a real system."
    return f"{title}\n\n{_table(head, rows)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
