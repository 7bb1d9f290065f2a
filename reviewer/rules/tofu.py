"""OpenTofu's encryption of state and plans: keys that are not in the code, no way back to plain text.

Judges `terraform { encryption {...} }` (OpenTofu 1.7: state and plan encryption).
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import is_unset
from reviewer.rules.roots import hit, settings_of
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import Block, read_blocks

_DOCS = "https://opentofu.org/docs/language/state/encryption/"
_SECRETS = ("passphrase", "key", "token", "secret_key", "access_key", "credentials", "client_secret")
_TARGETS = ("state", "plan")


def _encryptions(directory: Directory) -> Iterator[tuple[Block, Value]]:
    return settings_of(directory, "encryption")


def check_passphrase(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every key provider whose passphrase, key or token is written down, here or in a default."""
    defaults = {
        b.labels[0]: b.value.get("default") for b in read_blocks(directory) if b.type == "variable" and b.labels
    }
    for block, encryption in _encryptions(directory):
        for kind, name, settings in _labelled(encryption.get("key_provider")):
            for key, value in settings.entries:
                given = defaults.get(value.text.removeprefix("var.")) if value.text.startswith("var.") else value
                if key in _SECRETS and given is not None and given.kind is Kind.TEXT and given.text:
                    message = f"key_provider.{kind}.{name} has its {key} written into the code."
                    yield hit(block.path, settings, f"key_provider.{kind}.{name}", message, value)


def check_fallback(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every state or plan that may be written or read in plain text."""
    for block, encryption in _encryptions(directory):
        for target in (*_TARGETS, "remote_state_data_sources"):
            for settings in _blocks(encryption, target):
                for at, method in _methods(settings):
                    if method.text.strip('"${} ').startswith("method.unencrypted."):
                        message = f"encryption of {target} {at}: the method is unencrypted."
                        yield hit(block.path, settings, f"encryption.{target}", message, method)


def _methods(settings: Value) -> Iterator[tuple[str, Value]]:
    if method := settings.get("method"):
        yield "is none", method
    fallback = settings.get("fallback")
    for item in fallback.items() if fallback else ():
        if method := item.get("method"):
            yield "falls back to plain text", method


def check_enforced(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every encrypted state or plan that would be written in plain text without its method."""
    for block, encryption in _encryptions(directory):
        for target in _TARGETS:
            for settings in _blocks(encryption, target):
                if settings.kind is Kind.MAP and is_unset(settings.get("enforced")):
                    message = (
                        f"encryption of {target} is not enforced: without its method {target} is plain text again."
                    )
                    yield hit(block.path, settings, f"encryption.{target}", message, settings.get("enforced"))


def check_required(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for a root that the policy wants encrypted by OpenTofu, and that does not encrypt its state."""
    if directory.settings.covers(directory.settings.encrypted_state, directory.path):
        yield from unencrypted_root(directory)


def unencrypted_root(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for a directory with resources and no `encryption` block with a state in it."""
    if any(encryption.get("state") for _, encryption in _encryptions(directory)):
        return
    made = [block for block in read_blocks(directory) if block.type in ("terraform", "resource", "module")]
    if made:
        first = min(made, key=lambda block: (block.type != "terraform", block.path, block.value.line))
        where = directory.path or "the root of the repository"
        yield hit(first.path, first.value, where, f"{where} does not encrypt its state: it has no encryption block.")


def _blocks(value: Value, name: str) -> tuple[Value, ...]:
    found = value.get(name)
    return found.items() if found else ()


def _labelled(value: Value | None) -> Iterator[tuple[str, str, Value]]:
    """Yield (type, name, settings) of blocks with two labels."""
    for item in value.items() if value else ():
        for type_, named in item.entries:
            for name, settings in named.entries:
                yield from ((type_, name, one) for one in settings.items())


RULES = (
    Rule(
        id="PLB_STATE_9",
        title="Key of the state's encryption is in the code",
        severity=Severity.CRITICAL,
        why="Whoever can read the repository can decrypt every state and plan that was ever written with it: the "
        "encryption protects from nobody who matters.",
        remedy="Take the key from a key service (aws_kms, gcp_kms, openbao), or the passphrase from a sensitive "
        "variable without a default. Then rotate it, with the old one as fallback.",
        references=(_DOCS,),
        supersedes=("CKV_SECRET_6", "CKV_SECRET_10", "CKV_SECRET_19"),
        check=check_passphrase,
        hides=True,
    ),
    Rule(
        id="PLB_STATE_10",
        title="Encryption of state has a way back to plain text",
        severity=Severity.MEDIUM,
        why="With the method unencrypted, plain text is read as if it were right: whoever can write to the backend can "
        "put a state of their own there, and nobody notices that encryption is off.",
        remedy="Use the fallback for one migration only, and remove it in the next change.",
        references=(f"{_DOCS}#unencrypted",),
        check=check_fallback,
    ),
    Rule(
        id="PLB_STATE_11",
        title="Encryption of state is not enforced",
        severity=Severity.LOW,
        why="When the method is lost in a later change, or overridden by TF_ENCRYPTION, state is written in plain "
        "text without a word.",
        remedy="Set enforced = true for state and plan once everything is migrated.",
        references=(_DOCS,),
        check=check_enforced,
    ),
    Rule(
        id="PLB_STATE_12",
        title="State is not encrypted by OpenTofu",
        severity=Severity.HIGH,
        why="The policy wants the state of this root encrypted before it leaves the runner, so that who can read the "
        "backend cannot read its secrets.",
        remedy="Add an encryption block with a key provider, a method, and state and plan that use it, enforced.",
        references=(_DOCS,),
        check=check_required,
    ),
)
