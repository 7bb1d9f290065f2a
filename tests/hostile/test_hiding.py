"""Infrastructure that wants not to be seen: whatever Terraform or kubectl would read is reviewed, or said not to be."""

from __future__ import annotations

import re

import pytest

from reviewer.judge.effective import Policy, apply
from reviewer.scan.layout import lay_out
from reviewer.scan.objects import Entry
from tests.hostile.scanning import BUCKET, Bench
from tests.judge.builders import finding, result, span

POD = (
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  hostPID: true\n"
    "  containers:\n    - name: a\n      image: a:latest\n"
)
JSON_POD = (
    '{\n\t"apiVersion": "v1",\n\t"kind": "Pod",\n\t"metadata": {"name": "a"},\n'
    '\t"spec": {"hostPID": true, "containers": [{"name": "a", "image": "a:latest"}]}\n}\n'
)
HIDDEN_PODS = {
    "escaped.yaml": POD.replace("apiVersion", '"api\\x56ersion"'),
    "tagged.yaml": POD + "x: !anything a\n",
    "python.yaml": POD + "x: !!python/object/apply:os.system [id]\n",
    "date.yaml": POD + "x: 2020-99-99\n",
    "number.yaml": POD + "x: !!int a\n",
    "truth.yaml": POD + "x: !!bool a\n",
    "equals.yaml": POD + "x: =\n",
    "helm.yaml": POD + "# {{ .Values.x }}\n",
    "key.yaml": POD + "---\na: {{ x }}\n",
    "merge.yaml": POD + "---\n<<: 3\n",
    "name.yaml": POD.replace("metadata:\n", "metadata:\n  annotations:\n    name: 'a#b'\n"),
    "tabs.json": JSON_POD,
    "escaped.json": JSON_POD.replace("apiV", "\\u0061piV"),
}
SECRET = "aws_secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzz8KEY12'"


@pytest.mark.slow
def test_a_manifest_that_kubectl_reads_is_reviewed_whatever_is_in_it(bench: Bench) -> None:
    result = bench.scan(HIDDEN_PODS, kind="directory")
    assert {finding.path for finding in result.findings if finding.rule == "CKV_K8S_17"} == set(HIDDEN_PODS)
    assert result.not_examined == ()


@pytest.mark.slow
def test_a_secret_that_asks_to_be_let_pass_is_a_skip(bench: Bench) -> None:
    files = {
        "same.yaml": f"{SECRET} # pragma: allowlist secret\n",
        "above.yaml": f"# pragma: allowlist nextline secret\n{SECRET}\n",
        "none.yaml": f"when: 2020-99-99\n{SECRET}\n",
    }
    result = bench.scan(files, kind="directory")
    muted = {finding.path: finding.skip_reason for finding in result.findings if finding.framework == "secrets"}
    assert muted == {
        "same.yaml": "pragma: allowlist secret",
        "above.yaml": "pragma: allowlist nextline secret",
        "none.yaml": None,
    }


@pytest.mark.slow
def test_a_module_source_that_is_no_plain_string_is_said(bench: Bench) -> None:
    sources = [
        '("./m")',
        'true ? "./m" : ""',
        "local.m",
        '"./${local.m}"',
        r'"\u002e/m"',
        '"./m"',
        '"a/b/c" # registry',
    ]
    calls = {f"c{n}.tf": f'module "m{n}" {{\n  source = {source}\n}}\n' for n, source in enumerate(sources)}
    result = bench.scan({**calls, "m/main.tf": BUCKET})
    said = {entry.what for entry in result.not_examined if entry.blocking and entry.span}
    assert said == {"c0.tf", "c1.tf", "c2.tf", "c3.tf", "c4.tf"}


@pytest.mark.parametrize("name", ["Containerfile", "DOCKERFILE", "app.containerfile", "Containerfile.dev"])
def test_whatever_builds_an_image_is_scanned_as_a_dockerfile(name: str) -> None:
    layout = lay_out([Entry(name, "1" * 40, "100644")], {}, frozenset())
    (unit,) = layout.plan(layout.ids()).units
    assert re.fullmatch(r"(?:.+\.)?[Dd]ockerfile(?:\..+)?", unit.files[0].scan_as)
    assert unit.files[0].path == name


def test_a_file_that_another_replaces_for_opentofu_alone_is_said() -> None:
    listing = [Entry("main.tf", "1" * 40, "100644"), Entry("main.tofu", "2" * 40, "100644")]
    layout = lay_out(listing, {}, frozenset())
    notes = layout.plan(layout.ids()).not_examined
    assert [(note.what, note.blocking) for note in notes] == [("main.tf", True)]
    assert "main.tofu" in notes[0].why


def test_an_excluded_folder_hides_no_module_that_other_code_calls() -> None:
    inside = finding(path="examples/m/main.tf", root="live", caller=span("live/main.tf", 1))
    alone = finding(path="examples/main.tf", root="examples")
    among = finding(path="examples/m/main.tf", root="examples", caller=span("examples/main.tf", 1))
    policy = Policy(exclude=("examples/**",))
    assert apply(policy, result(inside, alone, among)).findings == (inside,)
