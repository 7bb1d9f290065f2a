"""Cut GitHub's published descriptions down to the operations that the fake serves.

Run by a maintainer, never by the tests:

    python -m tests.fake_github.cut_schemas OPENAPI.json WEBHOOKS.json

`OPENAPI.json` is `generated/api.github.com.json` of the npm package @octokit/openapi (23.0.2 at the time of writing),
`WEBHOOKS.json` the file of the same name in @octokit/openapi-webhooks (12.1.0). Both are MIT licensed. The result is
JSON Schema 2020-12 with every needed component in one `$defs`, without prose, so that a validator loads it at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "schemas"
DROPPED = frozenset(
    {
        "description",
        "example",
        "examples",
        "externalDocs",
        "deprecated",
        "default",
        "x-github",
        "discriminator",
        "title",
    }
)
OPERATIONS = {
    "/app": "get",
    "/app/installations": "get",
    "/app/installations/{installation_id}": "get",
    "/app/installations/{installation_id}/access_tokens": "post",
    "/app/hook/deliveries": "get",
    "/app/hook/deliveries/{delivery_id}": "get",
    "/app/hook/deliveries/{delivery_id}/attempts": "post",
    "/installation/repositories": "get",
    "/rate_limit": "get",
    "/repos/{owner}/{repo}": "get",
    "/repos/{owner}/{repo}/installation": "get",
    "/repos/{owner}/{repo}/branches/{branch}": "get",
    "/repos/{owner}/{repo}/git/ref/{ref}": "get",
    "/repos/{owner}/{repo}/git/blobs": "post",
    "/repos/{owner}/{repo}/git/trees": "post",
    "/repos/{owner}/{repo}/git/commits": "post",
    "/repos/{owner}/{repo}/git/commits/{commit_sha}": "get",
    "/repos/{owner}/{repo}/git/refs/{ref}": "patch",
    "/repos/{owner}/{repo}/collaborators/{username}/permission": "get",
    "/repos/{owner}/{repo}/contents/{path}": "get",
    "/repos/{owner}/{repo}/compare/{basehead}": "get",
    "/repos/{owner}/{repo}/commits/{ref}": "get",
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": "get",
    "/repos/{owner}/{repo}/check-runs": "post",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": "get patch",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": "get",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest": "post",
    "/repos/{owner}/{repo}/pulls": "get",
    "/repos/{owner}/{repo}/pulls/{pull_number}": "get",
    "/repos/{owner}/{repo}/pulls/{pull_number}/files": "get",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": "get post",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": "get put delete",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments": "get",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events": "post",
    "/repos/{owner}/{repo}/pulls/{pull_number}/comments": "get post",
    "/repos/{owner}/{repo}/pulls/comments/{comment_id}": "get patch delete",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": "get post",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": "get patch delete",
    "/repos/{owner}/{repo}/actions/runs": "get",
    "/repos/{owner}/{repo}/actions/runs/{run_id}": "get",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": "get",
    "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}": "get",
    "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": "get",
    "/repos/{owner}/{repo}/code-scanning/sarifs": "post",
    "/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}": "get",
    "/repos/{owner}/{repo}/code-scanning/analyses": "get",
}  # fmt: skip
WEBHOOKS = (
    "ping",
    "pull-request-opened",
    "pull-request-reopened",
    "pull-request-synchronize",
    "pull-request-ready-for-review",
    "pull-request-converted-to-draft",
    "pull-request-edited",
    "pull-request-closed",
    "check-run-rerequested",
    "check-run-requested-action",
    "check-suite-rerequested",
    "merge-group-checks-requested",
    "push",
    "installation-created",
    "installation-deleted",
    "installation-repositories-added",
    "installation-repositories-removed",
    "workflow-run-completed",
)


def main(openapi: Path, webhooks: Path) -> None:
    """Write `rest.json` and `webhooks.json`."""
    _write("rest.json", cut_rest(json.loads(openapi.read_text())))
    _write("webhooks.json", cut_webhooks(json.loads(webhooks.read_text())))


def cut_rest(document: dict[str, Any]) -> dict[str, Any]:
    """Return `{operations: {"GET /app": {request, responses: {status: schema}}}, $defs}` of an OpenAPI 3.0 document."""
    operations: dict[str, Any] = {}
    for path, methods in OPERATIONS.items():
        for method in methods.split():
            operation = document["paths"][path][method]
            operations[f"{method.upper()} {path}"] = {
                "request": _json_body(operation.get("requestBody", {})),
                "responses": {
                    status: _json_body(_resolved(answer, document))
                    for status, answer in operation["responses"].items()
                    if status.startswith("2") or status == "302"
                },
            }
    return _with_definitions({"operations": operations}, document)


def repair(node: Any) -> None:
    """Mend in place what no real answer satisfies: accounts that are a user and an enterprise at once, the old list of
    events without merge_group, and lines that may not be null though an outdated comment has none."""
    if isinstance(node, list):
        for item in node:
            repair(item)
    if not isinstance(node, dict):
        return
    account, events = node.get("account"), node.get("events")
    if isinstance(account, dict) and "allOf" in account:
        account["anyOf"] = account.pop("allOf")
    if isinstance(events, dict) and isinstance(events.get("items"), dict):
        events["items"].pop("enum", None)
    if "original_line" in node:
        for name in ("line", "position"):
            node[name]["nullable"] = True
    for value in node.values():
        repair(value)


def cut_webhooks(document: dict[str, Any]) -> dict[str, Any]:
    """Return `{operations: {"pull-request-opened": schema}, $defs}` of an OpenAPI 3.1 document of webhooks."""
    chosen = {name: _json_body(document["webhooks"][name]["post"]["requestBody"]) for name in WEBHOOKS}
    return _with_definitions({"operations": chosen}, document)


def _resolved(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _json_body(node: dict[str, Any]) -> dict[str, Any] | None:
    content = node.get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return schema if schema else None


def _with_definitions(cut: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    repair(cut)
    repair(schemas)
    cut = json_schema(cut)
    definitions: dict[str, Any] = {}
    waiting = references(cut)
    while waiting:
        name = waiting.pop()
        if name not in definitions:
            definitions[name] = json_schema(schemas[name])
            waiting |= references(definitions[name])
    return {**cut, "$defs": definitions}


def references(node: Any) -> set[str]:
    """Return the names of `$defs` that `node` refers to."""
    if isinstance(node, dict):
        found = {node["$ref"].removeprefix("#/$defs/")} if isinstance(node.get("$ref"), str) else set()
        return found.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def json_schema(node: Any, *, names: str = "schema") -> Any:
    """Turn OpenAPI 3.0 into JSON Schema: `nullable` becomes a type, prose goes. `names` says what the keys are."""
    if isinstance(node, list):
        return [json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    if names == "property":
        return {key: json_schema(value) for key, value in node.items()}
    kept = {key: value for key, value in node.items() if key not in DROPPED and key != "nullable"}
    out = {
        key: json_schema(
            value, names="property" if key in {"properties", "patternProperties", "operations"} else "schema"
        )
        for key, value in kept.items()
    }
    if isinstance(out.get("$ref"), str):
        out["$ref"] = out["$ref"].replace("#/components/schemas/", "#/$defs/")
    return _nullable(out) if node.get("nullable") is True else out


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _write(name: str, content: dict[str, Any]) -> None:
    HERE.mkdir(exist_ok=True)
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    (HERE / name).write_text(text + "\n")
    print(
        f"{name}: {len(text) >> 10} KiB, {len(content['operations'])} operations, {len(content['$defs'])} definitions"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
