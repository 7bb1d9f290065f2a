"""Resources of Terraform's Kubernetes provider in the shape of manifests, so that one rule speaks of both.

Owns what the provider calls things: `kubernetes_deployment_v1` is a Deployment, its block `container` the list
`containers`. What is given to Secrets, ConfigMaps and environments is left out: the rules on literals read it where it
stands. Knows no rule.
Source: the documentation of hashicorp/kubernetes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from reviewer.rules.documents import Kind, Value

_PREFIX = "kubernetes_"
_VERSION = re.compile(r"_v\d+(?:(?:alpha|beta)\d+)?$")
_KINDS = {
    "cluster_role": "ClusterRole",
    "cluster_role_binding": "ClusterRoleBinding",
    "cron_job": "CronJob",
    "daemon_set": "DaemonSet",
    "daemonset": "DaemonSet",
    "default_service_account": "ServiceAccount",
    "deployment": "Deployment",
    "ingress": "Ingress",
    "job": "Job",
    "namespace": "Namespace",
    "network_policy": "NetworkPolicy",
    "persistent_volume": "PersistentVolume",
    "pod": "Pod",
    "replication_controller": "ReplicationController",
    "role": "Role",
    "role_binding": "RoleBinding",
    "service": "Service",
    "service_account": "ServiceAccount",
    "stateful_set": "StatefulSet",
}
_NAMES = {
    "cluster_ip": "clusterIP",
    "container": "containers",
    "external_ips": "externalIPs",
    "host_ipc": "hostIPC",
    "host_pid": "hostPID",
    "init_container": "initContainers",
    "non_resource_urls": "nonResourceURLs",
    "path": "paths",
    "port": "ports",
    "rule": "rules",
    "subject": "subjects",
    "sysctl": "sysctls",
    "toleration": "tolerations",
    "volume": "volumes",
    "volume_mount": "volumeMounts",
}
"""Names that are not the manifest's with other letters."""

_BLOCKS_ONLY = ("path", "port")
"""Names that are renamed as blocks only: `path = "/etc"` is the path of a volume."""

_LISTS = frozenset(
    {
        *("containers", "initContainers", "ports", "rules", "subjects", "sysctls", "tolerations", "volumes"),
        *("volumeMounts", "env", "envFrom", "ingress", "egress", "from", "to", "items", "paths", "tls"),
        *("matchExpressions", "imagePullSecrets", "hostAliases", "sources"),
    }
)
"""Blocks that are lists in a manifest; of any other there is one."""

_FREE = frozenset(
    {
        *("labels", "annotations", "data", "binary_data", "match_labels", "node_selector", "limits", "requests"),
        *("string_data", "parameters", "volume_attributes"),
    }
)
"""Maps whose keys are people's own."""

_WORD = re.compile(r"_([a-z0-9])")


def manifest(type_: str, value: Value) -> tuple[str, Value] | None:
    """Return the kind and the manifest that a resource of Terraform stands for; None if it is not of Kubernetes."""
    if not type_.startswith(_PREFIX):
        return None
    if type_ == "kubernetes_manifest":
        written = value.get("manifest")
        kind = written.get("kind") if written else None
        return (kind.text, written) if written and kind is not None and kind.kind is Kind.TEXT else None
    kind_name = _KINDS.get(_VERSION.sub("", type_).removeprefix(_PREFIX))
    return (kind_name, _shaped(value)) if kind_name else None


def _shaped(value: Value) -> Value:
    """Return a block with the names of a manifest, blocks of which there is one being maps."""
    entries = tuple((name, inner) for key, entry in value.entries for name, inner in [_entry(key, entry)])
    return replace(value, entries=entries)


def _entry(key: str, entry: Value) -> tuple[str, Value]:
    if key in _FREE:
        return _camel(key), _single(entry)
    is_block = entry.kind is Kind.LIST and any(item.kind is Kind.MAP for item in entry.items())
    name = _NAMES.get(key, _camel(key)) if is_block or key not in _BLOCKS_ONLY else key
    if not is_block:
        return name, _shaped(entry) if entry.kind is Kind.MAP else entry
    shaped = replace(entry, entries=tuple(("", _shaped(_bare(key, item))) for item in entry.items()))
    return name, shaped if name in _LISTS else _single(shaped)


def _bare(key: str, item: Value) -> Value:
    """An entry of an environment without its value."""
    kept = tuple(entry for entry in item.entries if key != "env" or entry[0] != "value")
    return item if kept == item.entries else replace(item, entries=kept)


def _single(value: Value) -> Value:
    items = value.items()
    return items[0] if value.kind is Kind.LIST and len(items) == 1 and items[0].kind is Kind.MAP else value


def _camel(name: str) -> str:
    return _WORD.sub(lambda match: match[1].upper(), name)
