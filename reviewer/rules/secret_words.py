"""Which names and values are credentials, for rules that must not cry wolf. Owns the words; knows no rule and no form.

A name that leaves no doubt (`password`, `client_secret`) makes any literal a credential. One that may also name where a
secret lies (`secret`, `token`) needs a value that looks drawn by lot.
"""

from __future__ import annotations

import re
from functools import lru_cache

from reviewer.tfplan.secret_names import is_public, is_secret

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SURE = re.compile(
    r"(?:passw(?:or)?d|passphrase|pwd|psk|(?:client|app|jwt|shared|consumer|webhook|session|signing|hmac)_?secret"
    r"|secret_(?:string|value|text|data)"
    r"|(?:auth|access|api|bearer|refresh|oauth|sas|pat)_?token|(?:secret|secret_access|access|api|account|shared"
    r"|private|signing|pre_?shared|primary|auth)_?key(?:_id)?|conn(?:ection)?_?str(?:ing)?|key_material|database_url)"
    r"(?:_(?:wo|base64|b64|value|string|text|plain_?text|\d{1,4}))*$"
)
_SWITCH = re.compile(r"^(?:restrict|require|allow|enable|disable|use|is|has)_")
_ID = re.compile(r"access_?key_?id$")
_ELSEWHERE = re.compile(
    r"""^(?:[~.]{0,2}[/\\]|[A-Za-z]:\\|\$|<|\{\{|%\{|@|ENC\[|\{cipher\}|\w+\(|(?:var|local|data|module)\.)
    |^[a-z][\w+.-]*:(?://)?[^@\s]*$|\$\{|\{\{""",
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(
    r"""^(?:x+|\*+|\.+|-+|_+)$|place_?-?holder|replace|\b(?:todo|tbd|dummy|redacted|masked|hidden|unused|ignored|n/a)\b
    |^(?:your|my|insert|put|enter|fill|add|set|some)[-_ ](?:own[-_ ])?.*|^(?:test|mock|fake)[\w-]*$|^an?\sexample\b
    |(?:managed|set|filled)[-_ ](?:by|in|outside|elsewhere|externally)
    |^(?:string|none|null|empty|default|optional|required|secret|password|token|generated|random|auto|example)$""",
    re.VERBOSE | re.IGNORECASE,
)
_NAME_LIKE = re.compile(r"^[A-Za-z][a-z]*(?:[-_./ ]?[A-Za-z]+\d{0,3})*$")
KNOWN_TO_CHECKOV = re.compile(
    r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}|-----BEGIN|\bxox[abprs]-|\b[rs]k_live_|\bsq0csp-|\bnpm_\w{30}"
    r"|\beyJ[\w-]{8,}\.eyJ|\bAccountKey="
)
"""Formats that Checkov's own detectors find, as critical."""

SERVICES = {
    "GitHub": ("gh", re.compile(r"\bgh[opsur]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{50,}\b")),
    "GitLab": ("gl", re.compile(r"\bgl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_.-]{20,}")),
    "Google": ("AIza", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    "Google OAuth": ("GOCSPX-", re.compile(r"\bGOCSPX-[0-9A-Za-z_-]{20,}")),
    "Vault": ("hv", re.compile(r"\bhv[sb]\.[\w-]{24,}")),
    "HCP Terraform": (".atlasv1.", re.compile(r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}")),
    "DigitalOcean": ("_v1_", re.compile(r"\bdo[opr]_v1_[a-f0-9]{64}\b")),
    "Docker Hub": ("dckr_pat_", re.compile(r"\bdckr_pat_[\w-]{20,}")),
    "SendGrid": ("SG.", re.compile(r"\bSG\.[\w-]{20,24}\.[\w-]{39,50}\b")),
    "PyPI": ("pypi-", re.compile(r"\bpypi-AgE[\w-]{50,}")),
    "New Relic": ("NRAK-", re.compile(r"\bNRAK-[A-Z0-9]{27}\b")),
    "OpenAI": ("sk-", re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}")),
    "Anthropic": ("sk-ant-", re.compile(r"\bsk-ant-[a-z0-9]{4,6}-[\w-]{80,}")),
    "Slack": ("xapp-", re.compile(r"\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{20,}")),
    "Stripe": ("whsec_", re.compile(r"\bwhsec_[A-Za-z0-9+/=]{32,}")),
}
"""Service -> a piece that every credential of it has, and its format; what Checkov's detectors do not know."""


def snake(name: str) -> str:
    """Return a name in one spelling: `masterUserPassword` and `MASTER-USER-PASSWORD` are master_user_password."""
    return re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", name[-100:]).lower()).strip("_")


@lru_cache(maxsize=8192)
def is_sure(name: str) -> bool:
    """Whether what is called `name` is a credential, whatever it looks like."""
    return _SURE.search(snake(name)) is not None


@lru_cache(maxsize=8192)
def is_named(name: str) -> bool:
    """Whether `name` is that of a credential, or may be."""
    spelled = snake(name)
    return _SURE.search(spelled) is not None or (is_secret(name) and not spelled.endswith(("_data", "_hash")))


def is_credential(name: str, text: str) -> bool:
    """Whether the literal `text` under `name` is surely meant as a credential, of no format that others know."""
    text = text.strip()
    if _SWITCH.match(snake(name)):  # `restrict_create_apikey`: who may, and not what with
        return False
    if not 4 <= len(text) <= 5000 or not is_named(name) or is_public(text) or _is_elsewhere(text) or _is_known(text):
        return False
    if _ID.search(snake(name)):
        return re.fullmatch(r"[A-Z0-9]{16,32}", text) is not None
    return is_sure(name) or _looks_drawn(text)


def _is_elsewhere(text: str) -> bool:
    """Whether a text says where a secret is, or that there is none yet."""
    return _ELSEWHERE.search(text) is not None or _PLACEHOLDER.search(text[:200]) is not None


def _is_known(text: str) -> bool:
    return KNOWN_TO_CHECKOV.search(text) is not None or service_of(text) is not None


def service_of(text: str) -> str | None:
    """Return whose credential stands in a text, by its format; None for none that is known."""
    return next((name for name, (piece, form) in SERVICES.items() if piece in text and form.search(text)), None)


def _looks_drawn(text: str) -> bool:
    """Whether a text looks drawn by lot rather than like a name."""
    kinds = sum(re.search(kind, text) is not None for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^\w\s]"))
    return len(text) >= 8 and " " not in text and kinds >= 3 and not _NAME_LIKE.match(text) and "/" not in text[:1]
