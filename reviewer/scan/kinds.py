"""What counts as infrastructure, by name alone.

Owns the answer to "could this file matter to a review?"; a name that says too much costs a needless scan, one that
says too little would be a silent gap, so doubtful names count. Pure.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache

GENERATED = frozenset({".terraform", ".terragrunt-cache", ".serverless", "node_modules"})
"""Folders that tools fill: copies of others' code, which Checkov passes over too. Other hidden folders are reviewed,
though Checkov's command line would pass over them: Terraform runs in them all the same."""


class Kind(enum.Enum):
    """What a file is to a scan."""

    TERRAFORM = "terraform"  # .tf, .tofu and their JSON forms
    VARIABLES = "variables"  # what Terraform or Checkov reads beside them: .tfvars, .hcl
    STATE = "state"  # state and plan files
    CHART = "chart"  # Chart.yaml
    KUSTOMIZATION = "kustomization"  # kustomization.yaml
    TEMPLATE = "template"  # of a Helm chart, in a language of its own: .tpl
    PLAIN = "plain"  # what the other frameworks read file by file
    OTHER = "other"  # not infrastructure


TERRAFORM_ENDINGS = (".tf", ".tf.json", ".tofu", ".tofu.json")
VARIABLES_ENDINGS = (".tfvars", ".tfvars.json", ".hcl")
_STATE = re.compile(
    r".*\.tfstate(\..+)?|.*\.tfplan(\..+)?|(tf-?)?plan(file)?|tfplan[._-].+|plan\.out|.*\.plan", re.IGNORECASE
)
_DOCKERFILE = re.compile(r"(.+\.)?(dockerfile|containerfile)(\..+)?", re.IGNORECASE)
_PLAIN_ENDINGS = (".yaml", ".yml", ".json", ".bicep", ".bicepparam", ".template")
_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_WORKFLOW = re.compile(r"(.*/)?\.github/(workflows/[^/]+\.ya?ml|actions/(.+/)?action\.ya?ml)")
_NOT_INFRASTRUCTURE = re.compile(
    r"package(-lock)?\.json|npm-shrinkwrap\.json|composer\.json|pnpm-(lock|workspace)\.yaml|bun\.lock|deno\.jsonc?|"
    r"[tj]sconfig(\..+)?\.json|(jest|babel|cypress|nest-cli|vercel|now|firebase|karma)(\.config)?\.json|"
    r"(lerna|nx|turbo|angular|project|bower|biome|rush|renovate|tslint|typedoc|components|manifest|vcpkg)\.json|"
    r"mkdocs\.ya?ml|codecov\.ya?ml|pubspec\.(yaml|lock)|_config\.ya?ml|release-please-(config|manifest)\.json|"
    r".+\.schema\.json|.+\.code-workspace|.+\.(dockerignore|containerignore)|\.dockerignore"
)


@lru_cache(maxsize=1 << 17)
def kind_of(path: str) -> Kind:
    """Return what the file at `path` is to a scan; of generated folders, only state and plan files are anything.

    The answers are kept: the next review of the same repository asks about the same paths.
    """
    if path == ".gitignore":
        return Kind.PLAIN  # of the whole repository: a rule asks whether it keeps state out
    directory, _, name = path.rpartition("/")
    kind = _kind_of_name(name)
    if kind is Kind.OTHER or kind is Kind.STATE or _is_everyday(directory):
        return kind
    if in_generated(path):
        return Kind.OTHER
    if kind is Kind.PLAIN and not _WORKFLOW.fullmatch(path):
        return _other_than_plain(name)
    return kind


@lru_cache(maxsize=1 << 17)
def terraform_kind_of(path: str) -> Kind | None:
    """Return TERRAFORM or VARIABLES for what Terraform reads, even in a generated folder: a module may lie there."""
    kind = kind_of(path)
    if kind is Kind.OTHER and path.endswith((*TERRAFORM_ENDINGS, *VARIABLES_ENDINGS)) and in_generated(path):
        kind = kind_of(path.rpartition("/")[2])
    return kind if kind in (Kind.TERRAFORM, Kind.VARIABLES) else None


@lru_cache(maxsize=1 << 15)
def _kind_of_name(name: str) -> Kind:
    if _STATE.fullmatch(name):
        return Kind.STATE
    kind = _other_than_plain(name)
    return Kind.PLAIN if kind is Kind.OTHER and _is_plain(name) else kind


@lru_cache(maxsize=1 << 15)
def _is_everyday(directory: str) -> bool:
    """Tell whether the folder is neither generated nor GitHub's own, so that names say all."""
    return GENERATED.isdisjoint(parts := directory.split("/")) and ".github" not in parts


def _other_than_plain(name: str) -> Kind:  # noqa: PLR0911 (a table of names, read from top to bottom)
    if name == ".terraform.lock.hcl":
        return Kind.PLAIN  # beside Terraform's files, for rules to look at
    if is_ignored_by_terraform(name):
        return Kind.OTHER
    if name.endswith(TERRAFORM_ENDINGS):
        return Kind.TERRAFORM
    if name.endswith(VARIABLES_ENDINGS):
        return Kind.VARIABLES
    if name == "Chart.yaml":
        return Kind.CHART
    if name in _KUSTOMIZATIONS:
        return Kind.KUSTOMIZATION
    if name.endswith(".tpl"):
        return Kind.TEMPLATE
    if is_image_recipe(name):
        return Kind.PLAIN
    return Kind.OTHER


def is_image_recipe(name: str) -> bool:
    """Tell whether a file of this name says how a container image is built."""
    return _DOCKERFILE.fullmatch(name) is not None and not _NOT_INFRASTRUCTURE.fullmatch(name)


def _is_plain(name: str) -> bool:
    return name.endswith(_PLAIN_ENDINGS) and not name.startswith(".") and not _NOT_INFRASTRUCTURE.fullmatch(name)


def is_ignored_by_terraform(name: str) -> bool:
    """Tell whether Terraform passes over a file of this name: hidden ones, and what editors leave behind."""
    return name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#"))


def in_generated(path: str) -> bool:
    """Tell whether `path` lies below a folder that a tool fills."""
    return not GENERATED.isdisjoint(path.split("/")[:-1])


def directory_of(path: str) -> str:
    """Return the directory that `path` lies in; "" for the repository's root."""
    return path.rpartition("/")[0]


def is_infrastructure(path: str) -> bool:
    """Tell whether a change of the file at `path` is worth a review."""
    return kind_of(path) is not Kind.OTHER
