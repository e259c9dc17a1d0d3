from __future__ import annotations

import io
import logging
import sys

import pytest

from ai_cms.core.redaction import RedactSecrets, one_line, redact

SECRET = "aicms_abcdEFGHijklMNOPqrstUVWXyz0123456789-_ABCDE"


@pytest.mark.parametrize(
    "text",
    [
        f"token {SECRET} used",
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f'{{"HTTP_AUTHORIZATION": "Bearer {SECRET}"}}',
        f"('authorization', b'Bearer {SECRET}')",
        "Authorization: Bearer eyJhbGciOi.J9zZWNyZXQ.abcdefgh",
        "Authorization: Basic eyJhbGciOi.J9zZWNyZXQ.abcdefgh",
        "Authorization: eyJhbGciOi.J9zZWNyZXQ.abcdefgh",
        "sent Bearer eyJhbGciOi.J9zZWNyZXQ.abcdefgh to it",
        f"https://example.com/?token={SECRET}",
    ],
)
def test_credentials_are_masked(text: str) -> None:
    masked = redact(text)
    assert "EFGH" not in masked
    assert "zZWNyZXQ" not in masked
    assert "[redacted]" in masked


@pytest.mark.parametrize("text", ["the bearer of news", "no authorization was asked for", "aicms_core.E001", ""])
def test_other_words_stay(text: str) -> None:
    assert redact(text) == text


def test_a_text_from_elsewhere_is_one_line() -> None:
    text = "no\r\n2026-01-01 ERROR root: all is lost\u2028\x1b[31m red \x00 \x85 a\tb"
    assert one_line(text) == "no 2026-01-01 ERROR root: all is lost \\x1b[31m red \\x00 a b"


def test_messages_arguments_and_tracebacks_are_masked() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactSecrets())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.warning("used %s and %d", SECRET, 5)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logger.exception("failed")
    logger.error("100%")
    record = logging.LogRecord("n", logging.INFO, "p", 1, "m", (), sys.exc_info())
    assert RedactSecrets().filter(record)
    written = stream.getvalue()
    assert "EFGH" not in written
    assert "used aicms_abcd[redacted] and 5" in written
    assert "ValueError: aicms_abcd[redacted]" in written
    assert "100%" in written
