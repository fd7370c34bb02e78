"""An IFS site in memory for tests of the routes: invoices, proposals, loads, orders, atomic sets.

Strict where the contract is: ETags are asked for and change with every write to a row or below it,
unknown members are refused, keys are unique. ``step`` is called before and after every request that
is no single read, and may raise.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

from typing_extensions import override

from erp_sandbox.ifs.filters import compile_filter
from tests.unit.ifs.site import Asked, FakeSite, Told

Row = dict[str, Any]
_KEY = re.compile(r"(\w+)=(?:'((?:[^']|'')*)'|([-\d.]+))")


class Killed(BaseException):
    """The process dies here."""


@dataclass(frozen=True)
class Table:
    """A collection: its own last key field (drawn here when it is a number), and its members."""

    key: tuple[str, ...]
    fields: frozenset[str]
    draws: bool = True


HEADER = frozenset(
    {
        *("Company", "InvoiceId", "Identity", "PartyType", "SeriesId", "InvoiceNo", "InvoiceType"),
        *(
            "Currency",
            "NetCurrAmount",
            "VatCurrAmount",
            "GrossCurrAmount",
            "CurrRate",
            "TaxCurrRate",
        ),
        *("InvoiceDate", "ArrivalDate", "DueDate", "PlPayDate", "PayTermId", "PayTermBaseDate"),
        *("CreationDate", "DivFactor", "PoRefNumber", "NcfReference", "VoucherText", "VoucherType"),
        *("VoucherDate", "IntAllowed", "AffBaseLedgPost"),
    }
)
HEAD = frozenset(
    {
        *("RecordNo", "Identity", "AssociationNo", "SeriesId", "InvoiceNo", "InvoiceType"),
        *("InvoiceDate", "ArrivalDate", "DueDate", "PayTermId", "Currency", "CurrRate"),
        *("NetCurrAmount", "VatCurrAmount", "GrossCurrAmount", "PoRefNumber", "NcfReference"),
        "VoucherType",
    }
)
ITEM = frozenset({"NetCurrAmount", "VatCurrAmount", "VatCode"})
CODED = frozenset({"CodeA", "CodeB", "CodeC", "CurrAmount", "Text"})
LINE = frozenset(
    [
        "OrderNo",
        "LineNo",
        "ReleaseNo",
        "Description",
        "BuyQtyDue",
        "BuyUnitMeas",
        "BuyUnitPrice",
        "WantedDeliveryDate",
    ]
)
TABLES = {
    "ManSuppInvoiceSet": Table(("Company", "InvoiceId"), HEADER),
    "ManSuppInvoiceItemArray": Table(("Company", "InvoiceId", "ItemId"), ITEM),
    "ManSuppInvoicePostingsArray": Table(("Company", "InvoiceId", "RowId"), CODED),
    "PostingProposalHeadSet": Table(("Company", "ProposalId"), frozenset({"Company", "InvoiceId"})),
    "PostingProposalArray": Table(("Company", "ProposalId", "RowId"), CODED),
    "ExtIncInvLoadInfoSet": Table(
        ("Company", "LoadId"), frozenset({"Company", "LoadId", "LoadType", "LoadDate"}), draws=False
    ),
    "ExtIncInvHeadArray": Table(
        ("Company", "LoadId", "RecordNo"),
        HEAD,
    ),
    "ExtIncInvItemArray": Table(("Company", "LoadId", "RecordNo", "ItemId"), ITEM),
    "ExtIncInvPostingArray": Table(("Company", "LoadId", "RecordNo", "RowId"), CODED),
    "PurchaseOrderSet": Table(
        ("OrderNo",),
        frozenset(
            [
                "OrderNo",
                "VendorNo",
                "Contract",
                "CurrencyCode",
                "OrderCode",
                "OrderDate",
                "WantedReceiptDate",
                "AuthorizeCode",
                "InvoicingSupplier",
            ]
        ),
        draws=False,
    ),
    "PurchaseOrderLineNopartSet": Table(("OrderNo", "LineNo", "ReleaseNo"), LINE, draws=False),
}
ALIASES = {"PurchaseOrderLineNopartArray": "PurchaseOrderLineNopartSet"}
CHILDREN = {
    "ManSuppInvoiceSet": ("ManSuppInvoiceItemArray", "ManSuppInvoicePostingsArray"),
    "PostingProposalHeadSet": ("PostingProposalArray",),
    "ExtIncInvLoadInfoSet": ("ExtIncInvHeadArray", "ExtIncInvItemArray", "ExtIncInvPostingArray"),
    "ExtIncInvHeadArray": ("ExtIncInvItemArray", "ExtIncInvPostingArray"),
    "PurchaseOrderSet": ("PurchaseOrderLineNopartSet",),
}
PARENTS = {child: parent for parent, children in CHILDREN.items() for child in children}


class SiteRefusalError(Exception):
    """The site says no."""

    def __init__(self, status: int, code: str = "DATABASE_ERROR", text: str = "") -> None:
        """Keep what the answer will say."""
        super().__init__(text)
        self.told = Told(
            status=status,
            value={"error": {"code": code, "message": "Fehler", "details": [{"message": text}]}},
        )


@dataclass
class RoutesSite(FakeSite):
    """``bad_accounts`` fail the check; ``refused_codes`` (account, tax) are refused in any row.

    ``takes_batches`` and ``uses_proposals`` are habits. Rows of the tables in ``shown_late`` are
    there as soon as they are written, and shown only after :meth:`catch_up`. ETags are shown in
    rows of lists and in single rows, where those are not switched off.
    """

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})
    step: Callable[[str], None] = lambda _: None
    takes_batches: bool = True
    takes_children: bool = False
    uses_proposals: bool = False
    draws_load_ids: bool = False
    creates_at_once: bool = False
    may_remove: bool = True
    bad_accounts: frozenset[str] = frozenset()
    refused_codes: frozenset[str] = frozenset()
    actions_refused: frozenset[str] = frozenset()
    item_errors: tuple[str, ...] = ()
    loads_tell_their_state: bool = True
    company_of_site: str = ""
    version: int = 0
    last_id: int = 100
    held: dict[str, Row] = field(default_factory=dict)
    lists_show_etags: bool = True
    rows_show_etags: bool = True
    shown_late: frozenset[str] = frozenset()
    late: list[Row] = field(default_factory=list)

    def catch_up(self) -> None:
        """Show every row that is there."""
        self.late = []

    @override
    def serve(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        """One HTTP request, with a step before and after it."""
        name = f"{method} {unquote(urlsplit(url).path).rpartition('/')[2]}"
        if url.endswith("/$batch") and not self.takes_batches:
            return Told(status=501, value={"error": {"code": "ODP_NOT_IMPLEMENTED"}})
        self.step(f"before {name}")
        told = super().serve(method, url, headers, body)
        self.step(f"after {name}")
        return told

    @override
    def _one(
        self, method: str, url: str, headers: Mapping[str, str], body: str, *, content_id: str = ""
    ) -> Told:
        self.answer = self._serve_row
        before = copy.deepcopy(self.tables)
        told = super()._one(method, url, headers, body, content_id=content_id)
        if told.status >= 400:
            self.tables = before
        return told

    @override
    def _change_set(self, root: str, part: str, boundary: str) -> str:
        before = copy.deepcopy(self.tables)
        self.made: dict[str, str] = {}
        text = super()._change_set(root, part, boundary)
        if not text.startswith("Content-Type: multipart"):
            self.tables = before
        return text

    # rows

    def _serve_row(self, asked: Asked) -> Told:
        path = asked.path.partition(".svc/")[2]
        if path.startswith("$"):
            number, _, rest = path[1:].partition("/")
            path = f"{self.made[number]}/{rest}"
        try:
            told, place = self._dispatch(asked, path)
        except SiteRefusalError as refused:
            return refused.told
        if asked.content_id and asked.method == "POST" and place:
            self.made[asked.content_id] = place
        return told

    def _dispatch(self, asked: Asked, path: str) -> tuple[Told, str]:
        *parents, last = path.split("/")
        keys = {name: value for part in parents for name, value in _keys(part).items()}
        if last.startswith("IfsApp."):
            return self._act(asked, parents[-1], keys, last), ""
        name = ALIASES.get(last.partition("(")[0], last.partition("(")[0])
        if name not in TABLES:
            raise SiteRefusalError(404, "ODP_RESOURCE_NOTFOUND")
        if "(" in last:
            row = self._row(name, keys | _keys(last))
            return self._touch(asked, name, row), ""
        if asked.method == "POST":
            return self._insert(asked, name, keys, path)
        rows = [r for r in self.tables[name] if keys.items() <= r.items() and r not in self.late]
        return self._page(asked, rows), ""

    def _balance(self, head: Row) -> Decimal:
        """What is left of the invoice's net amount, of the rows that are shown."""
        own = {name: head[name] for name in ("Company", "InvoiceId")}
        (invoice,) = [r for r in self.tables["ManSuppInvoiceSet"] if own.items() <= r.items()]
        at = {name: head[name] for name in ("Company", "ProposalId")}
        rows = [r for r in self.tables["PostingProposalArray"] if at.items() <= r.items()]
        shown = sum((Decimal(r["CurrAmount"]) for r in rows if r not in self.late), Decimal(0))
        return Decimal(invoice["NetCurrAmount"]) - shown

    def _page(self, asked: Asked, rows: list[Row]) -> Told:
        rows = [
            {**r, "Balance": self._balance(r)} if "ProposalId" in r and "InvoiceId" in r else r
            for r in rows
        ]
        if "$filter" in asked.options:
            test = compile_filter(asked.options["$filter"], frozenset())
            rows = [row for row in rows if test(row)]
        order = asked.options.get("$orderby", "").split(",")
        rows = sorted(rows, key=lambda row: tuple(str(row.get(name)).zfill(12) for name in order))
        skip, top = int(asked.options.get("$skip", 0)), int(asked.options.get("$top", 67))
        shown = rows[skip : skip + top]
        page: Row = {"value": shown if self.lists_show_etags else [_bare(row) for row in shown]}
        if "$count" in asked.options:
            page["@odata.count"] = len(rows)
        return Told(value=page)

    def _row(self, name: str, keys: Row) -> Row:
        own = {field_: keys[field_] for field_ in TABLES[name].key if field_ in keys}
        for row in self.tables[name]:
            if own.items() <= row.items():
                return row
        raise SiteRefusalError(404, "ODP_RESOURCE_NOTFOUND")

    def _insert(self, asked: Asked, name: str, keys: Row, path: str) -> tuple[Told, str]:
        table = TABLES[name]
        body = dict(asked.body)
        children = {c: body.pop(c) for c in list(body) if isinstance(body[c], list)}
        if children and not self.takes_children:
            raise SiteRefusalError(400, "ODP_DESERIALIZATION_ERROR")
        if body.keys() - table.fields:
            raise SiteRefusalError(
                400, "ODP_DESERIALIZATION_ERROR", str(body.keys() - table.fields)
            )
        row = {**keys, **body}
        parent = PARENTS.get(name)
        if parent and set(TABLES[parent].key) <= row.keys():
            self._bump(self._row(parent, row))
        if table.draws or (name == "ExtIncInvLoadInfoSet" and self.draws_load_ids):
            self.last_id += 1
            drawn = self.last_id if table.draws else f"D{self.last_id}"
            if not (name == "ExtIncInvHeadArray" and "RecordNo" in row):
                row[table.key[-1]] = drawn
        own = {field_: row[field_] for field_ in table.key}
        if any(own.items() <= other.items() for other in self.tables[name]):
            raise SiteRefusalError(400, text=f"ORA-20112: {name}.EXIST: gibt es schon")
        self._rules_for_new(name, row)
        self._bump(row)
        self.tables[name].append(row)
        if name in self.shown_late:
            self.late.append(row)
        place = path if "(" in path.rpartition("/")[2] else path + _written(own)
        for child, rows in children.items():
            for fields in rows:
                inner = Asked("POST", "", {}, {}, fields)
                self._insert(inner, ALIASES.get(child, child), own, f"{place}/{child}")
        return Told(status=201, value=row), place

    def _refuse_codes(self, body: Row) -> None:
        if {body.get("CodeA"), body.get("VatCode")} & self.refused_codes:
            raise SiteRefusalError(400, text="ORA-20110: Code.CODENOTEXIST: gibt es nicht")

    def _rules_for_new(self, name: str, row: Row) -> None:
        self._refuse_codes(row)
        if name == "ManSuppInvoiceSet":
            self._refuse_twin(row)
            row["Objstate"] = "Preliminary"
            if self.uses_proposals:
                self.last_id += 1
                head = {"Company": row["Company"], "ProposalId": self.last_id, "Balance": 0}
                head |= {"InvoiceId": row["InvoiceId"], "Objstate": "Open"}
                self._bump(head)
                self.tables["PostingProposalHeadSet"].append(head)
        if name == "ExtIncInvLoadInfoSet":
            row["Objstate"] = "Loaded"
        if name == "PurchaseOrderSet":
            row["Objstate"] = "Planned"
            if self.company_of_site:
                row["Company"] = self.company_of_site
        if name == "PurchaseOrderLineNopartSet":
            net = row["BuyQtyDue"] * row["BuyUnitPrice"]
            row |= {"Objstate": "Planned", "NetAmtCurr": net}

    def _refuse_twin(self, row: Row) -> None:
        names = ("Company", "Identity", "SeriesId", "InvoiceNo")
        for other in self.tables["ManSuppInvoiceSet"]:
            is_same = all(other[name] == row[name] for name in names)
            if is_same and other["Objstate"] != "Cancelled":
                raise SiteRefusalError(400, text="ORA-20112: ManSuppInvoice.EXIST: gibt es schon")

    def _touch(self, asked: Asked, name: str, row: Row) -> Told:
        if asked.method == "GET":
            return Told(value=row if self.rows_show_etags else _bare(row))
        self._require(asked, row)
        if asked.method == "DELETE":
            if not self.may_remove:
                raise SiteRefusalError(400, text="ORA-20110: Row.NOREMOVE: darf nicht")
            own = {field_: row[field_] for field_ in TABLES[name].key}
            for table in (name, *CHILDREN.get(name, ())):
                self.tables[table] = [r for r in self.tables[table] if not own.items() <= r.items()]
            return Told(status=204)
        if asked.body.keys() - TABLES[name].fields:
            raise SiteRefusalError(400, "ODP_DESERIALIZATION_ERROR")
        self._refuse_codes(asked.body)
        row |= asked.body
        if name == "PurchaseOrderLineNopartSet":
            row["NetAmtCurr"] = row["BuyQtyDue"] * row["BuyUnitPrice"]
        self._bump(row)
        return Told(value=row)

    def _require(self, asked: Asked, row: Row) -> None:
        given = asked.headers.get("If-Match")
        if not given:
            raise SiteRefusalError(428, "ODP_MISSING_PRECONDITION")
        if given != row["@odata.etag"]:
            raise SiteRefusalError(412, "PRECONDITION_FAILED")

    def _bump(self, row: Row) -> None:
        self.version += 1
        row["@odata.etag"] = f'W/"{self.version}"'

    # actions

    def _act(self, asked: Asked, parent: str, keys: Row, action: str) -> Told:
        verb = action.rpartition("_")[2]
        row = self._row(parent.partition("(")[0], keys)
        self._require(asked, row)
        if verb in self.actions_refused:
            raise SiteRefusalError(400, text=f"ORA-20110: Lu.NO{verb.upper()}: darf nicht")
        getattr(self, f"_{verb.lower()}")(row, asked.body)
        self._bump(row)
        return Told(value=row)

    def _cancel(self, row: Row, _: Row) -> None:
        row["Objstate"] = "Cancelled"

    def _close(self, row: Row, _: Row) -> None:
        row["Objstate"] = "Closed"

    def _release(self, row: Row, _: Row) -> None:
        if row["Objstate"] != "Planned":
            raise SiteRefusalError(400, text="ORA-20110: PurchaseOrder.STATE: falscher Status")
        row["Objstate"] = "Released"

    def _finalposting(self, row: Row, parameters: Row) -> None:
        row["Objstate"] = "Posted"
        self.held[row["InvoiceNo"]] = parameters

    def _check(self, row: Row, _: Row) -> None:
        own = {"Company": row["Company"], "LoadId": row["LoadId"]}
        bad = [
            posting["CodeA"]
            for posting in self.tables["ExtIncInvPostingArray"]
            if own.items() <= posting.items() and posting["CodeA"] in self.bad_accounts
        ]
        for head in self.tables["ExtIncInvHeadArray"]:
            if own.items() <= head.items():
                head["ErrorCode"] = f"ACCOUNT {', '.join(bad)}" if bad else None
                self._bump(head)
        for item, error in zip(self.tables["ExtIncInvItemArray"], self.item_errors, strict=False):
            item["ErrorCode"] = error
        row["Objstate"] = "Loaded" if bad else "Checked"
        if self.creates_at_once and not bad:
            self._create(row, {})

    def _create(self, row: Row, _: Row) -> None:
        if row["Objstate"] != "Checked":
            raise SiteRefusalError(400, text="ORA-20110: ExtIncInvLoadInfo.STATE: falscher Status")
        own = {"Company": row["Company"], "LoadId": row["LoadId"]}
        for head in [h for h in self.tables["ExtIncInvHeadArray"] if own.items() <= h.items()]:
            self._invoice_of(head)
            head["Objstate"] = "Created"
        row["Objstate"] = "Created" if self.loads_tell_their_state else "Checked"

    def _invoice_of(self, head: Row) -> None:
        self.last_id += 1
        own = {"Company": head["Company"], "InvoiceId": self.last_id}
        names = HEADER & head.keys()
        invoice = {**{n: head[n] for n in names}, **own, "PartyType": "Supplier"}
        self._rules_for_new("ManSuppInvoiceSet", invoice)
        self._bump(invoice)
        self.tables["ManSuppInvoiceSet"].append(invoice)
        target = "PostingProposalArray" if self.uses_proposals else "ManSuppInvoicePostingsArray"
        if self.uses_proposals:
            own = {"Company": own["Company"], "ProposalId": self.last_id}
        self._copy(head, "ExtIncInvItemArray", "ManSuppInvoiceItemArray", parent=invoice)
        parent = invoice if not self.uses_proposals else own
        self._copy(head, "ExtIncInvPostingArray", target, parent=parent)

    def _copy(self, head: Row, source: str, target: str, *, parent: Row) -> None:
        fields = TABLES[target].fields
        own = {name: head[name] for name in TABLES["ExtIncInvHeadArray"].key}
        keys = {name: parent[name] for name in TABLES[target].key[:-1]}
        for row in [r for r in self.tables[source] if own.items() <= r.items()]:
            self.last_id += 1
            new = {n: row[n] for n in fields & row.keys()}
            new |= {**keys, TABLES[target].key[-1]: self.last_id}
            self._bump(new)
            self.tables[target].append(new)

    def touch(self, row: Row) -> None:
        """Another hand saves the row as it is: only its version changes."""
        self._bump(row)

    # truth

    def invoices(self) -> list[tuple[str, str, Decimal, Decimal]]:
        """Number, state, net of lines and sum of postings of every invoice that counts."""
        found = []
        for row in self.tables["ManSuppInvoiceSet"]:
            if row["Objstate"] == "Cancelled":
                continue
            own = {"Company": row["Company"], "InvoiceId": row["InvoiceId"]}
            heads = [h for h in self.tables["PostingProposalHeadSet"] if own.items() <= h.items()]
            coded = self._sum("ManSuppInvoicePostingsArray", own, "CurrAmount")
            for head in heads:
                at = {"Company": row["Company"], "ProposalId": head["ProposalId"]}
                coded += self._sum("PostingProposalArray", at, "CurrAmount")
            net = self._sum("ManSuppInvoiceItemArray", own, "NetCurrAmount")
            found.append((row["InvoiceNo"], row["Objstate"], net, coded))
        return sorted(found)

    def orders(self) -> list[tuple[str, str, list[tuple[str, Decimal]]]]:
        """Number, state, and number and net of every line of each order."""
        found = []
        for row in self.tables["PurchaseOrderSet"]:
            lines = [
                (line["LineNo"], Decimal(line["NetAmtCurr"]))
                for line in self.tables["PurchaseOrderLineNopartSet"]
                if line["OrderNo"] == row["OrderNo"]
            ]
            found.append((row["OrderNo"], row["Objstate"], sorted(lines)))
        return sorted(found)

    def _sum(self, table: str, own: Row, name: str) -> Decimal:
        rows = [r for r in self.tables[table] if own.items() <= r.items()]
        return sum((Decimal(row[name]) for row in rows), Decimal(0))


def _bare(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "@odata.etag"}


def _keys(part: str) -> Row:
    return {
        name: text.replace("''", "'") if number == "" else int(number)
        for name, text, number in _KEY.findall(part)
    }


def _written(own: Row) -> str:
    parts = [f"{n}={v}" if isinstance(v, int) else f"{n}='{v}'" for n, v in own.items()]
    return f"({','.join(parts)})"
