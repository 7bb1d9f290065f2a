"""Code scanning: SARIF uploads, taken at once and judged later, within GitHub's limits."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import uuid
import zlib
from typing import Any

from tests.fake_github.refusals import Refused, invalid_request, not_found
from tests.fake_github.routes.call import Call, Page, Routes
from tests.fake_github.state import SarifUpload

route = Routes()
REPO = "/repos/{owner}/{repo}"
SARIFS = f"{REPO}/code-scanning/sarifs"
WRITE = ("security_events=write",)
READ = ("security_events=read",)
MOST_BYTES = 10 << 20
MOST_DECODED = 200 << 20
FULL_REF = re.compile(r"refs/(heads/.+|tags/.+|pull/\d+/(head|merge))")
SHA = re.compile(r"[0-9a-f]{40}")
LIMITS = {"results": 25_000, "rules": 25_000, "locations": 1_000, "tags": 20, "extensions": 100, "runs": 20}


@route("POST", SARIFS, needs=WRITE, status=202)
def upload(call: Call) -> object:
    """Take an upload; what is wrong inside it shows in its status, not here."""
    _check_enabled(call)
    sha, ref = str(call.body.get("commit_sha", "")), str(call.body.get("ref", ""))
    if not SHA.fullmatch(sha):
        raise invalid_request(f"{sha} does not match /\\A[0-9a-fA-F]+\\z/ or is not 40 characters long.")
    if not FULL_REF.fullmatch(ref):
        raise invalid_request(f"{ref} is not a full reference.")
    if call.repo.git.resolve(sha) is None:
        raise Refused(404, f"No commit found for SHA: {sha}")
    compressed = _decoded(call.body.get("sarif"))
    errors, sarif = _read(compressed)
    found = SarifUpload(
        id=str(uuid.uuid4()), commit_sha=sha, ref=ref, sarif=sarif, errors=tuple(errors), polls_until_done=1
    )
    call.repo.sarif_uploads.append(found)
    return {"id": found.id, "url": f"{call.shapes.repo_url(call.repo)}/code-scanning/sarifs/{found.id}"}


@route("GET", f"{SARIFS}/{{sarif_id}}", needs=READ)
def get_status(call: Call, sarif_id: str) -> object:
    """Pending for one look, then complete or failed."""
    for found in call.repo.sarif_uploads:
        if found.id == sarif_id:
            return _status(call, found)
    raise not_found()


def _status(call: Call, found: SarifUpload) -> object:
    if found.polls_until_done:
        found.polls_until_done -= 1
        return {"processing_status": "pending"}
    url = f"{call.shapes.repo_url(call.repo)}/code-scanning/analyses?sarif_id={found.id}"
    if found.errors:
        return {"processing_status": "failed", "analyses_url": None, "errors": list(found.errors)}
    return {"processing_status": "complete", "analyses_url": url}


@route("GET", f"{REPO}/code-scanning/analyses", needs=READ)
def list_analyses(call: Call) -> Page:
    """What was uploaded, newest first."""
    _check_enabled(call)
    items = [_analysis(call, found, run) for found in call.repo.sarif_uploads for run in found.sarif.get("runs", [])]
    return Page(items=items[::-1])


def _analysis(call: Call, found: SarifUpload, run: dict[str, Any]) -> object:
    driver = run["tool"]["driver"]
    category = run.get("automationDetails", {}).get("id", "")
    return {
        "id": int(found.id[:6], 16),
        "ref": found.ref,
        "commit_sha": found.commit_sha,
        "analysis_key": category,
        "category": category,
        "environment": "{}",
        "error": "; ".join(found.errors),
        "created_at": "2026-01-01T00:00:00Z",
        "results_count": len(run.get("results", [])),
        "rules_count": len(driver.get("rules", [])),
        "url": f"{call.shapes.repo_url(call.repo)}/code-scanning/analyses/{int(found.id[:6], 16)}",
        "sarif_id": found.id,
        "tool": {"name": driver["name"], "version": driver.get("version"), "guid": None},
        "deletable": True,
        "warning": "",
    }


def _check_enabled(call: Call) -> None:
    if not call.repo.code_scanning:
        raise Refused(403, "Advanced Security must be enabled for this repository to use code scanning.")


def _decoded(text: object) -> bytes:
    try:
        compressed = base64.b64decode(str(text or ""), validate=True)
    except binascii.Error as error:
        raise invalid_request("sarif is not base64.") from error
    if not compressed:
        raise invalid_request('"sarif" wasn\'t supplied.')
    if len(compressed) > MOST_BYTES:
        raise Refused(413, "The SARIF file is too large.")
    return compressed


def _read(compressed: bytes) -> tuple[list[str], dict[str, Any]]:
    """Return what is wrong with an upload, and its content."""
    try:
        raw = gzip.decompress(compressed)
        sarif = json.loads(raw)
    except (OSError, EOFError, zlib.error, ValueError):
        return ["The SARIF upload is not a valid gzip file holding JSON."], {}
    if len(raw) > MOST_DECODED or not isinstance(sarif, dict) or not isinstance(sarif.get("runs"), list):
        return ["rejecting SARIF, as it is not a SARIF log"], {}
    return _problems(sarif), sarif


def _problems(sarif: dict[str, Any]) -> list[str]:
    runs = sarif["runs"]
    problems = [] if sarif.get("version") == "2.1.0" else ["rejecting SARIF, as its version is not 2.1.0"]
    if len(runs) > LIMITS["runs"]:
        problems.append(f"rejecting SARIF, as there are more runs than allowed ({len(runs)} > {LIMITS['runs']})")
    names = [(run["tool"]["driver"]["name"], run.get("automationDetails", {}).get("id", "")) for run in runs]
    if len(set(names)) < len(names):
        problems.append("rejecting SARIF, as there are several runs of one tool and category")
    for run in runs:
        problems += _run_problems(run)
    return problems


def _run_problems(run: dict[str, Any]) -> list[str]:
    tool, results = run["tool"], run.get("results", [])
    rules = tool["driver"].get("rules", [])
    counts = {"results": len(results), "rules": len(rules), "extensions": len(tool.get("extensions", []))}
    counts["tags"] = max((len(rule.get("properties", {}).get("tags", [])) for rule in rules), default=0)
    counts["locations"] = max((len(result.get("locations", [])) for result in results), default=0)
    problems = [
        f"rejecting SARIF, as there are more {what} than allowed ({count} > {LIMITS[what]})"
        for what, count in counts.items()
        if count > LIMITS[what]
    ]
    if any(not _has_place(result) for result in results):
        problems.append("locationFromSarifResult: expected a physical location")
    return problems


def _has_place(result: dict[str, Any]) -> bool:
    places = [location.get("physicalLocation", {}) for location in result.get("locations", [])]
    return bool(places) and all(place.get("artifactLocation", {}).get("uri") for place in places)
