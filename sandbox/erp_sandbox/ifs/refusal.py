"""How IFS says no: status, provider code, database text."""

from __future__ import annotations

from typing import Any

EXISTS, NOT_THERE, LOCKED, MODIFIED = 20112, 20111, 20113, 20114
RECORD_ERROR, APPLICATION_ERROR = 20110, 20105


class Refusal(Exception):  # noqa: N818 (the word of the domain)
    """One refusal. The useful text of a database error is in ``details`` (seen in code)."""

    def __init__(self, status: int, code: str, text: str = "") -> None:
        """``text`` as the database says it: ``ORA-<number>: <LuName>.<TAG>: …``."""
        super().__init__(code)
        self.status = status
        self.code = code
        self.text = text

    def body(self) -> dict[str, Any]:
        """The error body. Shape: seen in code."""
        error: dict[str, Any] = {"code": self.code, "message": "The request was refused."}
        if self.text:
            error["details"] = [{"message": self.text}]
        return {"error": error}


def not_found() -> Refusal:
    """Unknown resource or key. Source: seen in code."""
    return Refusal(404, "ODP_RESOURCE_NOTFOUND")


def database_error(number: int, lu: str, *, tag: str, text: str = "refused") -> Refusal:
    """A business rule. The number of the general error is seen in code, the others inferred."""
    return Refusal(400, "DATABASE_ERROR", f"ORA-{number}: {lu}.{tag}: {text}")
