from __future__ import annotations

import time

import pytest

from reviewer.judge.patterns import any_covers, path_matches, rule_matches, text_matches


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("main.tf", "main.tf", True),
        ("main.tf", "infra/main.tf", False),
        ("*.tf", "main.tf", True),
        ("*.tf", "infra/main.tf", False),
        ("**/*.tf", "main.tf", True),
        ("**/*.tf", "a/b/main.tf", True),
        ("**/*.tf", "a/b/main.yml", False),
        ("infra", "infra/prod/main.tf", True),
        ("infra/", "infra/main.tf", True),
        ("infra", "infrastructure/main.tf", False),
        ("infra/**", "infra/prod/main.tf", True),
        ("infra/**", "infra", False),
        ("infra/*", "infra/prod/main.tf", True),
        ("infra/**/test", "infra/test/x.tf", True),
        ("infra/**/test", "infra/a/b/test/x.tf", True),
        ("infra/**/test", "infra/a/tests/x.tf", False),
        ("**", "anything/at/all", True),
        ("a/**/**/b", "a/b", True),
        ("?.tf", "a.tf", True),
        ("?.tf", "ab.tf", False),
        ("m[0].tf", "m[0].tf", True),
        ("m[0].tf", "m0.tf", False),
    ],
)
def test_paths_match_as_the_reference_says(pattern, path, expected):
    assert path_matches(pattern, path) is expected


def test_a_pattern_of_what_is_below_covers_the_directory():
    assert any_covers(["infra/**"], "infra")
    assert any_covers(["infra"], "infra/prod")
    assert not any_covers(["infra/**"], "infrastructure")


def test_brackets_in_addresses_are_themselves():
    assert text_matches('module.bucket["site"].*', 'module.bucket["site"].aws_s3_bucket.this[0]')
    assert not text_matches('module.bucket["site"].*', "module.buckets.aws_s3_bucket.this")
    assert text_matches("aws_x.this[0]", "aws_x.this[0]")


def test_rules_match_in_any_case():
    assert rule_matches("ckv_aws_*", "CKV_AWS_24")
    assert not rule_matches("CKV_AWS_2", "CKV_AWS_24")


def test_no_pattern_makes_a_long_path_slow():
    started = time.perf_counter()
    assert not path_matches("/".join(["**", "a*a*a*a*b"] * 30), "/".join(["a" * 60] * 60))
    assert time.perf_counter() - started < 2
