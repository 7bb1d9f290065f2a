"""Which names hold secrets, and which values never are one. Owns the words; knows no plan."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

SENSITIVE = "(sensitive value)"
"""What stands where a secret stood."""

_VALUE_KEYS = """
    value values default constant_value change before after expression expressions data content text string plaintext
    plain_text parameter_value sensitive_value secure_value Value
"""
VALUE_KEYS = frozenset(_VALUE_KEYS.split())
"""Keys under which an object that is named like a secret holds it: an output, a variable, an argument."""

NAME_KEYS = ("name", "Name", "key", "Key", "variable", "parameter_name")
"""Keys that name what a VALUE_KEY beside them holds: {name = "DB_PASSWORD", value = "..."}."""

_MAX_NAME = 200
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(r"[^a-z0-9]+")
_KEYS = (
    "pre_?shared|private|secret|access|api|app|application|account|shared|auth|client|signing|license|hmac"
    "|instrumentation|service|deploy|host|ssh_host|storage"
)
_SECRET = re.compile(
    rf"(?:passw(?:or)?d|(?:^|_)(?:pass|pwd|passphrase|passcode|secret|token|credential|psk|kube_?config|dsn|pfx"
    rf"|kube_admin_config_raw|kube_config_raw|(?:{_KEYS})_?key|key_material|conn(?:ection)?_str(?:ing)?"
    r"|(?:user|custom)_data|secret_key_base))s?"
    r"(?:_(?:wo|base64|b64|hash|value|string|text|plain_?text|binary|pem|openssh|pkcs8|json|data|content|\d{1,4}))*$"
)
_DIGEST = re.compile(
    r"(?:^|_)(?:image|image_(?:uri|url|name|tag|digest)|digest|checksum|etag|md5|sha\d{0,3}|thumbprints?|fingerprints?"
    r"|(?:public|ssh)_keys?|thumbprint_list|(?:source|content|code|file)_(?:code_)?(?:hash|md5|sha256|base64sha256))$"
)
_PUBLIC = re.compile(r"arn:[\w-]*:[^\s]*|(?:projects|/subscriptions)/[^\s?]*|alias/[\w/-]+|https?://[^\s@?]*|\*+")
_COMMON = re.compile(r"[a-z]{2}(?:-gov|-iso\w?)?-[a-z]+-\d[a-z]?|\d{4}-\d\d-\d\d|\d{1,5}|\d{12}")
_SWITCH_WORDS = """
    true false null none yes no on off required optional enabled disabled enforced default hours minutes days seconds
"""
_SWITCHES = frozenset(_SWITCH_WORDS.split())
_COMMON_WORDS = """
    custom auto basic standard premium public private public-read internal external allow deny admin root user users
    system test dev stage staging prod production development terraform ubuntu centos postgres postgresql mysql mariadb
    aurora oracle redis mongodb sqlserver docker linux windows generic string securestring plaintext aws:kms aes256 tcp
    http https json text
"""
_WORDS = frozenset(_COMMON_WORDS.split())


@lru_cache(maxsize=8192)
def is_secret(name: str) -> bool:
    """Whether what is called `name` holds a secret: `db_password`, `JWT_SECRET`, `userData`, `/prod/api-key`."""
    return bool(_SECRET.search(_snake(name)))


@lru_cache(maxsize=8192)
def is_digest(name: str) -> bool:
    """Whether what is called `name` looks random and is public: a checksum, an image, a public key."""
    return bool(_DIGEST.search(_snake(name)))


def is_public(value: str) -> bool:
    """Whether `value` is no secret though its name says so: a switch, an ARN, an address, a link without a query."""
    return (
        value.casefold() in _SWITCHES or (len(value) <= 2000 and bool(_PUBLIC.fullmatch(value))) or _is_address(value)
    )


def is_common(value: str) -> bool:
    """Whether `value` says nothing where it stands elsewhere: what is public, a region, a date, a short number, a word.

    An account id is common: it may be marked, and is in every ARN.
    """
    return is_public(value) or value.casefold() in _WORDS or bool(_COMMON.fullmatch(value[:100]))


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_network(value[:60], strict=False)
    except ValueError:
        return False
    return not value.isdigit()


def _snake(name: str) -> str:
    return _SIGNS.sub("_", _CAMEL.sub("_", name[-_MAX_NAME:]).lower()).strip("_")
