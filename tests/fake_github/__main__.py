"""Run the fake by itself: `python -m tests.fake_github [PORT [WEBHOOK_URL]]`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.fake_github import FakeGitHub

README = {"README.md": "# Infrastructure\n", "main.tf": 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\n'}


def main(port: int, webhook_url: str | None) -> None:
    """Serve one repository until interrupted."""
    with FakeGitHub(port=port, webhook_url=webhook_url) as github:
        github.install("acme")
        repo = github.create_repo(README, name="infra")
        key = Path(github.folder) / "app.pem"
        key.write_text(github.private_key)
        print(f"GITHUB_API_URL={github.api_url}")
        print(f"GITHUB_APP_ID={github.app_id}")
        print(f"GITHUB_APP_PRIVATE_KEY_FILE={key}")
        print(f"GITHUB_WEBHOOK_SECRET={github.webhook_secret}")
        print(f"repository: {github.url}/{repo.full_name}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0, sys.argv[2] if len(sys.argv) > 2 else None)
