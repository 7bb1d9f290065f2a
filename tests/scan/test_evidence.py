"""The text that leaves the sandbox: short, on one line, without its secrets."""

from __future__ import annotations

import pytest

from reviewer.scan.evidence import MASK, MAX_EVIDENCE, fold, mask, mask_all


@pytest.mark.parametrize(
    "text, secret",
    [
        ('password = "hunter2"', "hunter2"),
        ('  db_password="p@ss w0rd"', "p@ss w0rd"),
        ("MasterUserPassword: hunter22", "hunter22"),
        ('"client_secret": "abc"', "abc"),
        ("api-key = 12345678", "12345678"),
        ('access_key = "AKIAIOSFODNN7EXAMPLE"', "AKIAIOSFODNN7EXAMPLE"),
        ("export X=AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("x = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
        ("url = https://user:pa55@host/", "pa55"),
        ("token: ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abc"),
        ("x = eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJhbGci"),
        ("k = -----BEGIN RSA PRIVATE KEY----- MIIE -----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_secrets_are_masked(text: str, secret: str) -> None:
    assert secret not in mask(text)
    assert MASK in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        'cidr_blocks = ["0.0.0.0/0"]',
        "publicly_accessible = true",
        'source = "git::https://example.com/modules/network.git?ref=v1.2.3"',
        "kms_key_id = aws_kms_key.example_with_a_rather_long_name_here.arn",
        "password = var.password",
        'password = "${var.password}"',
        "Condition: StringLike token.actions.githubusercontent.com:sub repo:acme/infra:*",
        'resource "aws_secretsmanager_secret" "database_credentials_for_production" {',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_white_space_is_folded_and_the_length_is_bounded() -> None:
    assert fold("a   =\t1\n\n  b = 2,\n") == "a = 1 b = 2"
    assert len(fold("x " * 10_000)) == MAX_EVIDENCE


@pytest.mark.parametrize(
    "line, shown",
    [
        ('  access_key = "AKIAIOSFODNN7EXAMPLE"', f"access_key = {MASK}"),
        ("AWS_SECRET_ACCESS_KEY: abcdefgh", f"AWS_SECRET_ACCESS_KEY: {MASK}"),
        ("-----BEGIN RSA PRIVATE KEY-----", MASK),
        ("hunter2hunter2", MASK),
    ],
)
def test_of_a_line_with_a_secret_only_the_name_is_shown(line: str, shown: str) -> None:
    assert mask_all(line) == shown
