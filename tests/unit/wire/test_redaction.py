"""Secrets do not reach a text that people read."""

from __future__ import annotations

import logging

import pytest

from target_ifs_cloud.wire.exchange import ErrorText
from target_ifs_cloud.wire.redaction import WORDS_LENGTH_MAX, RedactingFilter, redact, told

CANARY = "s3cr3t-canary"


@pytest.mark.parametrize(
    "text",
    [
        f"client_secret={CANARY}&scope=x",
        f'{{"access_token": "{CANARY}", "expires_in": 180}}',
        f"Authorization: Bearer {CANARY}",
        f"Authorization: Basic {CANARY}",
        f"https://user:{CANARY}@host/path",
        f"password = '{CANARY}'",
        f"anything at all {CANARY} anywhere",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    """By name, by form, and by value."""
    assert CANARY not in redact(text, [CANARY])


@pytest.mark.parametrize(
    "text",
    [
        "paid to DE89 3704 0044 0532 0130 00 today",
        "paid to GB29NWBK60161331926819",
        "ask jane.doe@example.com",
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    ],
)
def test_bank_numbers_mail_addresses_and_tokens_are_hidden_by_their_form(text: str) -> None:
    """What nobody declared as a secret is found by how it looks."""
    hidden = redact(text)
    assert "***" in hidden
    assert not {"3704", "NWBK", "jane", "eyJ"} & set(hidden.replace("@", " ").split())


@pytest.mark.parametrize("text", ["bill INV-7781 of V-10006", "status 412 DATABASE_ERROR", ""])
def test_ordinary_words_stay(text: str) -> None:
    """Messages must still say what happened."""
    assert redact(text, [CANARY]) == text


def test_short_secrets_do_not_eat_ordinary_words() -> None:
    """A secret of two letters would hide half the text."""
    assert redact("an order", ["an"]) == "an order"


def test_the_log_filter_rewrites_message_and_arguments() -> None:
    """Arguments are where libraries put data."""
    record = logging.LogRecord("x", logging.INFO, "f", 1, "sent %s", (CANARY,), None)
    assert RedactingFilter([CANARY]).filter(record)
    assert record.getMessage() == "sent ***"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            ErrorText("DATABASE_ERROR", 20110, "Inv.NULLVALUE", "Field [Recipient]\n is mandatory"),
            'DATABASE_ERROR ORA-20110 Inv.NULLVALUE "Field [Recipient] is mandatory"',
        ),
        (ErrorText("ODP_NOT_IMPLEMENTED"), "ODP_NOT_IMPLEMENTED"),
        (ErrorText(words="IBAN DE89370400440532013000 is wrong"), '"IBAN *** is wrong"'),
        (ErrorText(words="x" * 400), f'"{"x" * WORDS_LENGTH_MAX}…"'),
        (ErrorText(), ""),
    ],
)
def test_a_refusal_is_told_in_one_line(error: ErrorText, expected: str) -> None:
    """With the words of IFS, which name the field; short, and without bank numbers."""
    assert told(error) == expected
