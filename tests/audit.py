"""`make check`: known vulnerabilities in the pinned dependencies, where the advisory service can be reached."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

COMMAND = ("-m", "pip_audit", "-r", "requirements.txt", "--disable-pip", "--require-hashes", "-f", "json")


def main() -> int:
    """Print what is known to be vulnerable; exit code 1 if anything is."""
    try:
        done = subprocess.run(
            [sys.executable, *COMMAND, "--progress-spinner", "off"],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        dependencies = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print("dependency audit: the advisory service is not reachable; nothing was audited")
        return 0
    audited = [d for d in dependencies if "skip_reason" not in d]
    found = [(d["name"], d["version"], v["id"], v["fix_versions"]) for d in audited for v in d["vulns"]]
    for name, version, advisory, fixes in found:
        print(f"{name} {version}: {advisory} (fixed in {', '.join(fixes) or 'no release yet'})")
    if not audited:
        print("dependency audit: the advisory service is not reachable; nothing was audited")
    else:
        print(f"dependency audit: {len(audited)} packages, {len(found)} known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
