"""Smart HTTP for git, by git's own CGI program: clones, partial fetches and any commit by its id.

The state decides who may read; this module only carries bytes.
"""

from __future__ import annotations

import subprocess

from flask import Request, Response

from tests.fake_github.auth import check_permissions, check_repository, find_token
from tests.fake_github.bare import ENVIRONMENT
from tests.fake_github.refusals import Refused
from tests.fake_github.state import Repo, State

SERVICES = {"git-upload-pack": "read", "git-receive-pack": "write"}


def authorize(state: State, request: Request, owner: str, name: str) -> Repo:
    """Return the repository if the request may have it. Raises Refused (401, 403, 404) as GitHub's git host does."""
    service = request.args.get("service") or request.path.rpartition("/")[2]
    repo = state.find_repo(owner, name)
    header = request.headers.get("Authorization", "")
    if not header:
        if repo and not repo.private and SERVICES.get(service) == "read":
            return repo
        raise Refused(401, "Authentication required", headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
    token = find_token(state, header)
    found = check_repository(state, token, repo)
    check_permissions(state, token, found, [("contents", SERVICES.get(service, "read"))])
    return found


def serve(repo: Repo, request: Request, rest: str) -> Response:
    """Run `git http-backend` for one request and return what it answered."""
    environment = {
        **ENVIRONMENT,
        "GIT_PROJECT_ROOT": str(repo.git.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{rest}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string.decode(),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": "x-access-token",
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(
        ["git", "http-backend"], env=environment, input=request.get_data(), capture_output=True, check=False
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return Response(body, status, headers)
