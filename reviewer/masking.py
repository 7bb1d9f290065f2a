"""What looks like a secret does not leave: it becomes `****`, and every line stays a line.

Owns the shapes of secrets. Must not know where the text came from or where it goes. All patterns are linear: they see
hostile text of any length. Over-masking costs a reader a glance, under-masking a credential, but names, references
(`var.password`), commit ids and digests stay readable, for a review without them says nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

MASK = "****"

_PEM = re.compile(
    r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----)(.*?)(-----END [A-Z0-9 ]{0,60}-----|\Z)", re.S
)

_TOKENS = re.compile(
    r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"  # AWS access key ids
    r"|\bgh[a-z]_[A-Za-z0-9._-]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\bey[JI][A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,3}"  # JWT, JWE
    r"|\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}"
    r"|hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]+"
    r"|\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9+/=]{16,}"
    r"|\bAIza[0-9A-Za-z_-]{35}|\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{20,}"
    r"|\bgl[a-z]{2,5}-[0-9A-Za-z_.-]{20,}|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{20,}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bhv[sbr]\.[\w-]{20,}|\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{20,}"
    r"|\bdo[opr]_v1_[a-f0-9]{32,}|\bdckr_pat_[\w-]{20,}|\bsk-[A-Za-z0-9_-]{20,}|\bNRAK-[A-Z0-9]{20,}"
)

_SENSITIVE = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|secret[_-]?key|private[_-]?key"
    r"|shared[_-]?key|account[_-]?key|signing[_-]?key|encryption[_-]?key|client[_-]?secret|connection[_-]?string"
    r"|credentials?|authorization)(?:[_-]?(?:\d{1,4}|hash|value|string|text|wo|b64|base64))?"
)
_STEMS = ("pass", "pwd", "secret", "token", "key", "connection", "credential", "authorization")  # of _SENSITIVE
# A value that is a reference, a switch or empty is no secret. `$` covers "${var.x}", "$(cmd)" and shell variables.
_REFERENCE = (
    r"(?:(?:var|local|data|module|each|self|path|count|secrets|env|inputs|steps|vars)\.[A-Za-z_]"
    r"|(?:aws|azurerm|azuread|azapi|google|random|tls|vault|kubernetes|github|time|null|terraform)_\w{1,60}\."
    r"|(?:true|false|null|nil|none|yes|no|on|off|required|optional|string|any|bool|number)\b|[A-Za-z_]{1,40}\("
    r"|[$\[{]|\*{4}|<<|[|>][+-]?\s)"
)
_GAP = r"[ \t]{0,80}"
_QUOTED = r"""(?P<q>\\?["'])(?!\s{0,9}(?P=q))(?!\$\{[^{}"']{0,200}\}(?P=q))(?:\\.|[^\\\n])*?(?P=q)"""
_OPEN = r"""(?P<open>["'])(?:\\.|(?!(?P=open))[^\\\n])*$"""  # a quote that its line does not close
_BARE = rf"""(?!{_REFERENCE})[^\s"'\\][^\s"']*"""
_LINE = rf"""(?!{_REFERENCE})[^\s"'\\#][^\n]*"""
_EQUALS = re.compile(
    rf"(?P<key>{_SENSITIVE}\\?[\"']?{_GAP}(?:=>|==|:=|=){_GAP})(?:{_QUOTED}|{_OPEN}|{_BARE})", re.I | re.M
)
_COLON = re.compile(  # YAML's plain values go to the end of the line; without a space after the colon it is a path
    rf"(?P<key>{_SENSITIVE}\\?[\"']?{_GAP}:{_GAP})(?:{_QUOTED}|{_OPEN}|(?<=[ \t]){_LINE})", re.I | re.M
)
_NAMED = re.compile(  # { name = "DB_PASSWORD", value = "..." }, also over two lines
    rf"(?P<key>\bname\\?[\"']?{_GAP}[:=]{_GAP}\\?[\"']?[\w.-]{{0,80}}?{_SENSITIVE}\\?[\"']?{_GAP},?\s{{0,80}}"
    rf"\\?[\"']?value\\?[\"']?{_GAP}[:=]{_GAP})(?:{_QUOTED}|{_OPEN}|{_BARE})",
    re.I | re.M,
)
_SPACED = re.compile(  # Dockerfile `ENV DB_PASSWORD x`, command line `--password x`
    rf"(?P<key>(?:\b(?:ENV|ARG)[ \t]{{1,9}}[\w-]{{0,80}}?|(?<![\w-])--[\w-]{{0,80}}?){_SENSITIVE}[ \t]{{1,9}})"
    rf"(?:{_QUOTED}|{_BARE})",
    re.I,
)
_DEFAULT = re.compile(  # variable "db_password" { default = "..." }
    rf"(?P<key>\bvariable{_GAP}\"[\w-]{{0,80}}?{_SENSITIVE}[\w-]{{0,80}}\"\s{{0,80}}\{{[^{{}}]{{0,2000}}?"
    rf"\bdefault{_GAP}={_GAP})(?:{_QUOTED}|{_OPEN}|{_BARE})",
    re.I | re.M,
)
_HEADER = re.compile(r"(\bBearer[ \t]{1,9}|\bBasic[ \t]{1,9}(?=\S{0,512}[\d=]))(?![$<{])[A-Za-z0-9._~+/=-]{16,}")
_HEREDOC = re.compile(
    rf"({_SENSITIVE}\"?[ \t]{{0,80}}[:=][ \t]{{0,80}}<<[-~]?\"?(\w{{1,60}})\"?[^\n]*\n)(.*?)(?=^[ \t]*\2[ \t]*\r?$|\Z)",
    re.I | re.S | re.M,
)
_BLOCK_SCALAR = re.compile(
    rf"^((?P<indent>[ \t]{{0,80}})[^\n:]{{0,80}}?{_SENSITIVE}[\"']?[ \t]{{0,80}}:[ \t]{{0,80}}[|>][^\n]{{0,80}}\n)"
    r"((?:(?P=indent)[ \t]+[^\n]*\n?|[ \t]*\n)*)",
    re.I | re.M,
)
_USERINFO = re.compile(r"(://[^\s:/@\"']{0,200}:)([^\s\"'$<{]{1,512})@")
_DIGESTED = re.compile(r"(?:sha(?:1|256|384|512)[:=-]|ref=|commit[/=]|@|blob/|tree/)$", re.I)
_LITERAL = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


def mask_secrets(text: str) -> str:
    """Return `text` with known token shapes, assigned passwords and random-looking literals as `****`.

    Line breaks stay, so line numbers do. Applying it twice changes nothing more.
    """
    return _masked_short(text) if len(text) <= 1000 else _masked(text)


@lru_cache(maxsize=4096)
def _masked_short(text: str) -> str:
    return _masked(text)


def _masked(text: str) -> str:
    return _LITERAL.sub(_mask_random, mask_known(text))


def mask_known(text: str) -> str:
    """Return `text` as `mask_secrets` does, but for random-looking literals: where digests stand, they are none."""
    folded = text.casefold()  # cheap looks first: most text holds nothing of the kind
    if "private key" in folded:
        text = _PEM.sub(lambda m: m[1] + _mask_lines(m[2]) + m[3], text)
    sensitive = any(word in folded for word in _STEMS)
    if sensitive:
        text = _HEREDOC.sub(lambda m: m[1] + _mask_lines(m[3]), text)
        text = _BLOCK_SCALAR.sub(lambda m: m[1] + _mask_lines(m[3]), text)
    if "://" in text:
        text = _USERINFO.sub(rf"\1{MASK}@", text)
    text = _HEADER.sub(rf"\1{MASK}", _TOKENS.sub(MASK, text))
    if sensitive:
        for pattern in (_NAMED, _DEFAULT, _EQUALS, _COLON, _SPACED):
            text = pattern.sub(_mask_value, text)
    return text


def _mask_lines(text: str) -> str:
    return re.sub(r"[^\s\\][^\n]*", MASK, text) if "\n" in text else (MASK if text else "")


def _mask_value(match: re.Match[str]) -> str:
    quote = match["q"] or match["open"] or "" if "open" in match.re.groupindex else match["q"] or ""
    return f"{match['key']}{quote}{MASK}{quote}"


def _mask_random(match: re.Match[str]) -> str:
    token = match[0]
    if _DIGESTED.search(match.string, max(0, match.start() - 8), match.start()):
        return token
    return MASK if _is_random(token) else token


def _is_random(token: str) -> bool:
    """Whether `token` looks drawn by lot: keys in hexadecimal or base64, not names, paths or CamelCase."""
    kinds = [_kind(c) for c in token]
    if not {"digit", "lower"} <= set(kinds) and not {"digit", "upper"} <= set(kinds):
        return False
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", token):
        return _entropy(token) > 3.0
    if not {"digit", "lower", "upper"} <= set(kinds):
        return False
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes >= 0.38 * len(token) and _entropy(token) > 3.8


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "sign"


def _entropy(token: str) -> float:
    """Bits per character."""
    counts = Counter(token).values()
    return -sum(n / len(token) * math.log2(n / len(token)) for n in counts)
