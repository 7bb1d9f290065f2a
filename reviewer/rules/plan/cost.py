"""Changes that cost more: bigger machines, more of them, things that are paid by the hour; and infracost's figures.

Owns which attributes these are. Says what changes and never a price; prices come from infracost, where the workflow
brings them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.sizes import is_bigger
from reviewer.rules.plan.switches import EXISTING
from reviewer.rules.plan.values import flag, is_unknown, listed, named, number, reach, short, shown, text, texts
from reviewer.tfplan.model import ResourceChange

_CLASSES = (
    *(("instance_type",), ("instance_class",), ("node_type",), ("cache_node_type",), ("machine_type",), ("vm_size",)),
    *(("size",), ("sku_name",), ("tier",), ("settings", "tier"), ("replication_instance_class",)),
    *(("host_instance_type",), ("cluster_config", "instance_type"), ("default_node_pool", "vm_size")),
    *(("node_config", "machine_type"), ("broker_node_group_info", "instance_type"), ("instance_types",)),
)
_AMOUNTS = (
    *(
        ("allocated_storage",),
        ("iops",),
        ("provisioned_iops",),
        ("storage_throughput",),
        ("throughput",),
        ("disk_size",),
    ),
    *(
        ("size",),
        ("disk_size_gb",),
        ("storage_mb",),
        ("storage_gb",),
        ("volume_size",),
        ("read_capacity",),
        ("write_capacity",),
    ),
    *(("shard_count",), ("provisioned_throughput_in_mibps",), ("provisioned_concurrent_executions",)),
    *(("min_size",), ("desired_capacity",), ("max_size",), ("desired_count",), ("node_count",), ("num_nodes",)),
    *(("initial_node_count",), ("number_of_nodes",), ("num_cache_nodes",), ("num_cache_clusters",)),
    *(("number_of_broker_nodes",), ("replicas",), ("replica_count",), ("capacity",), ("worker_count",), ("instances",)),
    *(("scaling_config", "min_size"), ("scaling_config", "desired_size"), ("scaling_config", "max_size")),
    *(("default_node_pool", "node_count"), ("default_node_pool", "min_count"), ("cluster_config", "instance_count")),
    *(("autoscaling", "min_node_count"), ("sku", "capacity"), ("memory_size",), ("memory_size_gb",)),
    *(("serverlessv2_scaling_configuration", "max_capacity"), ("processing_units",), ("spec", "replicas")),
    *(("settings", "disk_size"), ("root_block_device", "volume_size"), ("root_block_device", "iops")),
)
_SWITCHES = (
    *(("multi_az",), ("multi_az_enabled",), ("zone_redundant",), ("zone_redundancy_enabled",), ("ebs_optimized",)),
    *(("performance_insights_enabled",), ("detailed_monitoring",), ("monitoring",), ("dedicated_master_enabled",)),
)
_BY_THE_HOUR = {
    "aws_nat_gateway": "a NAT gateway",
    "azurerm_nat_gateway": "a NAT gateway",
    "google_compute_router_nat": "a NAT gateway",
    "aws_ec2_transit_gateway": "a transit gateway",
    "aws_ec2_transit_gateway_vpc_attachment": "an attachment to a transit gateway",
    "aws_vpc_endpoint": "an interface endpoint",
    "aws_eks_cluster": "a cluster's control plane",
    "aws_networkfirewall_firewall": "a firewall",
    "azurerm_firewall": "a firewall",
    "azurerm_application_gateway": "an application gateway",
    "azurerm_virtual_network_gateway": "a VPN or ExpressRoute gateway",
    "azurerm_bastion_host": "a bastion host",
    "aws_directory_service_directory": "a directory",
    "aws_msk_cluster": "a Kafka cluster",
    "aws_opensearch_domain": "a search cluster",
    "aws_redshift_cluster": "a data warehouse",
    "aws_acmpca_certificate_authority": "a private certificate authority",
    "aws_shield_protection": "a Shield Advanced protection",
    "aws_dx_connection": "a direct connection",
}


def check_sizes(view: PlanView) -> Iterator[PlanHit]:
    """Yield one hit for each existing resource that becomes bigger, or counts more inside."""
    for change in view.changing():
        grown = list(_grown(change)) if change.action in EXISTING else []
        if grown:
            words = "; ".join(f"{'.'.join(path)} from {before} to {after}" for path, before, after in grown[:4])
            more = f"; and {len(grown) - 4} more" if len(grown) > 4 else ""
            message = f"{named(change)} costs more with {words}{more}."
            yield PlanHit(change=change, attribute=grown[0][0][0], message=message)


def _grown(change: ResourceChange) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """(path, before, after) of what grows."""
    for path, before, after in _known(change, _CLASSES):
        old, new = ", ".join(texts(before)), ", ".join(texts(after))
        if is_bigger(old, new):
            yield path, short(old), short(new)
    for path, before, after in _known(change, _AMOUNTS):
        low, high = number(before), number(after)
        if low is not None and high is not None and high > low >= 0:
            yield path, shown(low), shown(high)
    for path, before, after in _known(change, _SWITCHES):
        if flag(after) and not flag(before):
            yield path, shown(before), "true"
    billing = ("PAY_PER_REQUEST", "PROVISIONED")
    if (text(reach(change.before, "billing_mode")), text(reach(change.after, "billing_mode"))) == billing:
        yield ("billing_mode",), *billing


def _known(change: ResourceChange, paths: tuple[tuple[str, ...], ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    for path in paths:
        after = reach(change.after, *path)
        if after is not None and not is_unknown(change, *path):
            yield path, reach(change.before, *path), after


def check_counts(view: PlanView) -> Iterator[PlanHit]:
    """Yield one hit for each block of which there are more instances than before."""
    families: defaultdict[str, list[ResourceChange]] = defaultdict(list)
    for change in view.plan.changes:
        families[change.config_address].append(change)
    for address, family in families.items():
        if len(family) < 2 or not _costs(family[0]):
            continue
        new = [change for change in family if change.action is PlanAction.CREATE]
        gone = sum(change.action in (PlanAction.DELETE, PlanAction.FORGET) for change in family)
        before = len(family) - len(new)
        if before and len(new) > gone:
            message = f"There are {len(family) - gone} instances of {short(address, 160)} after this change; "
            yield PlanHit(
                change=new[0], message=f"{message}before it there {'was' if before == 1 else 'were'} {before}."
            )


def _costs(change: ResourceChange) -> bool:
    """Whether more of a type is more to pay: machines, databases, gateways; not permissions and rules."""
    sized = any(isinstance(reach(change.after, *path), (str, list)) for path in _CLASSES)
    return change.type in _BY_THE_HOUR or sized


def check_new(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each new thing that is paid by the hour, whether it is used or not."""
    for change in view.changing():
        kind = _BY_THE_HOUR.get(change.type)
        is_free = change.type == "aws_vpc_endpoint" and text(reach(change.after, "vpc_endpoint_type")) != "Interface"
        if change.action is PlanAction.CREATE and kind and not is_free:
            yield PlanHit(change=change, message=f"{named(change)}, {kind}, is paid by the hour from its creation on.")


def check_guard(view: PlanView) -> Iterator[PlanHit]:
    """Yield one hit when infracost's figures rise by more than the policy allows."""
    allowed = view.thresholds.cost_increase_percent
    if allowed is None or view.infracost is None:
        return
    past, now = number(reach(view.infracost, "pastTotalMonthlyCost")), number(reach(view.infracost, "totalMonthlyCost"))
    rise = number(reach(view.infracost, "diffTotalMonthlyCost"))
    if now is None or (past is None and rise is None):
        return
    before = past if past is not None else now - (rise or 0)
    percent = (now - before) / before * 100 if before > 0 else None
    if now > before and (percent is None or percent > allowed):
        currency = short(text(reach(view.infracost, "currency")) or "USD", 8)
        by = f"by {percent:.0f} %" if percent is not None else "from nothing"
        projects = listed(_rising(view.infracost))
        yield PlanHit(
            message=f"{view.root or 'This root'} costs {now:,.2f} {currency} a month after this change, {before:,.2f} "
            f"before it: a rise {by}; the policy allows {allowed:g} % (plan.max_cost_increase)."
            + (f" It rises in {projects}." if projects else ""),
        )


def _rising(infracost: Any) -> list[str]:
    """Projects of the document whose cost rises, with the rise."""
    projects = reach(infracost, "projects")
    found = []
    for project in projects[:50] if isinstance(projects, list) else ():
        rise = number(reach(project, "diff", "totalMonthlyCost"))
        if rise and rise > 0:
            found.append(f"{short(text(reach(project, 'name')) or 'a project', 60)} (+{rise:,.2f})")
    return found


_COSTS = "https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/welcome.html"
RULES = (
    PlanRule(
        id="PLB_PLAN_COST_1",
        title="This becomes bigger",
        severity=Severity.LOW,
        why="It is paid by its size, from the apply on.",
        remedy="Make sure that the size is meant for this environment.",
        references=(_COSTS,),
        check=check_sizes,
    ),
    PlanRule(
        id="PLB_PLAN_COST_2",
        title="There are more of these",
        severity=Severity.LOW,
        why="Each of them is paid on its own.",
        remedy="Make sure that the number is meant for this environment.",
        references=(_COSTS,),
        check=check_counts,
    ),
    PlanRule(
        id="PLB_PLAN_COST_3",
        title="This is paid by the hour, used or not",
        severity=Severity.INFO,
        why="It costs from its creation until somebody deletes it, and is easily forgotten in environments for tests.",
        remedy="Share one where several environments may, and delete what is for a while.",
        references=(_COSTS,),
        check=check_new,
    ),
    PlanRule(
        id="PLB_PLAN_COST_4",
        title="The cost rises by more than the policy allows",
        severity=Severity.HIGH,
        why="Your policy asks that somebody looks at rises of this size before they are merged.",
        remedy="Reduce what grows, or have the rise agreed and raise plan.max_cost_increase or waive this.",
        references=("https://www.infracost.io/docs/features/cli_commands/#diff",),
        check=check_guard,
    ),
)
