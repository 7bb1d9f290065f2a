"""The environment, read once into one frozen `Settings`; every missing or bad variable is named at once.

The only reader of environment variables. Knows nothing of what the settings are used for.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reviewer.errors import Misconfigured

CONFIG_DIR = Path(__file__).resolve().parent.parent / "config"
"""What an operator may change: policy, severities, gunicorn, the App's manifest."""

GITHUB_API = "https://api.github.com"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SANDBOXES = ("auto", "landlock", "none")
MIN_SECRET_LENGTH = 8
MIB = 1 << 20

Environ = Mapping[str, str]


class Secret:
    """A text that neither logs nor tracebacks show."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanLimits:
    """What one scan may use before it is stopped from outside."""

    wall_seconds: int
    cpu_seconds: int
    memory_mb: int
    max_file_bytes: int
    max_tree_bytes: int
    review_seconds: int = 1800  # all scans of one review together


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the environment says. URLs have no slash at their end."""

    app_id: int
    private_key: Secret  # PEM
    webhook_secrets: tuple[Secret, ...]
    api_url: str
    git_url: str  # where repositories are fetched from
    html_url: str  # where people look at them
    database_url: str = field(repr=False)  # SQLAlchemy's form; may hold a password
    data_dir: Path
    port: int
    log_level: str
    sandbox: str  # auto, landlock or none
    scan_timeout_seconds: int
    scan_memory_mb: int
    max_file_bytes: int
    max_tree_bytes: int
    review_timeout_seconds: int
    worker_concurrency: int  # reviews at a time in one worker
    max_tries: int  # of one step, before the check run says that it failed
    dry_run: bool  # review, and write nothing on GitHub but what would be written in the log
    plan_program: Path | None  # Terraform or OpenTofu; None: no plans
    schemas_dir: Path  # what the operator knows of providers, see `plan.schemas`
    github_pause: bool  # space requests out as GitHub asks; not for a GitHub on loopback

    @property
    def scan_limits(self) -> ScanLimits:
        """The limits of one scan."""
        return ScanLimits(
            wall_seconds=self.scan_timeout_seconds,
            cpu_seconds=self.scan_timeout_seconds,
            memory_mb=self.scan_memory_mb,
            max_file_bytes=self.max_file_bytes,
            max_tree_bytes=self.max_tree_bytes,
            review_seconds=self.review_timeout_seconds,
        )


def read_settings(environ: Environ) -> Settings:
    """Return the settings that `environ` describes; creates DATA_DIR if it is not there.

    Raises Misconfigured with all problems at once, each naming its variable and what was expected, and none of them
    quoting a secret.
    """
    problems: list[str] = []
    data_dir = _data_dir(environ, problems)
    api_url = _api_url(environ, problems)
    limits = _scan_limits(environ, problems)
    settings = Settings(
        app_id=_app_id(environ, problems),
        private_key=_private_key(environ, problems),
        webhook_secrets=_webhook_secrets(environ, problems),
        api_url=api_url,
        git_url=_host_url(api_url),
        html_url=_host_url(api_url),
        database_url=_database_url(environ, data_dir, problems),
        data_dir=data_dir,
        port=_number(environ, "PORT", 8000, (1, 65535), problems),
        log_level=_choice(environ, "LOG_LEVEL", LOG_LEVELS, "INFO", problems),
        sandbox=_choice(environ, "SCAN_SANDBOX", SANDBOXES, "auto", problems),
        scan_timeout_seconds=limits.wall_seconds,
        scan_memory_mb=limits.memory_mb,
        max_file_bytes=limits.max_file_bytes,
        max_tree_bytes=limits.max_tree_bytes,
        review_timeout_seconds=limits.review_seconds,
        worker_concurrency=_number(environ, "WORKER_CONCURRENCY", os.cpu_count() or 1, (1, 64), problems),
        max_tries=_number(environ, "MAX_TRIES", 8, (1, 100), problems),
        dry_run=_choice(environ, "DRY_RUN", ("no", "yes"), "no", problems) == "yes",
        plan_program=_plan_program(environ, problems),
        schemas_dir=schemas_directory(environ),
        github_pause=not _is_loopback(urlsplit(api_url)),
    )
    if problems:
        raise Misconfigured(tuple(problems))
    return settings


def default_scan_limits(environ: Environ) -> ScanLimits:
    """Return the limits of one scan, with no need of GitHub's settings. Raises Misconfigured."""
    problems: list[str] = []
    limits = _scan_limits(environ, problems)
    if problems:
        raise Misconfigured(tuple(problems))
    return limits


def sandbox_choice(environ: Environ) -> str:
    """Return `auto`, `landlock` or `none`, with no need of GitHub's settings. Raises Misconfigured."""
    problems: list[str] = []
    choice = _choice(environ, "SCAN_SANDBOX", SANDBOXES, "auto", problems)
    if problems:
        raise Misconfigured(tuple(problems))
    return choice


def plan_program(environ: Environ) -> Path | None:
    """Return the Terraform or OpenTofu that makes plans, with no need of GitHub's settings; None: there is none.

    TERRAFORM_PATH and TOFU_PATH come first, then `terraform` and `tofu` of PATH. Raises Misconfigured.
    """
    problems: list[str] = []
    program = _plan_program(environ, problems)
    if problems:
        raise Misconfigured(tuple(problems))
    return program


def cache_directory(environ: Environ) -> Path:
    """Return where the command line keeps what it may lose: below XDG_CACHE_HOME (XDG Base Directory Specification)."""
    home = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or tempfile.gettempdir(), ".cache"))
    return Path(home, "plumbrule")


def schemas_directory(environ: Environ) -> Path:
    """Return where the operator's schemas of providers are: below DATA_DIR, or XDG_DATA_HOME where that is not set."""
    if data_dir := _text(environ, "DATA_DIR"):
        return Path(data_dir).absolute() / "schemas"
    home = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or tempfile.gettempdir(), ".local", "share"))
    return Path(home, "plumbrule", "schemas")


def _scan_limits(environ: Environ, problems: list[str]) -> ScanLimits:
    seconds = _number(environ, "SCAN_TIMEOUT_SECONDS", 120, (1, 3600), problems)
    return ScanLimits(
        wall_seconds=seconds,
        cpu_seconds=seconds,
        memory_mb=_number(environ, "SCAN_MEMORY_MB", 2048, (256, 1 << 20), problems),
        max_file_bytes=_number(environ, "SCAN_MAX_FILE_BYTES", MIB, (1024, 1 << 30), problems),
        max_tree_bytes=_number(environ, "SCAN_MAX_TREE_BYTES", 64 * MIB, (1024, 1 << 34), problems),
        review_seconds=_number(environ, "REVIEW_TIMEOUT_SECONDS", 1800, (1, 86400), problems),
    )


def _plan_program(environ: Environ, problems: list[str]) -> Path | None:
    for name in ("TERRAFORM_PATH", "TOFU_PATH"):
        if text := _text(environ, name):
            path = Path(text)
            if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
                return path.resolve()
            problems.append(f"{name}: {text[:200]!r} is no program; expected the absolute path of one")
            return None
    found = (shutil.which(word, path=environ.get("PATH", os.defpath)) for word in ("terraform", "tofu"))
    program = next(filter(None, found), None)
    return Path(program).resolve() if program else None


def _app_id(environ: Environ, problems: list[str]) -> int:
    text = _text(environ, "GITHUB_APP_ID")
    if text.isascii() and text.isdigit() and int(text[:18]) > 0 and len(text) <= 18:
        return int(text)
    if text:
        problems.append(
            f"GITHUB_APP_ID: {text[:40]!r} is not a number; expected the App ID from the App's settings page"
        )
    else:
        problems.append("GITHUB_APP_ID: missing; expected the App ID from the App's settings page")
    return 0


def _private_key(environ: Environ, problems: list[str]) -> Secret:
    text, path = _text(environ, "GITHUB_APP_PRIVATE_KEY"), _text(environ, "GITHUB_APP_PRIVATE_KEY_FILE")
    name = "GITHUB_APP_PRIVATE_KEY"
    if text and path:
        problems.append(f"{name}: given together with {name}_FILE; expected one of the two")
    elif path:
        name += "_FILE"
        try:
            text = Path(path).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not a text file"
            problems.append(f"{name}: {path!r} could not be read ({why}); expected the App's private key, a PEM file")
            return Secret("")
    elif not text:
        problems.append(f"{name}: missing; expected the App's private key (PEM), or {name}_FILE with a path to it")
        return Secret("")
    pem = text.replace("\\r", "").replace("\\n", "\n")  # one-line forms of .env files
    if why := _not_an_rsa_key(pem):
        problems.append(f"{name}: {why}; expected the PEM file that GitHub generated for the App")
    return Secret(pem + "\n")


def _not_an_rsa_key(pem: str) -> str | None:
    if "-----BEGIN" not in pem:
        return "is not PEM (no -----BEGIN line)"
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        return "is a key with a passphrase"
    except (ValueError, UnsupportedAlgorithm):
        return "is damaged or not a private key"
    return None if isinstance(key, RSAPrivateKey) else "is not an RSA key"


def _webhook_secrets(environ: Environ, problems: list[str]) -> tuple[Secret, ...]:
    name, text = "GITHUB_WEBHOOK_SECRET", _text(environ, "GITHUB_WEBHOOK_SECRET")
    if not text:
        problems.append(f"{name}: missing; expected the App's webhook secret, or several separated by commas")
        return ()
    secrets = [part.strip() for part in text.split(",")]
    for position, secret in enumerate(secrets, 1):
        if len(secret) < MIN_SECRET_LENGTH:
            fault = "is empty" if not secret else f"has fewer than {MIN_SECRET_LENGTH} characters"
            problems.append(f"{name}: secret {position} of {len(secrets)} {fault}; expected a long random text")
    return tuple(map(Secret, secrets))


def _api_url(environ: Environ, problems: list[str]) -> str:
    text = _text(environ, "GITHUB_API_URL").rstrip("/") or GITHUB_API
    if why := _not_an_api_url(text):
        problems.append(f"GITHUB_API_URL: {why}; expected {GITHUB_API} or https://HOST/api/v3")
        return GITHUB_API
    return text


def _not_an_api_url(text: str) -> str | None:  # noqa: PLR0911 (one return a fault)
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return "is not a URL"
    if url.scheme not in {"http", "https"} or not url.hostname:
        return "is not an https URL"
    if url.username or url.password or url.query or url.fragment:
        return "has a user, a query or a fragment in it"
    if _is_loopback(url):
        return None
    if url.scheme == "http":
        return "is plain http to a host that is not loopback"
    if url.hostname == "api.github.com" or url.hostname.endswith(".ghe.com"):
        return "has a path" if url.path else None
    return None if url.path == "/api/v3" else "does not end in /api/v3"


def _host_url(api_url: str) -> str:
    """Return where people and git find what `api_url` serves: GitHub.com, its data residency, or the same host."""
    url = urlsplit(api_url)
    host = url.netloc
    if host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com")):
        host = host.removeprefix("api.")
    return f"{url.scheme}://{host}"


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _data_dir(environ: Environ, problems: list[str]) -> Path:
    path = Path(_text(environ, "DATA_DIR") or "var").absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a path"
        problems.append(f"DATA_DIR: {str(path)!r} is not writable ({why}); expected a directory on a local disk")
    return path


def _database_url(environ: Environ, data_dir: Path, problems: list[str]) -> str:
    text = _text(environ, "DATABASE_URL") or f"sqlite:///{data_dir / 'plumbrule.db'}"
    scheme, separator, rest = text.partition("://")
    if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg"} and _names_a_database(rest):
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite" and rest.startswith("/") and rest.strip("/") not in {"", ":memory:"}:
        return text
    problems.append(
        "DATABASE_URL: cannot be used; expected postgresql://USER:PASSWORD@HOST/NAME, or sqlite:///FILE on a local disk"
    )
    return ""


def _names_a_database(rest: str) -> bool:
    try:
        url = urlsplit(f"//{rest}")
        _ = url.port
    except ValueError:
        return False
    return bool(url.path.strip("/")) and bool(url.hostname or "host=" in url.query)


def _number(environ: Environ, name: str, default: int, span: tuple[int, int], problems: list[str]) -> int:
    text = _text(environ, name)
    low, high = span
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 19 and low <= int(text) <= high:
        return int(text)
    problems.append(f"{name}: {text[:40]!r} cannot be used; expected a whole number from {low} to {high}")
    return default


def _choice(environ: Environ, name: str, words: tuple[str, ...], default: str, problems: list[str]) -> str:
    text = _text(environ, name) or default
    for word in words:
        if text.lower() == word.lower():
            return word
    problems.append(f"{name}: {text[:40]!r} cannot be used; expected one of {', '.join(words)}")
    return default


def _text(environ: Environ, name: str) -> str:
    return environ.get(name, "").strip()
