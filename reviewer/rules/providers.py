"""How Terraform proves to a cloud who it is: no keys in the code, none that live long, TLS that is checked.

Judges `provider` blocks, the workflows that run Terraform, and how long the sessions of a role last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value, read_yaml
from reviewer.rules.resource import View, is_null, is_true, on_resources, plain
from reviewer.rules.roots import hit
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.secret_words import is_credential
from reviewer.rules.terraform import Block, read_blocks

_ENTROPY = ("CKV_SECRET_4", "CKV_SECRET_6", "CKV_SECRET_10", "CKV_SECRET_19")


def _providers(directory: Directory) -> Iterator[Block]:
    return (block for block in read_blocks(directory) if block.type == "provider" and block.labels)


def check_keys(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every credential that is written into a provider block."""
    for block in _providers(directory):
        for name, value in _named(block.value):
            if value.kind is Kind.TEXT and is_credential(name, value.text):
                yield hit(block.path, value, block.address, f"{block.address} has {name} written into it.", value)


def _named(value: Value) -> Iterator[tuple[str, Value]]:
    for name, entry in value.entries:
        yield name, entry
        yield from _named(entry)


_FILES = """
    profile shared_credentials_file shared_credentials_files shared_config_files client_certificate_path credentials
    client_secret_file_path token_file service_account_key_file private_key_path
"""
_FILE_NAMES = frozenset(_FILES.split())


def check_files(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provider that takes its credentials from a profile or a file of somebody's machine."""
    for block in _providers(directory):
        for name, value in block.value.entries:
            text = plain(value) or ""
            named_file = value.text.startswith(("file(", "pathexpand(")) or text.endswith(
                (".json", ".pem", ".pfx", ".key")
            )
            told = named_file if name in ("credentials",) else bool(text) or named_file or value.kind is Kind.LIST
            if name in _FILE_NAMES and told and not is_null(value) and "${" not in text:
                message = f"{block.address} takes its credentials from {name}, which is on somebody's machine."
                yield hit(block.path, value, block.address, message, value)


_LONG_LIVED = {
    "aws": (("access_key", "secret_key"), "assume_role_with_web_identity"),
    "azurerm": (("client_secret", "client_secret_file_path"), "use_oidc"),
    "azuread": (("client_secret", "client_secret_file_path"), "use_oidc"),
    "azapi": (("client_secret", "client_secret_file_path"), "use_oidc"),
    "google": (("credentials",), "workload identity federation"),
    "google-beta": (("credentials",), "workload identity federation"),
}
"""Provider -> the arguments for credentials without an end, and what takes their place."""


def check_long_lived(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provider that is handed a long-lived credential where short-lived ones are to be had."""
    for block in _providers(directory):
        names, instead = _LONG_LIVED.get(block.labels[0], ((), ""))
        for name in names:
            value = block.value.get(name)
            if value is None or not (value.text.startswith("var.") or value.text.startswith("${var.")):
                continue
            if not is_true(block.value.get("use_oidc")) and block.value.get("token", "session_token") is None:
                message = f"{block.address} signs in with {name}, which does not expire; {instead} would."
                yield hit(block.path, block.value, block.address, message, value)
                break


_KEYS = re.compile(
    r"^(?:AWS_SECRET_ACCESS_KEY|ARM_CLIENT_SECRET|AZURE_CLIENT_SECRET|GOOGLE_CREDENTIALS|GOOGLE_APPLICATION_CREDENTIALS"
    r"|aws-secret-access-key|credentials_json|creds|client-secret)$"
)
_RUNS = re.compile(r"\b(?:terraform|tofu|opentofu|terragrunt)\b")


def check_workflows(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every workflow that runs Terraform with a key that is kept as a secret of GitHub."""
    if not directory.path.endswith(".github/workflows"):
        return
    for path in directory.named(".yml", ".yaml"):
        source = directory.files[path]
        if b"secrets." not in source or not _RUNS.search(source.decode("utf-8", "replace")):
            continue
        for document in read_yaml(source):
            for job, value in _jobs(document):
                yield from _static(path, job, value)


def _jobs(document: Value) -> Iterator[tuple[str, Value]]:
    jobs, environment = document.get("jobs"), document.get("env")
    running = [(name, job) for name, job in (jobs.entries if jobs else ()) if _runs_terraform(job)]
    yield from running
    if environment and running:
        yield "env", environment


def _runs_terraform(job: Value) -> bool:
    return any(_RUNS.search(value.text) for value in job.walk() if value.kind is Kind.TEXT)


def _static(path: str, job: str, value: Value) -> Iterator[Hit]:
    for name, entry in _named(value):
        if _KEYS.match(name) and "secrets." in entry.text:
            message = (
                f"{job} runs Terraform with {name}, a key that does not expire; the workflow could ask for a token."
            )
            yield hit(path, value, job, message, entry)


_UNVERIFIED = """
    insecure skip_tls_verify allow_unverified_ssl tls_insecure_skip_verify insecure_skip_verify ssl_skip_verify
    skip_cert_verification insecure_skip_tls_verify
"""
_UNVERIFIED_NAMES = frozenset(_UNVERIFIED.split())


def check_tls(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provider that talks to whoever answers."""
    for block in _providers(directory):
        for name, value in _named(block.value):
            if name in _UNVERIFIED_NAMES and is_true(value):
                message = f"{block.address} does not check who answers: {name} is true."
                yield hit(block.path, block.value, block.address, message, value)


_LONGEST = 4 * 3600
_DURATION = re.compile(r"^P?T?(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s)?$", re.IGNORECASE)
_SESSIONS = {
    "aws_iam_role": "max_session_duration",
    "AWS::IAM::Role": "MaxSessionDuration",
    "aws_ssoadmin_permission_set": "session_duration",
    "AWS::SSO::PermissionSet": "SessionDuration",
}


def long_sessions(view: View) -> Iterator[Hit]:
    """Yield a hit for every role whose sessions may last longer than half a working day."""
    for type_, path in _SESSIONS.items():
        for resource in view.of(type_):
            seconds = _seconds(resource.text(path) or "")
            if seconds > _LONGEST:
                message = f"Sessions of {resource.address} last up to {seconds / 3600:g} hours."
                yield resource.hit(message, resource.get(path))


def _seconds(text: str) -> int:
    if text.isdigit():
        return int(text[:9])
    match = _DURATION.match(text)
    return sum(int(match[i] or 0) * unit for i, unit in ((1, 3600), (2, 60), (3, 1))) if match else 0


_OIDC = (
    "https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments/about-security-"
    "hardening-with-openid-connect"
)

RULES = (
    Rule(
        id="PLB_AUTH_1",
        title="Credential in a provider block",
        severity=Severity.CRITICAL,
        why="It is the key to everything that this code manages, and everybody who can read the repository has it.",
        remedy="Revoke it. Let the runner sign in for a short time: OIDC in a workflow, a role of the machine "
        "elsewhere; or set the provider's environment variables from a secret store.",
        references=(
            "https://registry.terraform.io/providers/hashicorp/aws/latest/docs#authentication-and-configuration",
            _OIDC,
        ),
        supersedes=(*_ENTROPY, "CKV_AWS_41", "CKV_BCW_1", "CKV_LIN_1", "CKV_OCI_1", "CKV_OPENSTACK_1", "CKV_PAN_1"),
        check=check_keys,
        hides=True,
    ),
    Rule(
        id="PLB_AUTH_2",
        title="Provider depends on credentials of a machine",
        severity=Severity.LOW,
        why="Who applies this, and with which rights, depends on a file on that machine. The keys in such files mostly "
        "do not expire.",
        remedy="Name the role (assume_role, assume_role_with_web_identity) or use_oidc, and leave profiles to the "
        "environment (AWS_PROFILE) of who runs it by hand.",
        references=(
            "https://registry.terraform.io/providers/hashicorp/aws/latest/docs#authentication-and-configuration",
        ),
        check=check_files,
    ),
    Rule(
        id="PLB_AUTH_3",
        title="Provider signs in with a credential that does not expire",
        severity=Severity.MEDIUM,
        why="Whoever gets it once, from a log or a laptop, keeps what it allows until somebody notices.",
        remedy="Sign in by OIDC: use_oidc = true in Azure, assume_role_with_web_identity in AWS, workload identity "
        "federation in Google Cloud.",
        references=(
            _OIDC,
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/service_principal_oidc",
        ),
        check=check_long_lived,
    ),
    Rule(
        id="PLB_AUTH_4",
        title="Workflow runs Terraform with a key that does not expire",
        severity=Severity.MEDIUM,
        why="Every step of the job, and every action it uses, can take the key with it; it works from anywhere until "
        "somebody changes it.",
        remedy="Give the job permissions: id-token: write and let it ask for a short token: role-to-assume of "
        "aws-actions/configure-aws-credentials, azure/login without a secret, workload_identity_provider of "
        "google-github-actions/auth.",
        references=(_OIDC,),
        check=check_workflows,
        framework="github_actions",
    ),
    Rule(
        id="PLB_AUTH_5",
        title="Sessions last very long",
        severity=Severity.LOW,
        why="A stolen session works until it ends, whatever is changed in the meantime.",
        remedy="Keep the default of an hour, or what the longest job needs.",
        references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html",),
        check=on_resources(long_sessions),
        concept=long_sessions,
    ),
    Rule(
        id="PLB_AUTH_6",
        title="Provider does not check who answers",
        severity=Severity.MEDIUM,
        why="Whoever sits in between is handed the provider's credentials, and decides what it sees.",
        remedy="Give the provider the certificate authority instead (cluster_ca_certificate, ca_cert_file).",
        references=("https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs",),
        check=check_tls,
    ),
)
