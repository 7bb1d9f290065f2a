"""Which frameworks a unit is given to, by the names of its files; Checkov looks at their content."""

from __future__ import annotations

from pathlib import PurePosixPath

from reviewer.scan.tree import Tree

TERRAFORM = (".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json", ".hcl")
_YAML = frozenset({".yaml", ".yml"})
_PROHIBITED = frozenset({"Pipfile.lock", "yarn.lock", "package-lock.json", "requirements.txt"})  # as Checkov does


def frameworks_of(kind: str, files: Tree) -> tuple[str, ...]:
    """Return the frameworks whose files there are some of: several in a directory, one in any other kind of unit."""
    if kind != "directory":
        return (kind,)
    found = {"secrets": None}
    for scan_as in files.paths:
        path = PurePosixPath(scan_as)
        name = path.name.lower()
        if path.suffix in _YAML:
            found |= dict.fromkeys(("cloudformation", "kubernetes", "openapi", "ansible"))
            if ".github" in path.parts:
                found["github_actions"] = None
            if name.startswith("serverless."):
                found["serverless"] = None
        elif path.suffix == ".json" and not scan_as.endswith(TERRAFORM):
            found |= dict.fromkeys(("cloudformation", "kubernetes", "arm", "openapi"))
        elif path.suffix == ".template":
            found["cloudformation"] = None
        elif path.suffix == ".bicep":
            found["bicep"] = None
        elif "dockerfile" in name:
            found["dockerfile"] = None
    return tuple(found)


def searched_for_secrets(files: Tree) -> tuple[str, ...]:
    """Return the absolute paths of the files that secrets are looked for in."""
    return tuple(str(files.root / path) for path in files.paths if PurePosixPath(path).name not in _PROHIBITED)
