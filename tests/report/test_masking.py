"""Secrets do not leave."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.masking import mask_secrets
from reviewer.report.text import code, fence, plain, prose
from tests.report.hostile import hostile

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def drawn(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=length, max_size=length)


TOKENS = st.one_of(
    drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16).map("AKIA{}".format),
    st.tuples(st.sampled_from(["ghp_", "ghs_", "gho_", "ghu_", "ghr_"]), drawn(ALNUM, 36)).map("".join),
    drawn(ALNUM, 82).map("github_pat_{}".format),
    st.tuples(drawn(ALNUM, 20), drawn(ALNUM, 60), drawn(ALNUM + "_-", 40)).map(
        lambda p: f"ghs_12345_eyJ{p[0]}.eyJ{p[1]}.{p[2]}"
    ),
    st.tuples(drawn(ALNUM, 20), drawn(ALNUM, 60), drawn(ALNUM, 40)).map(lambda p: f"eyJ{p[0]}.eyJ{p[1]}.{p[2]}"),
    drawn("0123456789", 12).map("xoxb-{0}-{0}-abcdefGHIJKL".format),
    drawn(ALNUM, 24).map("sk_live_{}".format),
    drawn(ALNUM, 35).map("AIza{}".format),
    drawn(ALNUM, 20).map("glpat-{}".format),
)
# A password that no word of the surrounding text can equal by chance.
PASSWORDS = st.text(ALNUM + "!%^*()+./-", min_size=6, max_size=30).map("Zq7{}x".format)
ASSIGNMENTS = (
    'password = "{}"',
    "password = '{}'",
    'db_password      = "{}"',
    "PASSWORD={}",
    "password: {}",
    'password: "{}"',
    '"password": "{}"',
    "  admin_password: {}\n",
    'secret_access_key = "{}"',
    'api_key = "{}"',
    "client_secret: '{}'",
    'token = "{}"',
    "ENV DB_PASSWORD {}",
    "ENV DB_PASSWORD={}",
    "mysql --password {} -u root",
    "--set auth.password={}",
    'name = "DB_PASSWORD"\n value = "{}"',
    "- name: DB_PASSWORD\n  value: {}",
    '{{"name": "API_TOKEN", "value": "{}"}}',
    'variable "db_password" {{\n  default = "{}"\n}}',
    "postgres://admin:{}@db.example/orders",
    "password = <<EOT\n{}\nEOT\n",
    "password: |\n  {}\nuser: x",
    'password = "{}',
    "password: |\n  first\n\n  {}\n",
    "Password={};",
    'user_data = "export DB_PASSWORD={}"',
    '"{{\\"password\\": \\"{}\\"}}"',
)


@given(hostile, TOKENS, hostile)
def test_a_known_token_never_comes_out(before, token, after):
    text = f"{before} {token} {after}"
    for told in (mask_secrets(text), prose(text, 9999), code(text, 9999), plain(text, 9999), fence(text, "")):
        assert token not in told


@given(st.sampled_from(ASSIGNMENTS), PASSWORDS, st.sampled_from(["", "\n", "x = 1\n", "# note\n"]))
def test_an_assigned_password_never_comes_out(form, password, before):
    assert password not in mask_secrets(before + form.format(password))


@pytest.mark.parametrize("seed", range(50))
def test_a_random_key_never_comes_out(seed):
    raw = random.Random(seed).randbytes(33)
    for key in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), raw.hex()):
        assert key not in mask_secrets(f'x = "{key}"')


@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "EC PRIVATE KEY"]
)
@pytest.mark.parametrize("end", ["", "\n-----END {}-----\nafter = 1"])
def test_a_private_key_is_masked_line_by_line(kind, end):
    body = "\n".join(f"MIIEpAIBAAKCAQEA{n}zzz" for n in range(3))
    text = f"key = <<EOF\n-----BEGIN {kind}-----\n{body}{end.format(kind)}"
    masked = mask_secrets(text)
    assert "MIIE" not in masked
    assert masked.count("\n") == text.count("\n")
    assert ("after = 1" in masked) == bool(end)


@given(hostile, st.sampled_from(ASSIGNMENTS), PASSWORDS)
def test_lines_stay_lines_and_masking_twice_is_masking_once(text, form, password):
    text += form.format(password)
    masked = mask_secrets(text)
    assert masked.count("\n") == text.count("\n")
    assert mask_secrets(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "password = var.db_password",
        'password = "${var.db_password}"',
        "password = random_password.db.result",
        "password: ${{ secrets.DB }}",
        'password = ""',
        'http_tokens = "optional"',
        "manage_master_user_password = true",
        "automountServiceAccountToken: false",
        "arn:aws:secretsmanager:eu-west-1:1:secret:prod/db",
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
        "uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
        "image: app@sha256:9b2b6c7d0f4e1a3c5d7e9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e",
        'source = "git::https://example.com/vpc.git?ref=11bd71901bbe5b1630ceea73d27597364c9af683"',
        "modules/networking/vpc-endpoints/main.tf",
        'module.bucket["site"].aws_s3_bucket_public_access_block.this[0]',
        "123e4567-e89b-12d3-a456-426614174000",
        'secret_name = "db"',
        'variable "db_password" {}',
        "Ensure no hard coded passwords exist",
    ],
)
def test_what_is_no_secret_stays_readable(text):
    assert mask_secrets(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        "password",
        "://",
        "a:b@",
        "-----BEGIN PRIVATE KEY-----",
        "<<EOF",
        'password = "',
        "name:",
        "  ",
        "A1b",
        "password: |\n",
        'variable "password" {',
    ],
)
def test_masking_is_quick_on_a_hostile_megabyte(unit):
    mask_secrets(unit * (200_000 // len(unit)))  # the suite's time limit fails it if this is quadratic
