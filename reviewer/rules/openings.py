"""Rules of AWS's security groups and network ACLs in one shape, whichever of their many forms they are written in.

Owns which resources carry such rules and what their attributes are called. Says nothing about right and wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.rules.documents import Value
from reviewer.rules.ports import LAST, is_internet
from reviewer.rules.resource import Resource, View, is_false, is_function, is_null, plain, texts

_INLINE = {
    "aws_security_group": (("ingress", True), ("egress", False)),
    "aws_default_security_group": (("ingress", True), ("egress", False)),
    "AWS::EC2::SecurityGroup": (("SecurityGroupIngress", True), ("SecurityGroupEgress", False)),
    "AWS::RDS::DBSecurityGroup": (("DBSecurityGroupIngress", True),),
}
"""Groups that hold their rules: type -> where they stand, and whether they are about what comes in."""

_ALONE = {
    "aws_vpc_security_group_ingress_rule": True,
    "aws_vpc_security_group_egress_rule": False,
    "AWS::EC2::SecurityGroupIngress": True,
    "AWS::EC2::SecurityGroupEgress": False,
    "AWS::RDS::DBSecurityGroupIngress": True,
    "AWS::ElastiCache::SecurityGroupIngress": True,
    "AWS::Redshift::ClusterSecurityGroupIngress": True,
    "aws_redshift_security_group": True,
}
_SOURCES = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "CidrIp", "CidrIpv6", "CIDRIP")
_ACL_SOURCES = ("cidr_block", "ipv6_cidr_block", "CidrBlock", "Ipv6CidrBlock")
_PROTOCOLS = {"-1": "", "all": "", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One rule that lets something through. A `protocol` of "" is any; ports that are not known are None."""

    resource: Resource
    at: Value
    is_ingress: bool
    protocol: str | None
    first: int | None
    last: int | None
    sources: tuple[str, ...]  # those that are known
    is_bare: bool = False  # says nothing at all about who

    @property
    def internet(self) -> str | None:
        """The source that is everybody; None without one."""
        return next((source for source in self.sources if is_internet(source)), None)

    @property
    def place(self) -> Value | None:
        """Where that source is written, or the rule that has none; None for the whole resource."""
        written = (self.at.get(name) for name in (*_SOURCES, *_ACL_SOURCES))
        found = next((value for value in written if value and any(map(is_internet, texts(value)))), None)
        return found or (self.at if self.at is not self.resource.value else None)

    @property
    def is_everything(self) -> bool:
        """Whether it is about every port of its protocol."""
        return self.first == 0 and self.last == LAST

    def covers(self, port: int) -> bool:
        """Whether a port is surely in it."""
        return self.first is not None and self.last is not None and self.first <= port <= self.last

    @property
    def ports(self) -> str:
        """Its ports in words."""
        protocol = f" {self.protocol}" if self.protocol else ""
        if self.is_everything:
            return f"every{protocol} port"
        return f"port {self.first}" if self.first == self.last else f"ports {self.first} to {self.last}"


def read_openings(view: View) -> tuple[Opening, ...]:
    """Return the rules of all security groups of a view."""
    kept = view.kept.get("openings")
    if kept is None:
        kept = view.kept["openings"] = (*_inline(view), *_alone(view))
    return kept if isinstance(kept, tuple) else ()


def _inline(view: View) -> Iterator[Opening]:
    for type_, places in _INLINE.items():
        for group in view.of(type_):
            for path, is_ingress in places:
                for rule in group.maps(path):
                    yield _opening(group, rule, is_ingress)


def _alone(view: View) -> Iterator[Opening]:
    for type_, is_ingress in _ALONE.items():
        for rule in view.of(type_):
            yield _opening(rule, rule.value, is_ingress)
    for rule in view.of("aws_security_group_rule"):
        if rule.text("type") in ("ingress", "egress"):
            yield _opening(rule, rule.value, rule.text("type") == "ingress")


def _opening(resource: Resource, rule: Value, is_ingress: bool) -> Opening:
    protocol = _protocol(rule.get("protocol", "ip_protocol", "IpProtocol"))
    first, last = _range(protocol, rule.get("from_port", "FromPort"), rule.get("to_port", "ToPort"))
    return Opening(
        resource=resource,
        at=rule,
        is_ingress=is_ingress,
        protocol=protocol,
        first=first,
        last=last,
        sources=tuple(text for name in _SOURCES for text in texts(rule.get(name))),
    )


def _protocol(value: Value | None) -> str | None:
    """A protocol by its name; None when it is not known."""
    if value is None or is_null(value):
        return ""
    text = plain(value)
    return _PROTOCOLS.get(text.lower(), text.lower()) if text is not None else None


def _range(protocol: str | None, first: Value | None, last: Value | None) -> tuple[int | None, int | None]:
    """The ports; all of them where none is given, or the protocol is any (EC2: IpPermission)."""
    if protocol == "" or (protocol is not None and _is_absent(first) and _is_absent(last)):
        return 0, LAST
    low, high = _number(first), _number(last)
    if low is None or high is None or protocol is None:
        return None, None
    return (0, LAST) if low < 0 else (low, min(high, LAST))


def _is_absent(value: Value | None) -> bool:
    return value is None or is_null(value)


def _number(value: Value | None) -> int | None:
    text = plain(value) or ""
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 8 else None


def read_acl_openings(view: View) -> Iterator[Opening]:
    """Yield the rules of network ACLs that allow traffic in."""
    for acl in view.of("aws_network_acl"):
        for rule in acl.maps("ingress"):
            if plain(rule.get("action")) == "allow":
                yield _acl_opening(acl, rule)
    for entry in view.of("aws_network_acl_rule", "AWS::EC2::NetworkAclEntry"):
        egress = entry.value.get("egress", "Egress")
        action = plain(entry.value.get("rule_action", "RuleAction")) or ""
        if action.lower() == "allow" and (egress is None or is_null(egress) or is_false(egress)):
            yield _acl_opening(entry, entry.value)


def _acl_opening(resource: Resource, rule: Value) -> Opening:
    protocol = _protocol(rule.get("protocol", "Protocol"))
    ports = rule.get("PortRange") or rule
    first, last = _range(protocol, ports.get("from_port", "From"), ports.get("to_port", "To"))
    if is_function(ports) or (ports is rule and protocol and rule.get("from_port") is None):
        first = last = None  # tcp and udp demand ports
    written = [rule.get(name) for name in _ACL_SOURCES]
    return Opening(
        resource=resource,
        at=rule,
        is_ingress=True,
        protocol=protocol,
        first=first,
        last=last,
        sources=tuple(text for value in written for text in texts(value)),
        is_bare=all(value is None for value in written),
    )
