"""Things that the change makes reachable or readable from outside: storage, databases, endpoints, images, functions.

Owns which attributes decide that. Only existing things that become public count: what is created public is said by
Checkov. Ports are the business of `ingress`, policies that of `principals` and `grants`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.companions import Companion, taken_away
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.switches import EXISTING, Switch, index, moved_out
from reviewer.rules.plan.values import blocks, is_empty, is_unknown, listed, named, reach, text, texts
from reviewer.rules.ports import is_internet
from reviewer.tfplan.model import ResourceChange


def _private(
    *types: str,
    path: str,
    safe: tuple[bool | str, ...] = (False,),
    default: bool | str | None = None,
    severity: Severity | None = None,
) -> Switch:
    return Switch(types=types, path=tuple(path.split(".")), safe=safe, default=default, severity=severity)


_PRIVATE_ACLS = ("private", "log-delivery-write", "bucket-owner-read", "bucket-owner-full-control")
_STORAGE = index((_private("aws_s3_bucket_acl", "aws_s3_bucket", path="acl", safe=_PRIVATE_ACLS, default="private"),))
_STORAGE_RAILS = index(
    (
        *(
            _private(
                "aws_s3_bucket_public_access_block",
                "aws_s3_account_public_access_block",
                path=name,
                safe=(True,),
                default=False,
                severity=Severity.MEDIUM,
            )
            for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        ),
        _private("azurerm_storage_container", path="container_access_type", safe=("private",), default="private"),
        _private(
            "azurerm_storage_account",
            path="allow_nested_items_to_be_public",
            default=True,
            severity=Severity.MEDIUM,
        ),
        _private(
            "azurerm_storage_account", path="network_rules.default_action", safe=("Deny",), severity=Severity.MEDIUM
        ),
        _private(
            "azurerm_storage_account_network_rules", path="default_action", safe=("Deny",), severity=Severity.MEDIUM
        ),
        _private("azurerm_container_registry", path="anonymous_pull_enabled", default=False),
        _private(
            "google_storage_bucket",
            path="public_access_prevention",
            safe=("enforced",),
            default="inherited",
            severity=Severity.MEDIUM,
        ),
    )
)
_BLOCK = {"aws_s3_bucket_public_access_block": Companion(link="bucket", owners=("aws_s3_bucket",))}
_GRANTEES = ("AllUsers", "AuthenticatedUsers")


def check_storage(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits where stored data becomes readable, or the rails go that keep it from becoming so."""
    yield from moved_out(view, _STORAGE_RAILS)
    for hit in moved_out(view, _STORAGE):
        acl = text(reach(hit.change.after, "acl")) if hit.change else ""
        severity = Severity.CRITICAL if acl == "public-read-write" else Severity.HIGH
        yield PlanHit(change=hit.change, attribute=hit.attribute, severity=severity, message=hit.message)
    for change in view.changing():
        if change.type == "aws_s3_bucket_acl" and change.action in EXISTING:
            new = _grantees(change.after) - _grantees(change.before)
            if new and not is_unknown(change, "access_control_policy"):
                message = f"{named(change)} now has a grant to {listed(new)}."
                yield PlanHit(change=change, attribute="access_control_policy", message=message)
    for change in taken_away(view, _BLOCK):
        message = (
            f"{named(change)} is deleted while the bucket stays, so that nothing blocks public access to it any more."
        )
        yield PlanHit(change=change, severity=Severity.MEDIUM, message=message)


def _grantees(values: Any) -> frozenset[str]:
    uris = (
        text(reach(grant, "grantee", "uri"))
        for policy in blocks(values, "access_control_policy")
        for grant in blocks(policy, "grant")
    )
    names = (uri.rpartition("/")[2] for uri in uris)
    return frozenset(name for name in names if name in _GRANTEES)


_REACHABLE = index(
    (
        _private("*", path="publicly_accessible", default=False),
        _private("azurerm_*", path="public_network_access_enabled", default=True, severity=Severity.MEDIUM),
        _private("azurerm_kubernetes_cluster", path="private_cluster_enabled", safe=(True,), default=False),
        _private("azurerm_cosmosdb_account", path="is_virtual_network_filter_enabled", safe=(True,), default=False),
        _private("azurerm_key_vault", path="network_acls.default_action", safe=("Deny",), severity=Severity.MEDIUM),
        _private("aws_eks_cluster", path="vpc_config.endpoint_public_access", default=True, severity=Severity.MEDIUM),
        _private(
            "aws_msk_cluster",
            path="broker_node_group_info.connectivity_info.public_access.type",
            safe=("DISABLED",),
            default="DISABLED",
        ),
        _private("aws_sagemaker_notebook_instance", path="direct_internet_access", safe=("Disabled",)),
        _private("aws_transfer_server", path="endpoint_type", safe=("VPC", "VPC_ENDPOINT"), default="PUBLIC"),
        _private(
            "google_container_cluster",
            path="private_cluster_config.enable_private_endpoint",
            safe=(True,),
            severity=Severity.MEDIUM,
        ),
        _private("google_container_cluster", path="private_cluster_config.enable_private_nodes", safe=(True,)),
        _private(
            "google_sql_database_instance",
            path="settings.ip_configuration.ipv4_enabled",
            default=True,
            severity=Severity.MEDIUM,
        ),
        _private(
            "google_cloudfunctions_function",
            path="ingress_settings",
            safe=("ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"),
            default="ALLOW_ALL",
            severity=Severity.MEDIUM,
        ),
        _private(
            "google_cloud_run_v2_service",
            path="ingress",
            safe=("INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"),
            default="INGRESS_TRAFFIC_ALL",
            severity=Severity.MEDIUM,
        ),
    )
)


def check_reachable(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for databases, clusters and other services that get an endpoint on the internet."""
    yield from moved_out(view, _REACHABLE)
    for change in view.changing():
        if change.action in EXISTING:
            yield from _wider_sources(change)


_SOURCES = (
    ("aws_eks_cluster", ("vpc_config",), ("public_access_cidrs",), Severity.MEDIUM),
    ("google_container_cluster", ("master_authorized_networks_config",), ("cidr_blocks",), Severity.MEDIUM),
    ("google_sql_database_instance", ("settings", "ip_configuration"), ("authorized_networks",), Severity.HIGH),
    ("azurerm_kubernetes_cluster", ("api_server_access_profile",), ("authorized_ip_ranges",), Severity.MEDIUM),
)
"""(type, path of the block, who may connect to the endpoint, severity)."""


def _wider_sources(change: ResourceChange) -> Iterator[PlanHit]:
    for type_, path, names, severity in _SOURCES:
        if change.type != type_ or is_unknown(change, path[0]):
            continue
        before, after = (_cidrs(reach(values, *path, *names)) for values in (change.before, change.after))
        opened = sorted(source for source in after - before if is_internet(source))
        lost = bool(before) and not after and not any(is_internet(source) for source in before)
        if opened or lost:
            what = ".".join((*path, *names))
            now = f"now has {listed(opened)} in {what}" if opened else f"no longer has {what}"
            message = f"{named(change)} {now}, so that anybody may connect to its endpoint."
            yield PlanHit(change=change, attribute=path[0], severity=severity, message=message)


def _cidrs(value: Any) -> frozenset[str]:
    """Addresses in a list of strings, or of blocks with `cidr_block` or `value`."""
    written = [text(block.get("cidr_block")) or text(block.get("value")) for block in blocks({"_": value}, "_")]
    return frozenset((*texts(value), *filter(None, written)))


_ADDRESSES = index(
    (
        _private("aws_instance", path="associate_public_ip_address", default=False),
        _private("aws_launch_template", path="network_interfaces.associate_public_ip_address", default="false"),
        _private("aws_subnet", path="map_public_ip_on_launch", default=False, severity=Severity.LOW),
        _private("azurerm_kubernetes_cluster", path="default_node_pool.node_public_ip_enabled", default=False),
        _private("aws_lb", "aws_alb", "aws_elb", path="internal", safe=(True,), default=False),
        _private(
            "google_compute_forwarding_rule",
            path="load_balancing_scheme",
            safe=("INTERNAL", "INTERNAL_MANAGED"),
            default="EXTERNAL",
        ),
        _private(
            "kubernetes_service",
            "kubernetes_service_v1",
            path="spec.type",
            safe=("ClusterIP", "NodePort"),
            default="ClusterIP",
        ),
    )
)


def check_addresses(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for machines and load balancers that get a public address."""
    yield from moved_out(view, _ADDRESSES)
    for change in view.changing():
        if change.action not in EXISTING:
            continue
        for type_, outer, name in _INTERFACES:
            before, after = (_with_address(values, outer, name) for values in (change.before, change.after))
            if change.type == type_ and after > before:
                message = f"{named(change)} gets a public address ({outer}.{name})."
                yield PlanHit(change=change, attribute=outer, message=message)


_INTERFACES = (
    ("google_compute_instance", "network_interface", "access_config"),
    ("google_compute_instance_template", "network_interface", "access_config"),
    ("azurerm_network_interface", "ip_configuration", "public_ip_address_id"),
    ("azurerm_lb", "frontend_ip_configuration", "public_ip_address_id"),
)


def _with_address(values: Any, outer: str, name: str) -> int:
    return sum(not is_empty(block.get(name)) for block in blocks(values, outer))


_CALLABLE = index(
    (
        _private("aws_lambda_function_url", path="authorization_type", safe=("AWS_IAM",)),
        _private(
            "aws_api_gateway_method",
            path="authorization",
            safe=("AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"),
            severity=Severity.MEDIUM,
        ),
        _private(
            "aws_apigatewayv2_route",
            path="authorization_type",
            safe=("AWS_IAM", "CUSTOM", "JWT"),
            default="NONE",
            severity=Severity.MEDIUM,
        ),
    )
)


def check_callable(view: PlanView) -> Iterable[PlanHit]:
    """Yield hits for functions and methods that no longer ask who calls."""
    return moved_out(view, _CALLABLE)


_SHARED = {
    "aws_db_snapshot": "shared_accounts",
    "aws_db_cluster_snapshot": "shared_accounts",
    "aws_db_snapshot_copy": "shared_accounts",
    "aws_ami_launch_permission": "account_id",
    "aws_snapshot_create_volume_permission": "account_id",
    "aws_ssm_document": "permissions",
}


def check_sharing(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for snapshots, images and documents that are shared with more accounts, or with everybody."""
    for change in view.changing():
        attribute = _SHARED.get(change.type)
        if attribute is None or change.after is None or is_unknown(change, attribute):
            continue
        new = _sharers(change.after, attribute) - _sharers(change.before, attribute)
        public = {name for name in new if name.lower() == "all"}
        is_created = change.action is PlanAction.CREATE
        if public and not (is_created and change.type != "aws_ami_launch_permission"):
            message = f"{named(change)} shares it with everybody who has an account."
            yield PlanHit(change=change, attribute=attribute, severity=Severity.CRITICAL, message=message)
        elif new - public and not (is_created and change.type == "aws_ami_launch_permission"):  # CKV_AWS_205
            message = f"{named(change)} shares it with {listed(new - public)}."
            yield PlanHit(change=change, attribute=attribute, severity=Severity.MEDIUM, message=message)


def _sharers(values: Any, attribute: str) -> frozenset[str]:
    written = reach(values, attribute)
    documents = texts(reach(written, "account_ids")) if attribute == "permissions" else ()
    split = chain.from_iterable(name.split(",") for name in documents)
    group = texts(reach(values, "group")) if attribute == "account_id" else ()
    return frozenset(name for name in (*texts(written), *split, *group) if name)


RULES = (
    PlanRule(
        id="PLB_PLAN_PUBLIC_3",
        title="Stored data becomes public",
        severity=Severity.HIGH,
        why="What is in it now was written while nobody else could read it. Copies that were taken while it was open "
        "do not come back.",
        remedy="Keep it private. If it is meant to be public, put a CDN in front, or use a bucket of its own.",
        references=(
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
            "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
        ),
        check=check_storage,
    ),
    PlanRule(
        id="PLB_PLAN_PUBLIC_4",
        title="A service becomes reachable from the internet",
        severity=Severity.HIGH,
        why="It was built to be reached from inside; from now on everybody may try its passwords and flaws.",
        remedy="Leave the endpoint private, and reach it through a VPN, a bastion or a private endpoint; at least name "
        "the addresses that may connect.",
        references=(
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
            "https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",
        ),
        check=check_reachable,
    ),
    PlanRule(
        id="PLB_PLAN_PUBLIC_5",
        title="A machine or load balancer gets a public address",
        severity=Severity.MEDIUM,
        why="What stands behind it can now be reached from the internet as far as firewalls allow; until now "
        "it could not at all.",
        remedy="Put what has to be public behind a load balancer that is, and leave the rest without public addresses.",
        references=("https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html",),
        check=check_addresses,
    ),
    PlanRule(
        id="PLB_PLAN_PUBLIC_6",
        title="A function no longer asks who calls",
        severity=Severity.HIGH,
        why="Everybody who learns the address may run it, at your cost and with its rights.",
        remedy="Keep the authorization; where everybody has to be let in, let the function check a token itself.",
        references=("https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",),
        check=check_callable,
    ),
    PlanRule(
        id="PLB_PLAN_PUBLIC_7",
        title="A snapshot or image is shared",
        severity=Severity.MEDIUM,
        why="Whoever it is shared with may copy it whole, and keeps the copy when the sharing ends.",
        remedy="Share with the accounts that need it, encrypted with a key of yours, and never with everybody.",
        references=("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html",),
        check=check_sharing,
    ),
)
