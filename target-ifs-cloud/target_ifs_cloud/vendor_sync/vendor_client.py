"""Vendors of Procurify over HTTP: the list, one vendor, create, change. There is nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from target_ifs_cloud.errors import OutcomeUnknownError, RefusedError, TemporaryError
from target_ifs_cloud.mapping.records import Record, as_record, read_id, read_text
from target_ifs_cloud.sinks import without_payment_data
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.connection import Timeouts
from target_ifs_cloud.wire.exchange import ErrorText, Observer, Request, Response
from target_ifs_cloud.wire.limiter import Pace
from target_ifs_cloud.wire.retry import Limits
from target_ifs_cloud.wire.token import AccessToken, Login
from target_ifs_cloud.wire.transport import Allowed, Transport, TransportSettings

VENDORS = "/api/v3/vendors/"
ALLOWED = (Allowed(methods=frozenset({"GET", "POST", "PATCH"}), prefix=VENDORS),)
"""All that may ever be sent to Procurify from here, beside the request for a token."""
PAGE_SIZE = 100
PAGES_MAX = 10_000
READINGS_MAX = 3
RATE_MAX = 10.0
"""Unit: requests per second. Source: inferred; Procurify publishes no limit and asks for care."""
_HEADERS = {"X-Procurify-Client": "api", "Content-Type": "application/json"}
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """How to reach a tenant. ``reads_only`` refuses every write before it leaves."""

    base_url: str
    login: Login = field(repr=False)
    timeout_s: float
    retry_max: int
    reads_only: bool


class VendorClient:
    """Reads and writes the vendors of one tenant, without their payment data."""

    def __init__(
        self, tenant: Tenant, clockwork: Clockwork, observers: Sequence[Observer] = ()
    ) -> None:
        """Open nothing yet.

        Raises:
            ConfigurationError: an address is not https (loopback may be http).
        """
        limits = Limits(attempts_max=tenant.retry_max + 1)
        self._transport = Transport(
            TransportSettings(
                base_url=tenant.base_url,
                allowed=ALLOWED,
                timeouts=Timeouts(read_s=tenant.timeout_s),
                limits=limits,
                pace=Pace(rate_max=RATE_MAX),
                connections_max=1,
                reads_only=tenant.reads_only,
            ),
            token=AccessToken(tenant.login, clockwork=clockwork, limits=limits),
            read_error=read_error,
            clockwork=clockwork,
            observers=observers,
        )

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def vendors(self) -> list[Record]:
        """Every vendor that a list shows, inactive ones where the tenant lists them.

        Raises:
            TemporaryError: no complete answer.
        """
        found = {read_id(row.get("id")): row for row in self._listed(VENDORS)}
        try:
            everyone = self._listed(f"{VENDORS}all/")
        except RefusedError as error:
            # Source: the group is documented, its path is only seen in code.
            if error.status != _NOT_FOUND:
                raise
            everyone = []
        return list((found | {read_id(row.get("id")): row for row in everyone}).values())

    def with_external_id(self, external_id: str) -> list[Record]:
        """The vendors with exactly this external id.

        Raises:
            TemporaryError: no complete answer.
        """
        rows = self._listed(f"{VENDORS}?external_id={quote(external_id, safe='')}")
        return [row for row in rows if read_text(row.get("external_id")) == external_id]

    def vendor(self, id_: str) -> Record | None:
        """One vendor; ``None`` when there is none with this id.

        Raises:
            TemporaryError: no readable answer.
        """
        try:
            answer = self._send("GET", f"{VENDORS}{int(id_)}/", about="vendor")
        except RefusedError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return _single(answer)

    def create(self, body: Mapping[str, Any]) -> Record:
        """Create a vendor. Never repeated when the answer is lost.

        Raises:
            OutcomeUnknownError: it may have been created; look by its external id first.
            RefusedError: Procurify refused it.
        """
        return _written(self._send("POST", VENDORS, about="new vendor", body=body))

    def change(self, id_: str, body: Mapping[str, Any]) -> Record:
        """Change these fields of a vendor.

        Raises:
            OutcomeUnknownError: it may have been changed; read it again.
            RefusedError: Procurify refused it.
        """
        path = f"{VENDORS}{int(id_)}/"
        return _written(self._send("PATCH", path, about="change of a vendor", body=body))

    def _send(
        self, method: str, path: str, *, about: str, body: Mapping[str, Any] | None = None
    ) -> Response:
        request = Request(
            method=method,
            path=path,
            is_read=method == "GET",
            about=f"Procurify, {about}",
            headers=_HEADERS,
            body=None if body is None else json.dumps(body, ensure_ascii=False).encode(),
        )
        return self._transport.send(request)

    def _listed(self, path: str) -> list[Record]:
        """Every row of a list, as many as it says itself; read again when it moved meanwhile."""
        for _ in range(READINGS_MAX):
            rows, count = self._read_pages(path)
            if count is None or len(rows) >= count:
                return list(rows.values())
        raise TemporaryError("Procurify's list of vendors stays shorter than its count. Run again")

    def _read_pages(self, path: str) -> tuple[dict[str, Record], int | None]:
        rows: dict[str, Record] = {}
        mark = "&" if "?" in path else "?"
        for page in range(1, PAGES_MAX + 1):
            where = f"{path}{mark}page={page}&page_size={PAGE_SIZE}"
            answer = _json(self._send("GET", where, about="list of vendors"))
            data = answer.get("data")
            if not isinstance(data, list):
                raise TemporaryError("Procurify's list of vendors has no rows. Run again")
            for row in data:
                vendor = without_payment_data(as_record(row))
                rows[read_id(vendor.get("id"))] = vendor
            told = as_record(as_record(answer.get("metadata")).get("pagination"))
            paging = told or as_record(answer.get("pagination"))
            if not paging.get("next"):
                count = paging.get("count")
                return rows, count if isinstance(count, int) else None
        raise TemporaryError(f"Procurify's list of vendors has more than {PAGES_MAX} pages")


def read_error(body: bytes) -> ErrorText:
    """Which fields Procurify refused, by name; its words stay out, they may hold data."""
    try:
        value = json.loads(body)
    except ValueError:
        return ErrorText()
    refused = value.get("errors", value) if isinstance(value, dict) else None
    if not isinstance(refused, dict):
        return ErrorText()
    return ErrorText(code=", ".join(name for name in refused if _FIELD_NAME.fullmatch(name)))


def _json(response: Response) -> Record:
    try:
        value = json.loads(response.body, parse_float=Decimal)
    except ValueError as error:
        raise TemporaryError("Procurify's answer is no JSON. Run again") from error
    return as_record(value)


def _single(response: Response) -> Record:
    """The vendor of an answer; ``data`` holds it, or the answer is it."""
    answer = _json(response)
    found: Record = without_payment_data(as_record(answer.get("data")) or answer)
    return found


def _written(response: Response) -> Record:
    """The vendor as it stands after a write."""
    try:
        vendor = _single(response)
    except TemporaryError:
        vendor = {}
    if not read_id(vendor.get("id")):
        raise OutcomeUnknownError("Procurify's answer to a write holds no vendor: look first")
    return vendor
