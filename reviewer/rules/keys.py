"""Keys of AWS KMS: whether they turn, whether they can be used, and keys that stand in the code.

Whose key is used where is the business of `managed_keys`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind
from reviewer.rules.resource import Resource, View, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_ROTATED = {
    "aws_kms_key": (
        "enable_key_rotation",
        ("key_usage",),
        ("customer_master_key_spec", "key_spec"),
        "custom_key_store_id",
    ),
    "AWS::KMS::Key": ("EnableKeyRotation", ("KeyUsage",), ("KeySpec",), "Origin"),
}


def check_rotation(view: View) -> Iterator[Hit]:
    """Yield a hit for every key that could turn by itself and does not. Keys that sign or are asymmetric cannot."""
    for type_, (switch, usage, spec, elsewhere) in _ROTATED.items():
        for key in view.of(type_):
            turns = _is(key, usage, "ENCRYPT_DECRYPT") and _is(key, spec, "SYMMETRIC_DEFAULT")
            if key.is_off(switch) and turns and _is(key, (elsewhere,), "AWS_KMS"):
                yield key.hit(f"{key.address} is never rotated: {switch} is not on.", key.get(switch))


def _is(resource: Resource, paths: tuple[str, ...], default: str) -> bool:
    """Whether nothing but the default is said at `paths`."""
    return all(resource.lacks(path) or resource.text(path) == default for path in paths)


def check_disabled(view: View) -> Iterator[Hit]:
    """Yield a hit for every key that is created disabled. (Checkov says it of Terraform's.)"""
    for key in view.of("AWS::KMS::Key"):
        if plain(key.get("Enabled")) == "false":
            yield key.hit(f"{key.address} is disabled: nothing can be encrypted or read with it.", key.get("Enabled"))


_MATERIAL = {
    "aws_kms_external_key": "key_material_base64",
    "aws_kms_ciphertext": "plaintext",
    "aws_transfer_server": "host_key",
    "aws_iam_server_certificate": "private_key",
    "aws_acm_certificate": "private_key",
    "AWS::IAM::ServerCertificate": "PrivateKey",
    "AWS::OpsWorks::App": "SslConfiguration.PrivateKey",
}


def check_material(view: View) -> Iterator[Hit]:
    """Yield a hit, without the value, for every key that stands in the code."""
    for type_, path in _MATERIAL.items():
        for resource in view.of(type_):
            value = resource.get(path)
            text = value.text.strip() if value is not None and value.kind is Kind.TEXT else ""
            if text and not text.startswith("{{resolve:"):
                yield resource.hit(f"{resource.address} has the value of {path} written down.")


_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"

RULES = (
    Rule(
        id="PLB_KEY_4",
        title="A key is never rotated",
        severity=Severity.LOW,
        why="Everything that is ever encrypted hangs on one piece of key material; KMS replaces it every year and "
        "keeps the old one for reading, if it is told to.",
        remedy="Turn automatic rotation on: nothing that uses the key has to change.",
        references=(_KMS + "rotate-keys.html",),
        check=on_resources(check_rotation),
        concept=check_rotation,
        supersedes=("CKV_AWS_7",),
    ),
    Rule(
        id="PLB_KEY_5",
        title="A key is created disabled",
        severity=Severity.LOW,
        why="Nothing can be encrypted or read with a disabled key: what uses it fails, or is set up without it.",
        remedy="Leave the key enabled, or take it out.",
        references=(_KMS + "enabling-keys.html",),
        check=on_resources(check_disabled),
        concept=check_disabled,
        framework="cloudformation",
    ),
    Rule(
        id="PLB_KEY_6",
        title="Key material stands in the code",
        severity=Severity.CRITICAL,
        why="Whoever can read the repository, now or in its history, has the key.",
        remedy="Make a new key outside of the repository and take it from a secret store; the old one is burnt.",
        references=(_KMS + "importing-keys.html",),
        check=on_resources(check_material),
        concept=check_material,
    ),
)
