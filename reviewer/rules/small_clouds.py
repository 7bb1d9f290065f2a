"""DigitalOcean, Linode, Scaleway, Oracle and OpenStack: the few things that count most there.

Firewalls are the business of `firewalls`, machines' passwords that of `secrets`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.resource import View, is_unset, on_resources, plain
from reviewer.rules.rule import Hit, Rule
from reviewer.rules.stated import rows, stated


def check_plain(view: View) -> Iterator[Hit]:
    """Yield a hit for every load balancer that answers without TLS, and does not send people on to it."""
    for balancer in view.of("digitalocean_loadbalancer"):
        for rule in balancer.maps("forwarding_rule"):
            protocol = rule.get("entry_protocol")
            if plain(protocol) == "http" and is_unset(balancer.get("redirect_http_to_https")):
                yield balancer.hit(f"{balancer.address} answers in plain HTTP.", protocol)
    for balancer in view.of("linode_nodebalancer_config"):
        if balancer.text("protocol") == "http":
            yield balancer.hit(f"{balancer.address} answers in plain HTTP.", balancer.get("protocol"))


_PUBLIC = {
    **rows(
        ("digitalocean_spaces_bucket_object", "linode_object_storage_bucket", "linode_object_storage_object"),
        ("acl",),
        ("public-read", "public-read-write", "authenticated-read"),
    ),
    **rows(
        ("scaleway_object_bucket", "scaleway_object_bucket_acl", "scaleway_object"),
        ("acl", "visibility"),
        ("public-read", "public-read-write", "authenticated-read"),
    ),
}
"""Checkov has buckets of DigitalOcean (CKV_DIO_3)."""


def check_public(view: View) -> Iterator[Hit]:
    """Yield a hit for every bucket or object that everybody may read."""
    yield from stated(view, _PUBLIC, "Everybody may read {0}: {1} is {2}.")


_FORCED = rows(
    ("digitalocean_spaces_bucket", "scaleway_object_bucket"),
    ("force_destroy",),
    ("true",),
)


def check_forced(view: View) -> Iterator[Hit]:
    """Yield a hit for every bucket that is destroyed with all that is in it."""
    yield from stated(view, _FORCED, "{0} is destroyed with everything that is in it.")


_LATE = {
    **rows(("digitalocean_kubernetes_cluster",), ("auto_upgrade", "surge_upgrade"), ("false",)),
    **rows(("scaleway_k8s_cluster",), ("auto_upgrade.enable",), ("false",)),
}


def check_late(view: View) -> Iterator[Hit]:
    """Yield a hit for every cluster that does not get its patches by itself, or not without a pause."""
    yield from stated(view, _LATE, "{0} gets patches late: {1} is {2}.")


_ADDRESSES = {
    **rows(
        ("opc_compute_ip_address_reservation",), ("ip_address_pool",), ("public-ippool", "/oracle/public/public-ippool")
    ),
    **rows(("oci_core_instance",), ("create_vnic_details.assign_public_ip",), ("true",)),
}


def check_addresses(view: View) -> Iterator[Hit]:
    """Yield a hit for every machine of Oracle's that is given an address on the internet."""
    yield from stated(view, _ADDRESSES, "{0} takes an address on the internet ({1}).")


def check_descriptions(view: View) -> Iterator[Hit]:
    """Yield a hit for every security group that does not say what it is for."""
    for group in view.of("openstack_networking_secgroup_v2", "openstack_compute_secgroup_v2"):
        if group.lacks("description") or group.text("description") == "":
            yield group.hit(f"{group.address} does not say what it is for.", group.get("description"))


RULES = (
    Rule(
        id="PLB_CLOUD_1",
        title="A load balancer answers in plain HTTP",
        severity=Severity.MEDIUM,
        why="What people send, passwords and cookies too, can be read and changed on the way.",
        remedy="Set redirect_http_to_https to true, or forward https only.",
        references=("https://docs.digitalocean.com/products/networking/load-balancers/how-to/ssl-termination/",),
        check=on_resources(check_plain),
        concept=check_plain,
    ),
    Rule(
        id="PLB_CLOUD_2",
        title="Everybody may read stored data",
        severity=Severity.HIGH,
        why="Public objects are found by machines that do nothing else than look for them.",
        remedy='Set the acl to "private", and serve what is meant to be public through a CDN.',
        references=("https://docs.digitalocean.com/products/spaces/how-to/set-file-permissions/",),
        check=on_resources(check_public),
        concept=check_public,
    ),
    Rule(
        id="PLB_CLOUD_3",
        title="A bucket is destroyed with all that is in it",
        severity=Severity.LOW,
        why="A name that changes, or a block that goes, takes the data along without asking.",
        remedy="Leave force_destroy out.",
        references=(
            "https://registry.terraform.io/providers/digitalocean/digitalocean/latest/docs/resources/spaces_bucket",
        ),
        check=on_resources(check_forced),
        concept=check_forced,
    ),
    Rule(
        id="PLB_CLOUD_4",
        title="A cluster gets its patches late",
        severity=Severity.LOW,
        why="Known holes stay open until somebody remembers, or the cluster is down while they are closed.",
        remedy="Set it to true, and say in maintenance_policy when it suits you.",
        references=("https://docs.digitalocean.com/products/kubernetes/how-to/upgrade-cluster/",),
        check=on_resources(check_late),
        concept=check_late,
    ),
    Rule(
        id="PLB_CLOUD_5",
        title="A machine takes an address on the internet",
        severity=Severity.MEDIUM,
        why="What listens on it is one wrong firewall rule away from everybody.",
        remedy="Leave it in a private subnet, behind a load balancer or a bastion.",
        references=("https://docs.oracle.com/en-us/iaas/Content/Network/Tasks/managingpublicIPs.htm",),
        check=on_resources(check_addresses),
        concept=check_addresses,
    ),
    Rule(
        id="PLB_CLOUD_6",
        title="A security group does not say what it is for",
        severity=Severity.INFO,
        why="Nobody dares to close what nobody can explain.",
        remedy="Say in description who needs it, and why.",
        references=(
            "https://registry.terraform.io/providers/terraform-provider-openstack/openstack/latest/docs/resources/networking_secgroup_v2",
        ),
        check=on_resources(check_descriptions),
        concept=check_descriptions,
    ),
)
