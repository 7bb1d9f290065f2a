"""POST /webhook: size, signature, JSON, event, in this order; nothing is parsed before the signature is right.

A 202 says that the delivery is on disk. An answer never says anything of what was sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, Unauthorized, UnsupportedMediaType

from reviewer.jobs import Queue
from reviewer.server.events import BadEvent, parse_event
from reviewer.server.intake import Taken, take_in
from reviewer.settings import Secret
from reviewer.store import DatabaseAway, Store

MAX_BODY_BYTES = 25 << 20  # GitHub sends no more
RETRY_AFTER_SECONDS = 30
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,100}")
_EVENT = re.compile(r"[a-z_]{1,64}")

log = structlog.get_logger()


def build_webhook(secrets: Sequence[Secret], store: Store, queue: Queue) -> Blueprint:
    """Return the route that hears GitHub."""
    blueprint = Blueprint("webhook", __name__)
    keys = tuple(secret.reveal().encode() for secret in secrets)

    @blueprint.post("/webhook")
    def webhook() -> tuple[Response, int]:
        body = _signed_body(keys)
        delivery_id, name = _header("X-GitHub-Delivery", _DELIVERY), _header("X-GitHub-Event", _EVENT)
        facts = {"delivery": delivery_id, "github_event": name}
        try:
            taken = take_in(store, queue, delivery_id, name, parse_event(name, _parsed(body)))
        except BadEvent as error:
            log.warning("delivery not understood", **facts, error=str(error))
            raise BadRequest(str(error)) from error
        except DatabaseAway as error:
            log.error("delivery not stored", **facts, error=str(error))
            return _try_again()
        log.info("delivery", **facts, outcome=taken.outcome, **_details(taken))
        return jsonify(delivery=delivery_id, outcome=taken.outcome, reviews=taken.reviews), 202

    return blueprint


def is_signed(body: bytes, signature: str, keys: Sequence[bytes]) -> bool:
    """Whether `signature` (`sha256=HEX`) is that of `body` under one of `keys`.

    Takes as long whichever key it is, and whether it is one.
    """
    given, right = signature.encode("utf-8", "replace"), False
    for key in keys:
        expected = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
        right |= hmac.compare_digest(expected.encode(), given)
    return right


def _signed_body(keys: Sequence[bytes]) -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("expected application/json: choose that content type in the App's webhook settings")
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= MAX_BODY_BYTES:
        raise RequestEntityTooLarge  # sent in chunks, and cut at the limit
    if not is_signed(body, request.headers.get("X-Hub-Signature-256", ""), keys):
        log.warning("delivery with a bad signature", bytes=len(body), remote=request.remote_addr)
        raise Unauthorized("the signature is missing or wrong")
    return body


def _header(name: str, form: re.Pattern[str]) -> str:
    value = request.headers.get(name, "")
    if not form.fullmatch(value):
        raise BadRequest(f"the header {name} is missing or malformed")
    return value


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not JSON") from error


def _details(taken: Taken) -> dict[str, object]:
    return {name: value for name, value in (("reviews", taken.reviews), ("why", taken.why)) if value}


def _try_again() -> tuple[Response, int]:
    answer = jsonify(error="the delivery could not be stored; send it again later")
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer, 503
