"""Edits of workflows: permissions where they can be seen to be enough, variables where a shell reads them."""

from __future__ import annotations

from typing import Any

import pytest

from reviewer.fix import github_actions
from reviewer.fix.editing import CannotEdit
from reviewer.model import Finding
from tests.fix.editors import edited, finding, recipe

PATH = ".github/workflows/ci.yml"
PERMISSIONS = recipe({"instruction": {"permissions": {"contents": "read"}}})
VARIABLES = recipe({"instruction": {"variables": True}})


def workflow(*steps: str, job: str = "", top: str = "") -> str:
    lines = [f"name: ci\non: push\n{top}jobs:\n  build: # main\n    runs-on: ubuntu-latest\n{job}    steps:\n"]
    return "".join([*lines, *(f"      - {step}\n" for step in steps)])


def whole(text: str) -> Finding:
    return finding("github_actions", PATH, "ci.yml", (1, text.count("\n")))


def step(text: str, words: str) -> Finding:
    line = text.count("\n", 0, text.index(words)) + 1
    return finding("github_actions", PATH, "jobs(build).steps[1]", (line, line))


@pytest.mark.parametrize("top", ["", "permissions: write-all\n"])
def test_a_workflow_that_only_reads_gets_permissions_to_read(top: str) -> None:
    text = workflow("uses: actions/checkout@v4", "run: make test", top=top)
    new = edited(github_actions, text, whole(text), PERMISSIONS)
    blank = "" if top else "\n"
    assert new == text.replace(f"on: push\n{top}", f"on: push\npermissions:\n  contents: read\n{blank}")


@pytest.mark.parametrize(
    "text",
    [
        workflow("uses: someone/release@v1"),
        workflow("run: git push origin main"),
        workflow("run: gh pr comment"),
        workflow("run: make\n        env: {T: '${{ secrets.GITHUB_TOKEN }}'}"),
        workflow("uses: ./local"),
        "on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n",
    ],
)
def test_a_workflow_that_may_write_is_left_to_its_author(text: str) -> None:
    with pytest.raises(CannotEdit, match=r"Job `\w+` (uses|writes|calls)"):
        edited(github_actions, text, whole(text), PERMISSIONS)


def test_a_job_with_permissions_of_its_own_may_do_anything() -> None:
    text = workflow("run: git push", job="    permissions: {contents: write}\n")
    assert "permissions:\n  contents: read\n\njobs:" in edited(github_actions, text, whole(text), PERMISSIONS)


@pytest.mark.parametrize(
    ("run", "becomes"),
    [
        ('run: echo "${{ github.head_ref }}"', 'run: echo "$HEAD_REF"'),
        (
            "run: |\n          git log ${{ github.head_ref }}_x\n          # c",
            "run: |\n          git log ${HEAD_REF}_x\n          # c",
        ),
        ("run: echo 'a' \"it's ${{github.head_ref}}\"", "run: echo 'a' \"it's $HEAD_REF\""),
    ],
)
def test_text_of_strangers_goes_through_a_variable(run: str, becomes: str) -> None:
    text = workflow(f"name: a\n        {run}")
    new = edited(github_actions, text, step(text, "name: a"), VARIABLES)
    added = "env:\n          HEAD_REF: ${{ github.head_ref }}\n        "
    assert new == workflow(f"name: a\n        {added}{becomes}")


def test_the_variable_joins_those_that_the_step_has() -> None:
    text = workflow(
        "env:\n          A: 1\n        run: echo ${{ github.event.issue.title }} ${{ github.event.issue.title }}"
    )
    new = edited(github_actions, text, step(text, "env:"), VARIABLES)
    wanted = text.replace("A: 1\n", "A: 1\n          ISSUE_TITLE: ${{ github.event.issue.title }}\n")
    assert new == wanted.replace(
        "echo ${{ github.event.issue.title }} ${{ github.event.issue.title }}", "echo $ISSUE_TITLE $ISSUE_TITLE"
    )


def test_a_step_that_begins_with_run_keeps_its_dash() -> None:
    text = workflow("run: echo ${{ github.head_ref }}")
    new = edited(github_actions, text, step(text, "run:"), VARIABLES)
    assert new == workflow("env:\n          HEAD_REF: ${{ github.head_ref }}\n        run: echo $HEAD_REF")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (workflow("run: echo '${{ github.head_ref }}'"), "single quotes"),
        (workflow("shell: pwsh\n        run: echo ${{ github.head_ref }}"), "is for `pwsh`"),
        (workflow("run: echo ${{ github.head_ref }}").replace("ubuntu", "windows"), "Which shell"),
        (workflow('run: "echo ${{ github.head_ref }}"'), "quoted string"),
        (workflow("run: |\n          cat <<'E'\n          ${{ github.head_ref }}\n          E"), "here-document"),
        (workflow("env: {HEAD_REF: x}\n        run: echo ${{ github.head_ref }}"), "another variable of that name"),
    ],
)
def test_where_a_shell_would_not_read_it_nothing_is_changed(text: str, says: str) -> None:
    with pytest.raises(CannotEdit, match=says):
        edited(github_actions, text, step(text, "      - "), VARIABLES)


def test_an_environment_variable_is_removed_with_its_env_where_it_was_alone() -> None:
    text = workflow("run: a\n        env:\n          ACTIONS_ALLOW_UNSECURE_COMMANDS: true", "run: b")
    row = recipe({"remove": ["env.ACTIONS_ALLOW_UNSECURE_COMMANDS"]})
    assert edited(github_actions, text, step(text, "run: a"), row) == workflow("run: a", "run: b")


@pytest.mark.parametrize(("at", "line"), [("workflow", "x: 1"), ("job", "    x: 1"), ("step", "        x: 1")])
def test_an_edit_may_speak_of_what_the_step_is_in(at: str, line: str) -> None:
    text = workflow("run: a")
    new = edited(github_actions, text, step(text, "run: a"), recipe({"at": at, "set": {"x": 1}}))
    assert new == text + line + "\n"


@pytest.mark.parametrize(
    "edit", [{"at": "container"}, {"instruction": {"x": 1}}, {"instruction": {"variables": 2}}, {"add": {}}]
)
def test_edits_that_are_not_for_workflows_are_refused(edit: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        github_actions.check(recipe(edit))
