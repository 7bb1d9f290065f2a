"""Results survive the way out of the sandbox; nothing else gets through."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.model import Finding, NotExamined, ScanResult, Severity, Source, Span
from reviewer.scan.results import BadResult, decode, encode, is_inside

SPAN = Span(path="infra/main.tf", start_line=3, end_line=4)
FINDING = Finding(
    rule="CKV_AWS_24",
    title="SSH is open",
    severity=Severity.HIGH,
    span=SPAN,
    block=Span(path="infra/main.tf", start_line=1, end_line=9),
    resource='module.a["x"].aws_security_group.b',
    message="`x`",
    scanner="checkov",
    root="infra",
    framework="terraform",
    evidence="cidr_blocks = …",
    guideline="https://example.com/",
    caller=SPAN,
    skip_reason="",
)
RESULT = ScanResult(
    findings=(FINDING, replace(FINDING, caller=None, guideline=None, skip_reason=None, source=Source.PLAN)),
    not_examined=(NotExamined(what="a.tf", why="binary"), NotExamined(what="b", why="c", span=SPAN, blocking=False)),
    files=3,
    roots=("infra", ""),
    resources=7,
)

names = st.from_regex(r"[a-z0-9_ é-]{1,12}", fullmatch=True)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
spans = st.builds(
    lambda path, start, more: Span(path=path, start_line=start, end_line=start + more),
    paths,
    st.integers(1, 1000),
    st.integers(0, 50),
)
findings = st.builds(
    Finding,
    rule=names,
    title=st.text(max_size=30).filter(lambda text: text.isascii() or text.encode("utf-8", "ignore").decode() == text),
    severity=st.sampled_from(Severity),
    span=spans,
    block=spans,
    resource=names,
    message=names,
    scanner=names,
    root=st.just("") | paths,
    framework=names,
    evidence=names,
    guideline=st.none() | st.just("https://example.com/x"),
    caller=st.none() | spans,
    source=st.sampled_from(Source),
    skip_reason=st.none() | st.just("") | names,
)
scan_results = st.builds(
    ScanResult,
    findings=st.lists(findings, max_size=4).map(tuple),
    not_examined=st.lists(st.builds(NotExamined, what=names, why=names, span=st.none() | spans), max_size=2).map(tuple),
    files=st.integers(0, 99),
    roots=st.lists(paths, max_size=2).map(tuple),
    resources=st.integers(0, 99),
)


@pytest.mark.slow
@settings(deadline=timedelta(seconds=2))
@given(scan_results)
def test_what_was_encoded_is_decoded_as_it_was(result: ScanResult) -> None:
    assert decode(encode(result)) == result


def changed(**changes: Any) -> bytes:
    value = json.loads(encode(RESULT))
    value["findings"][0].update(changes)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": 9},
        {"severity": "HIGH"},
        {"severity": True},
        {"rule": 5},
        {"rule": "x" * 101},
        {"title": None},
        {"title": "x" * 10_000},
        {"message": "\ud800"},
        {"guideline": "javascript:alert(1)"},
        {"source": "thin air"},
        {"span": None},
        {"span": {"path": "../x", "start_line": 1, "end_line": 1}},
        {"span": {"path": "/etc/passwd", "start_line": 1, "end_line": 1}},
        {"span": {"path": "a//b", "start_line": 1, "end_line": 1}},
        {"span": {"path": "", "start_line": 1, "end_line": 1}},
        {"span": {"path": "a\0b", "start_line": 1, "end_line": 1}},
        {"span": {"path": "a", "start_line": 0, "end_line": 1}},
        {"span": {"path": "a", "start_line": 2, "end_line": 1}},
        {"span": {"path": "a", "start_line": 1, "end_line": 10**12}},
        {"span": {"path": "a", "start_line": 1.5, "end_line": 2}},
        {"span": {"path": "a", "start_line": 1}},
        {"span": {"path": "a", "start_line": 1, "end_line": 1, "more": 1}},
        {"root": "../up"},
        {"more": 1},
    ],
)
def test_a_finding_with_one_wrong_field_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadResult):
        decode(changed(**changes))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"findings": "none"}',
        b'{"findings": [], "not_examined": [], "files": -1, "roots": [], "resources": 0}',
        b'{"findings": [], "not_examined": [], "files": 0, "roots": ["/"], "resources": 0}',
        b'{"findings": [], "not_examined": [], "files": 0, "roots": [], "resources": 0, "more": 0}',
        b'{"findings": [1], "not_examined": [], "files": 0, "roots": [], "resources": 0}',
        b"1" * 5000,
        b'{"files": NaN}',
    ],
)
def test_what_is_no_result_is_refused(raw: bytes) -> None:
    with pytest.raises(BadResult):
        decode(raw)


def test_a_missing_field_is_refused() -> None:
    for key in json.loads(encode(RESULT))["findings"][0]:
        value = json.loads(encode(RESULT))
        del value["findings"][0][key]
        with pytest.raises(BadResult):
            decode(json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    with pytest.raises(BadResult):
        decode(raw)


def test_the_message_of_a_refusal_names_the_place() -> None:
    with pytest.raises(BadResult, match=r"result\.findings\[0\]\.rule"):
        decode(changed(rule=5))


def test_paths_are_inside_the_repository() -> None:
    assert is_inside("")
    assert is_inside("a/b.tf")
    assert not any(map(is_inside, ["/a", "a/", "a//b", "./a", "a/../b", "..", "a\0"]))
