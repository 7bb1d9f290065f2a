"""Clusters of Google Kubernetes Engine and their nodes: who they are, what they boot, who may talk to them.

Checkov looks whether blocks are there; these rules look at what they say. Autopilot decides most of it itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Resource, View, is_empty, is_false, is_null, is_true, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_CLUSTER = "google_container_cluster"
_POOL = "google_container_node_pool"
_DOC = "https://cloud.google.com/kubernetes-engine/docs/how-to/"


def _own_nodes(view: View) -> Iterator[Resource]:
    """Yield the clusters whose nodes are one's own: not those of Autopilot, nor those that may be."""
    yield from (cluster for cluster in view.of(_CLUSTER) if cluster.is_off("enable_autopilot"))


def _nodes(view: View) -> Iterator[tuple[Resource, Value]]:
    """Yield every description of nodes, those of pools and those in clusters."""
    for pool in view.of(_POOL):
        yield from ((pool, nodes) for nodes in pool.maps("node_config"))
    for cluster in _own_nodes(view):
        if not cluster.is_true("remove_default_node_pool"):
            for path in ("node_config", "node_pool.node_config"):
                yield from ((cluster, nodes) for nodes in cluster.maps(path))


def check_policies(view: View) -> Iterator[Hit]:
    """Yield a hit for every cluster in which every pod may talk to every pod."""
    for cluster in _own_nodes(view):
        dataplane = cluster.lacks("datapath_provider") or cluster.text("datapath_provider") == "LEGACY_DATAPATH"
        if dataplane and cluster.is_off("network_policy.enabled"):
            at = cluster.get("network_policy.enabled") or cluster.get("network_policy")
            yield cluster.hit(f"{cluster.address} enforces no network policies.", at)


def check_private(view: View) -> Iterator[Hit]:
    """Yield a hit for every cluster that says that its nodes have public addresses."""
    for cluster in view.of(_CLUSTER):
        switch = cluster.get("private_cluster_config.enable_private_nodes")
        if is_false(switch):
            yield cluster.hit(f"Every node of {cluster.address} has a public address.", switch)
    for pool in view.of(_POOL):
        switch = pool.get("network_config.enable_private_nodes")
        if is_false(switch):
            yield pool.hit(f"Every node of {pool.address} has a public address.", switch)


def _unwatched(view: View, what: str) -> Iterator[Hit]:
    for cluster in view.of(_CLUSTER):
        service, components = cluster.get(f"{what}_service"), cluster.get(f"{what}_config.enable_components")
        old = plain(service) in ("none", f"{what}.googleapis.com")
        empty = components is not None and not components.entries and cluster.lacks(f"{what}_config.enable_components")
        if old or empty:
            said = f"{what}_service is {plain(service)}" if old else "enable_components is empty"
            yield cluster.hit(
                f"The {what} of {cluster.address} is off or of the old kind: {said}.", service or components
            )


def check_logging(view: View) -> Iterator[Hit]:
    """Yield a hit for every cluster whose logs are not kept, or only by the service that is gone."""
    yield from _unwatched(view, "logging")


def check_monitoring(view: View) -> Iterator[Hit]:
    """Yield a hit for every cluster that is not watched, or only by the service that is gone."""
    yield from _unwatched(view, "monitoring")


def check_endpoints(view: View) -> Iterator[Hit]:
    """Yield a hit for nodes that answer the old requests for metadata, which need no header."""
    for resource, nodes in _nodes(view):
        for metadata in (item for value in [nodes.get("metadata")] if value for item in value.items()):
            switch = metadata.get("disable-legacy-endpoints")
            if is_false(switch):
                yield resource.hit(f"Nodes of {resource.address} answer old requests for metadata.", switch)


def check_basic(view: View) -> Iterator[Hit]:
    """Yield a hit for every cluster that hands out a client certificate or has a password."""
    for cluster in view.of(_CLUSTER):
        certificate = cluster.get("master_auth.client_certificate_config.issue_client_certificate")
        if is_true(certificate):
            yield cluster.hit(f"{cluster.address} hands out a client certificate that cannot be revoked.", certificate)
        password = cluster.get("master_auth.password")
        if password is not None and not is_empty(password):
            yield cluster.hit(f"{cluster.address} lets people log in with a password.", password)


_METADATA = {"mode": ("GCE_METADATA", "MODE_UNSPECIFIED"), "node_metadata": ("EXPOSE", "UNSPECIFIED")}


def check_metadata(view: View) -> Iterator[Hit]:
    """Yield a hit for nodes that show pods their own credentials."""
    for resource, nodes in _nodes(view):
        for config in (item for value in [nodes.get("workload_metadata_config")] if value for item in value.items()):
            for name, wrong in _METADATA.items():
                value = config.get(name)
                if plain(value) in wrong:
                    message = f"Pods on nodes of {resource.address} can take the nodes' credentials ({plain(value)})."
                    yield resource.hit(message, value)


def check_images(view: View) -> Iterator[Hit]:
    """Yield a hit for nodes that run on something else than the system that is made for containers."""
    for resource, nodes in _nodes(view):
        yield from _image(resource, nodes.get("image_type"))
    for cluster in view.of(_CLUSTER):
        yield from _image(cluster, cluster.get("cluster_autoscaling.auto_provisioning_defaults.image_type"))


def _image(resource: Resource, value: Value | None) -> Iterator[Hit]:
    image = plain(value) or ""
    if image and not image.upper().startswith(("COS", "WINDOWS")):
        yield resource.hit(f"Nodes of {resource.address} run on {image}, not on Container-Optimized OS.", value)


def check_accounts(view: View) -> Iterator[Hit]:
    """Yield a hit for nodes that run as the default service account, which may edit the whole project."""
    for resource, nodes in _nodes(view):
        if _is_default(nodes):
            at = nodes.get("service_account") or nodes
            yield resource.hit(f"Nodes of {resource.address} run as the default service account.", at)
    for cluster in view.of(_CLUSTER):
        for defaults in cluster.maps("cluster_autoscaling.auto_provisioning_defaults"):
            if _is_default(defaults):
                at = defaults.get("service_account") or defaults
                yield cluster.hit(f"Nodes that {cluster.address} makes run as the default service account.", at)


def _is_default(nodes: Value) -> bool:
    account = nodes.get("service_account")
    return account is None or is_null(account) or plain(account) in ("", "default")


RULES = (
    Rule(
        id="PLB_GKE_1",
        title="A cluster enforces no network policies",
        severity=Severity.LOW,
        why="Every pod may talk to every pod: one that is taken over reaches all the others.",
        remedy='Set datapath_provider to "ADVANCED_DATAPATH" (new clusters), or switch network_policy on.',
        references=(_DOC + "network-policy",),
        check=on_resources(check_policies),
        concept=check_policies,
        supersedes=("CKV_GCP_12",),
    ),
    Rule(
        id="PLB_GKE_2",
        title="Nodes have public addresses",
        severity=Severity.MEDIUM,
        why="What listens on a node is one wrong firewall rule away from the internet.",
        remedy="Set enable_private_nodes to true, and let nodes out through Cloud NAT.",
        references=(_DOC + "private-clusters",),
        check=on_resources(check_private),
        concept=check_private,
    ),
    Rule(
        id="PLB_GKE_3",
        title="A cluster's logs are not kept",
        severity=Severity.MEDIUM,
        why="What was done in the cluster, and by whom, cannot be told afterwards.",
        remedy="Leave logging_service out, or give logging_config the components SYSTEM_COMPONENTS and WORKLOADS.",
        references=("https://cloud.google.com/kubernetes-engine/docs/concepts/about-logs",),
        check=on_resources(check_logging),
        concept=check_logging,
        supersedes=("CKV_GCP_1",),
    ),
    Rule(
        id="PLB_GKE_4",
        title="A cluster is not watched",
        severity=Severity.LOW,
        why="Nobody is told when nodes or workloads behave as they should not.",
        remedy="Leave monitoring_service out, or give monitoring_config the component SYSTEM_COMPONENTS.",
        references=(_DOC + "configure-metrics",),
        check=on_resources(check_monitoring),
        concept=check_monitoring,
        supersedes=("CKV_GCP_8",),
    ),
    Rule(
        id="PLB_GKE_5",
        title="Nodes answer old requests for metadata",
        severity=Severity.MEDIUM,
        why="They need no header, so a pod that can be made to fetch an address gives away the node's token.",
        remedy='Set disable-legacy-endpoints to "true".',
        references=(_DOC + "protecting-cluster-metadata",),
        check=on_resources(check_endpoints),
        concept=check_endpoints,
    ),
    Rule(
        id="PLB_GKE_6",
        title="A cluster lets people in with a certificate or password that stays",
        severity=Severity.MEDIUM,
        why="Neither can be taken back, limited to a person, or told from anybody else's use.",
        remedy="Set issue_client_certificate to false and leave username and password out: people log in with IAM.",
        references=(_DOC + "iam-integration",),
        check=on_resources(check_basic),
        concept=check_basic,
        supersedes=("CKV_GCP_13", "CKV_GCP_19"),
    ),
    Rule(
        id="PLB_GKE_7",
        title="Pods can take the credentials of their node",
        severity=Severity.MEDIUM,
        why="Whatever the node's account may do, every container on it may do, too.",
        remedy='Set the mode to "GKE_METADATA", and give workloads identities of their own.',
        references=(_DOC + "workload-identity",),
        check=on_resources(check_metadata),
        concept=check_metadata,
        supersedes=("CKV_GCP_69",),
    ),
    Rule(
        id="PLB_GKE_8",
        title="Nodes do not run on Container-Optimized OS",
        severity=Severity.LOW,
        why="A system for everything has more in it that can be attacked, and is not locked as the one for containers.",
        remedy='Set image_type to "COS_CONTAINERD".',
        references=("https://cloud.google.com/kubernetes-engine/docs/concepts/node-images",),
        check=on_resources(check_images),
        concept=check_images,
        supersedes=("CKV_GCP_22",),
    ),
    Rule(
        id="PLB_GKE_9",
        title="Nodes run as the default service account",
        severity=Severity.MEDIUM,
        why="It may often edit the whole project, and whoever gets at a node's token may, too.",
        remedy="Make a service account that may write logs and metrics, and give it to the nodes.",
        references=(_DOC + "hardening-your-cluster",),
        check=on_resources(check_accounts),
        concept=check_accounts,
    ),
)
