"""Who may reach what through the firewalls of Azure, Google Cloud, Oracle, OpenStack, DigitalOcean and Hetzner.

Checkov names SSH, RDP and HTTP; these rules speak of the other services, of everything at once, of what may leave, and
of the forms that it does not look at. Reads nothing but `firewall_openings` and the view.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.firewall_openings import read_firewalls
from reviewer.rules.openings import Opening
from reviewer.rules.ports import LAST, NAMES
from reviewer.rules.resource import View, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_SAID = {
    "azurerm_network_security_group": (22, 80, 3389),
    "azurerm_network_security_rule": (22, 80, 3389),
    "google_compute_firewall": (20, 21, 22, 80, 3306, 3389),
    "openstack_networking_secgroup_rule_v2": (22, 3389),
    "openstack_compute_secgroup_v2": (22, 3389),
    "oci_core_security_list": (22, 3389),
    "oci_core_network_security_group_security_rule": (22, 3389),
}
"""Ports that Checkov names in these types."""

_WEB = (80, 443)
_UDP = (111, 2049, 11211)
_WIDE = 30
_NODE_PORTS = (30_000, 32_767)
"""Kubernetes asks for this range: opening it is no carelessness."""


def check_services(view: View) -> Iterator[Hit]:
    """Yield a hit for each rule that opens the port of a service to the internet, and that Checkov does not name."""
    for opening in _inward(view):
        services = _services(opening)
        if services and not opening.is_everything:
            names = ", ".join(f"{NAMES[port]} ({port})" for port in services[:3])
            yield _hit(opening, f"lets {opening.internet} reach {opening.ports}: {names}")


def check_everything(view: View) -> Iterator[Hit]:
    """Yield a hit for each rule that opens every port to the internet."""
    for opening in _inward(view):
        if opening.is_everything and opening.protocol in ("", "tcp", "udp"):
            yield _hit(opening, f"lets {opening.internet} reach {opening.ports}")


def check_others(view: View) -> Iterator[Hit]:
    """Yield a hit for each rule that lets the internet reach what is no web site and no service that is known."""
    for opening in _inward(view):
        counted = not opening.is_everything or opening.protocol not in ("", "tcp", "udp")
        web = opening.first == opening.last and opening.first in _WEB
        if counted and not web and not _services(opening) and not _said(opening):
            what = opening.protocol if opening.protocol in ("icmp", "icmpv6") else opening.ports
            yield _hit(opening, f"lets {opening.internet} reach {what}")


def check_egress(view: View) -> Iterator[Hit]:
    """Yield a hit for each rule that says that traffic may go anywhere."""
    for opening in read_firewalls(view):
        if not opening.is_ingress and opening.internet is not None and opening.first is not None:
            yield _hit(opening, f"lets traffic to {opening.ports} leave for {opening.internet}")


def check_ranges(view: View) -> Iterator[Hit]:
    """Yield a hit for each rule that opens more ports at once than any service has."""
    for opening in read_firewalls(view):
        first, last = opening.first, opening.last
        known = opening.sources and first is not None and last is not None
        if not known or not opening.is_ingress or opening.protocol not in ("tcp", "udp"):
            continue
        first, last = first or 0, last or 0
        everything = opening.is_everything and opening.internet is not None
        node_ports = first >= _NODE_PORTS[0] and last <= _NODE_PORTS[1]
        if last - first > _WIDE and not everything and not node_ports:
            yield _hit(opening, f"opens {min(last - first + 1, LAST)} ports at once ({opening.ports})")


_POLICIES = (("ingress", "from", "lets {} in"), ("egress", "to", "lets traffic leave for {}"))


def check_policies(view: View) -> Iterator[Hit]:
    """Yield a hit for each network policy that names every address, but for some or on some ports only.

    Those that name every address without any bounds are told of in `kubernetes`.
    """
    for policy in view.of("NetworkPolicy"):
        for direction, side, said in _POLICIES:
            for rule in policy.maps(f"spec.{direction}"):
                peers = [peer for listed in [rule.get(side)] if listed for peer in listed.items()]
                for block in (found for peer in peers if (found := peer.get("ipBlock"))):
                    cidr = plain(block.get("cidr"))
                    bounded = block.get("except") or (direction == "egress" and rule.get("ports"))
                    if cidr in ("0.0.0.0/0", "::/0") and bounded:
                        yield policy.hit(f"{policy.address} {said.format(cidr)}.", block.get("cidr"))


def _inward(view: View) -> Iterator[Opening]:
    for opening in read_firewalls(view):
        if opening.is_ingress and opening.internet is not None and opening.first is not None:
            yield opening


def _services(opening: Opening) -> list[int]:
    """The services that an opening lets in, but for those that Checkov names."""
    if opening.protocol not in ("", "tcp", "udp"):
        return []
    named = [port for port in sorted(NAMES) if opening.covers(port)]
    if opening.protocol == "udp":
        named = [port for port in named if port in _UDP]
    return [port for port in named if port not in _SAID.get(opening.resource.type, ())]


def _said(opening: Opening) -> bool:
    said = _SAID.get(opening.resource.type, ())
    return opening.protocol in ("", "tcp") and any(opening.covers(port) for port in said)


def _hit(opening: Opening, what: str) -> Hit:
    return opening.resource.hit(f"{opening.resource.address} {what}.", opening.at)


_GOOGLE = "https://cloud.google.com/firewall/docs/firewalls"
_AZURE = "https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview"
_AZURE_PORTS = ("CKV_AZURE_9", "CKV_AZURE_10", "CKV_AZURE_77", "CKV_AZURE_160")
_GOOGLE_PORTS = (
    *("CKV_GCP_2", "CKV_GCP_3", "CKV_GCP_75", "CKV_GCP_77", "CKV_GCP_88", "CKV_GCP_106"),
    "CKV2_GCP_12",
)

RULES = (
    Rule(
        id="PLB_FW_1",
        title="The internet may reach a service that is not meant for it",
        severity=Severity.HIGH,
        why="Databases, file shares, remote desktops and control interfaces are scanned for within minutes, and are "
        "tried with known holes and stolen passwords from then on.",
        remedy="Let in only the addresses that need it, or put a VPN, a bastion or a load balancer in front.",
        references=(_AZURE, _GOOGLE),
        check=on_resources(check_services),
        concept=check_services,
    ),
    Rule(
        id="PLB_FW_2",
        title="The internet may reach every port",
        severity=Severity.HIGH,
        why="A firewall with this rule is none: whatever listens, now or later, can be reached by everybody.",
        remedy="Open the ports of the services that are meant to be public, and nothing else.",
        references=(_AZURE, _GOOGLE),
        check=on_resources(check_everything),
        concept=check_everything,
        supersedes=(*_AZURE_PORTS, *_GOOGLE_PORTS),
    ),
    Rule(
        id="PLB_FW_3",
        title="Every address in the world is let in",
        severity=Severity.LOW,
        why="This is no web site on port 80 or 443: whoever is meant to reach it can most likely be named.",
        remedy="Name the addresses that need it.",
        references=(_AZURE, _GOOGLE),
        check=on_resources(check_others),
        concept=check_others,
    ),
    Rule(
        id="PLB_FW_4",
        title="Traffic may leave for anywhere",
        severity=Severity.LOW,
        why="Whoever gets into a machine sends out what is found there, and fetches tools, without being held up.",
        remedy="Name the networks that these machines have to reach.",
        references=(_GOOGLE, _AZURE),
        check=on_resources(check_egress),
        concept=check_egress,
    ),
    Rule(
        id="PLB_FW_5",
        title="A firewall rule opens a wide range of ports",
        severity=Severity.INFO,
        why="What will ever listen in such a range is open from its first minute, without anybody having decided it.",
        remedy="List the ports that are used.",
        references=(_GOOGLE, _AZURE),
        check=on_resources(check_ranges),
        concept=check_ranges,
    ),
    Rule(
        id="PLB_FW_6",
        title="A network policy names every address",
        severity=Severity.INFO,
        why="For these pods the policy draws no line between the cluster and the rest of the world, save by ports "
        "and by what it leaves out.",
        remedy="Name the networks, or the pods and namespaces, that these pods talk to.",
        references=("https://kubernetes.io/docs/concepts/services-networking/network-policies/",),
        check=on_resources(check_policies),
        concept=check_policies,
        framework="kubernetes",
    ),
)
