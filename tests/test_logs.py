from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from reviewer.logs import configure_logs, redact
from reviewer.settings import Secret
from tests.durable import private_key

TOKENS = (
    "ghs_" + "a1" * 18,
    "ghs_123456_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMiJ9.c2lnbmF0dXJl-_x" + "y" * 400,
    "ghp_" + "Z" * 36,
    "github_pat_" + "A" * 60,
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDB9.abc-_DEF",
)


@pytest.fixture
def logged():
    """Log as a process does, to a text; everything is as before at the end."""
    root, engine = logging.getLogger(), logging.getLogger("dbos")
    kept = (root.handlers[:], root.level, engine.handlers[:], engine.level, engine.propagate, structlog.get_config())
    stream = io.StringIO()
    configure_logs("INFO", (Secret("webhook-secret"), Secret(private_key())), stream)
    yield stream
    root.handlers[:], root.level, engine.handlers[:], engine.level, engine.propagate = kept[:5]
    structlog.configure(**kept[5])


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(
    "around", ["{}", "Authorization: Bearer {}", "https://x:{}@github.com/a/b", '{{"token":"{}"}}', "token={}\n"]
)
def test_a_token_is_in_no_text(token, around):
    text = redact(around.format(token))
    assert token not in text
    assert token[8:] not in text


def test_a_private_key_is_in_no_text_however_it_is_written():
    body = private_key().splitlines()[5]
    for text in (private_key(), json.dumps(private_key()), repr(private_key()), private_key()[:700]):
        assert body not in redact(f"before {text} after")


def test_a_password_of_a_url_is_in_no_text():
    assert redact("postgresql+psycopg://me:hunter22@db:5432/x") == "postgresql+psycopg://me:[password]@db:5432/x"


def test_basic_authorization_is_in_no_text():
    assert redact("AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hz") == "AUTHORIZATION: basic [token]"


@pytest.mark.parametrize(
    "text", ["a token for the review", "ghs_", "rv:5#1:00000001", "https://github.com/a/b", "basic tests"]
)
def test_ordinary_words_stay(text):
    assert redact(text) == text


@given(st.text())
def test_no_text_is_too_odd(text):
    redact(text, ("secret-secret",))


def test_a_line_is_json_with_what_is_bound(logged):
    with structlog.contextvars.bound_contextvars(review="rv:5#1:00000001"):
        structlog.get_logger("x").info("step", seconds=1.5)
    line = json.loads(logged.getvalue())
    assert (line["event"], line["review"], line["seconds"], line["level"]) == ("step", "rv:5#1:00000001", 1.5, "info")


def test_lines_of_libraries_are_ours_too(logged):
    logging.getLogger("gunicorn.error").warning("worker %s", "gone")
    assert json.loads(logged.getvalue())["event"] == "worker gone"


def test_no_secret_is_in_a_traceback(logged):
    def fails(key):
        raise ValueError(f"cannot sign with {key} for {TOKENS[0]} and webhook-secret")

    try:
        fails(private_key())
    except ValueError:
        structlog.get_logger("x").exception("failed", key=private_key())
    text = logged.getvalue()
    assert "ValueError" in text
    for secret in (TOKENS[0], "webhook-secret", private_key().splitlines()[3]):
        assert secret not in text
    assert json.loads(text)["event"] == "failed"


def test_a_line_stays_one_line(logged):
    structlog.get_logger("x").info("event", branch="x\n{}\r\n")
    assert len(logged.getvalue().splitlines()) == 1
