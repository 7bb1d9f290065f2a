"""Kubernetes objects as the rules read them: which kinds hold pods, and where; what looks like a secret.

Knows no rule. Source: the Kubernetes API reference (PodSpec, PodTemplateSpec).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Resource, View, plain
from reviewer.tfplan.secret_names import is_public, is_secret

_TEMPLATES = {
    "Pod": "",
    "PodTemplate": "template",
    "CronJob": "spec.jobTemplate.spec.template",
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "DeploymentConfig"),
        "spec.template",
    ),
    "Rollout": "spec.template",
}
"""Where a kind has the metadata and spec of its pods."""

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_PLACEHOLDER = re.compile(
    r"\$|\{\{|<[^>]+>|ENC\[|vault:|ref\+|%[\w-]+%|__\w+__|(?:x{3,}|\*{3,}|\.{3,})|"
    r"(?i:change[-_ ]?(?:me|it)|replace[-_ ]?(?:me|with)?|your[-_ ]|my[-_]|example|placeholder|redacted|todo|dummy)"
)
_ASSIGNMENT = re.compile(r"""^[\s>-]*(?:export\s+)?["']?([A-Za-z][\w.-]{1,80})["']?\s*[=:]\s*(\S.*)?$""")
MAX_LINES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """The pods that an object makes."""

    resource: Resource
    spec: Value
    metadata: Value | None

    def containers(self) -> Iterator[Value]:
        """Yield every container, those that run first or for debugging included."""
        for name in _CONTAINERS:
            listed = self.spec.get(name)
            yield from (item for item in (listed.items() if listed else ()) if item.kind is Kind.MAP)

    def contexts(self) -> Iterator[Value]:
        """Yield the security contexts of the pod and of its containers."""
        for holder in (self.spec, *self.containers()):
            context = holder.get("securityContext")
            if context is not None and context.kind is Kind.MAP:
                yield context

    def volumes(self) -> Iterator[Value]:
        """Yield the volumes that are written down."""
        listed = self.spec.get("volumes")
        yield from (item for item in (listed.items() if listed else ()) if item.kind is Kind.MAP)


def pods_of(view: View) -> Iterator[Pods]:
    """Yield what makes pods in a view."""
    for resource in view.of(*_TEMPLATES):
        template = resource.value if resource.type == "Pod" else resource.get(_TEMPLATES[resource.type])
        spec = template.get("spec") if template else None
        if template is not None and spec is not None and spec.kind is Kind.MAP:
            yield Pods(resource=resource, spec=spec, metadata=template.get("metadata"))


def entries(value: Value | None) -> tuple[tuple[str, Value], ...]:
    """Return the entries of a map; none of anything else."""
    return value.entries if value is not None and value.kind is Kind.MAP else ()


def looks_secret(name: str, value: str) -> bool:
    """Whether `value` is a secret that is written down: by its name, and because it is no reference and no example."""
    text = value.strip().strip("\"'")
    if len(text) < 4 or not is_secret(name) or "user_data" in name or "custom_data" in name:
        return False
    return not (is_public(text) or _PLACEHOLDER.search(text[:200]) or text.startswith(("/", "./")) or " " in text[:60])


def secret_within(text: str) -> tuple[int, str] | None:
    """Return the line (from 0) and name of the first secret that a text of settings assigns; None without one."""
    for number, line in enumerate(text.split("\n")[:MAX_LINES]):
        if len(line) <= 500 and (found := _ASSIGNMENT.match(line)) and looks_secret(found[1], found[2] or ""):
            return number, found[1]
    return None


def text_of(value: Value | None) -> str:
    """Return a plain text; "" for anything else."""
    return plain(value) or ""
