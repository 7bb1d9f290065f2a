"""The real terraform on a prepared root. No provider is attached: only built-in resources can be planned."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reviewer.plan.prepare import Prepared

TERRAFORM = os.environ.get("TERRAFORM_PATH") or shutil.which("terraform")
needs_terraform = pytest.mark.skipif(not TERRAFORM, reason="terraform is not on this machine")


def run(prepared: Prepared, folder: Path) -> subprocess.CompletedProcess[str]:
    """Plan it without `init`, as it is planned in the sandbox."""
    for path, data in prepared.files.items():
        file = folder / "copy" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    modules = folder / "data" / "modules" / "modules.json"
    modules.parent.mkdir(parents=True, exist_ok=True)
    modules.write_bytes(prepared.modules)
    return _terraform(["plan", "-input=false", "-lock=false", "-no-color", f"-out={folder / 'plan'}"], prepared, folder)


def planned(prepared: Prepared, folder: Path) -> dict[str, Any]:
    """The plan as `terraform show -json` tells it."""
    done = run(prepared, folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(_terraform(["show", "-json", str(folder / "plan")], prepared, folder).stdout)
    return document


def _terraform(arguments: list[str], prepared: Prepared, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "cli.tfrc").touch()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TF_DATA_DIR": str(folder / "data"),
        "TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc"),
        "CHECKPOINT_DISABLE": "1",
    }
    directory = folder / "copy" / prepared.root
    assert TERRAFORM is not None
    return subprocess.run(
        [TERRAFORM, *arguments], cwd=directory, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
