"""CSV files as the rows of a table, of the tax codes or of the companies. Pure: text in, tree out.

A spreadsheet keeps long lists better than YAML does. The first line names the columns; cells stay
text, so that ``007`` stays ``007``. Commas and semicolons separate, as spreadsheets write them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from target_ifs_cloud.mapping.rule_nodes import FILE_SIZE_MAX, Fault, Node
from target_ifs_cloud.money import parse_amount

ROWS_MAX = 100_000
NOTE = "note"
"""A column for people; it is not read."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YES = frozenset({"true", "yes", "x", "1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns a CSV file may have, and which cells of a row must be filled."""

    known: tuple[str, ...]
    filled: tuple[str, ...]


_DATES = ("from", "until")
TABLE = Columns(known=("value", "gives", "company", *_DATES), filled=("value", "gives"))
TAX_CODES = Columns(
    known=("company", "tax", "percent", "no_tax", "code", *_DATES), filled=("company", "code")
)
COMPANY_BY = Columns(
    known=(
        "legal_entity",
        "location",
        "location_id",
        "department",
        "department_external_id",
        "company",
        *_DATES,
    ),
    filled=("company",),
)


@dataclass(slots=True)
class CsvFiles:
    """The CSV files of the folder, which of them the rules have named, and what is wrong."""

    texts: Mapping[str, str]
    used: set[str]
    faults: list[Fault]

    def attach(self, root: Node) -> Node:
        """The file's tree with the rows of its CSV files where it names them."""
        children = []
        for name, child in root.children:
            named = child.get("csv")
            if name == "tables":
                tables = [(key, self._table(table)) for key, table in child.children]
                children.append((name, replace(child, children=tuple(tables))))
            elif name in _LISTS and named:
                rows = self._list(named, _LISTS[name])
                children.append((name, rows))
            else:
                children.append((name, child))
        return replace(root, children=tuple(children))

    def unused(self) -> Iterator[Fault]:
        """A CSV file that nothing reads is a mistake."""
        for name in sorted(set(self.texts) - self.used):
            message = "no rule file reads this file; name it by `csv:` or remove it"
            yield Fault(file=name, line=1, message=message)

    def _list(self, named: Node, columns: Columns) -> Node:
        rows = [(str(place), row) for place, row in enumerate(self._rows(named, columns))]
        return replace(named, file=named.text, line=1, plain=[], text="", children=tuple(rows))

    def _table(self, table: Node) -> Node:
        named = table.get("csv")
        if named is None:
            return table
        answers: dict[str, list[Node]] = {}
        spelt: dict[str, str] = {}
        for row in self._rows(named, TABLE):
            key = " ".join(row["value"].text.split())
            spelt.setdefault(key.casefold(), key)
            answers.setdefault(key.casefold(), []).append(row)
        rows = tuple(
            (spelt[key], _answer_list(spelt[key], found)) for key, found in answers.items()
        )
        node = Node(file=named.text, line=1, path=f"{table.path}.rows", plain={}, children=rows)
        others = tuple(pair for pair in table.children if pair[0] != "csv")
        return replace(table, children=(*others, ("rows", node)))

    def _rows(self, named: Node, columns: Columns) -> Iterator[Node]:
        name = named.text
        text = self.texts.get(name)
        if text is None:
            self._fault(named.file, named.line, f"there is no file `{name}` beside this one")
            return
        self.used.add(name)
        if len(text) > FILE_SIZE_MAX:
            self._fault(name, 1, "the file is too large for a rule file")
            return
        yield from self._read(name, text, columns)

    def _read(self, name: str, text: str, columns: Columns) -> Iterator[Node]:
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            head = [cell.strip().casefold() for cell in next(reader, [])]
            if not self._is_sound_head(name, head, columns):
                return
            for cells in reader:
                if reader.line_num > ROWS_MAX:
                    self._fault(name, reader.line_num, f"more than {ROWS_MAX} rows; divide it")
                    return
                if any(cell.strip() for cell in cells):
                    row = self._row(name, reader.line_num, dict(zip(head, cells)), columns)  # noqa: B905  (a short row has empty cells at its end)
                    if len(cells) > len(head):
                        self._fault(name, reader.line_num, "more cells than the first line names")
                    elif row:
                        yield row
        except csv.Error as error:
            self._fault(name, reader.line_num, f"this is not readable CSV ({error}); check quotes")

    def _is_sound_head(self, name: str, head: Sequence[str], columns: Columns) -> bool:
        known = [*columns.known, NOTE]
        wrong = [cell for cell in head if cell not in known or head.count(cell) > 1]
        for cell in dict.fromkeys(wrong):
            message = f"the column `{cell}` is not known or stands twice; known: {', '.join(known)}"
            self._fault(name, 1, message)
        missing = [cell for cell in columns.filled if cell not in head]
        for cell in missing:
            self._fault(name, 1, f"the column `{cell}` is missing; add it to the first line")
        return not wrong and not missing

    def _row(self, name: str, line: int, cells: Mapping[str, str], columns: Columns) -> Node | None:
        texts = {key: cell.strip() for key, cell in cells.items() if cell.strip() and key != NOTE}
        faults = [f"the cell `{key}` is empty" for key in columns.filled if key not in texts]
        faults += [
            f"`{texts[key]}` does not fit in `{key}`; expected: {form}"
            for key, (fits, form) in _FORMS.items()
            if key in texts and not fits(texts[key])
        ]
        if columns is TAX_CODES and ("no_tax" in texts) == ("percent" in texts and "tax" in texts):
            faults.append("a row has either `tax` and `percent`, or `no_tax`")
        for message in faults:
            self._fault(name, line, message)
        path = " ".join(list(texts.values())[:2])
        children = tuple(
            (key, Node(file=name, line=line, path=path, plain=text, text=text))
            for key, text in texts.items()
        )
        row = Node(file=name, line=line, path=path, plain=dict(texts), children=children)
        return None if faults else row

    def _fault(self, file: str, line: int, message: str) -> None:
        self.faults.append(Fault(file=file, line=line, message=message))


def _answer_list(key: str, rows: Sequence[Node]) -> Node:
    first = rows[0]
    children = tuple((str(place), row) for place, row in enumerate(rows))
    return Node(file=first.file, line=first.line, path=key, plain=[], children=children)


def _is_percent(text: str) -> bool:
    return isinstance(parse_amount(text), Decimal)


_LISTS: Mapping[str, Columns] = {"tax_codes": TAX_CODES, "company_by": COMPANY_BY}
_FORMS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "from": (_DAY.fullmatch, "a day such as 2026-07-01"),
    "until": (_DAY.fullmatch, "a day such as 2026-07-01"),
    "percent": (_is_percent, "a percentage such as 8.25"),
    "no_tax": (lambda text: text.casefold() in _YES, "yes, or nothing"),
}
