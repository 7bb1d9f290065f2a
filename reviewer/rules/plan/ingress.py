"""Ports that the change opens to the internet: in security groups, firewalls and network security groups.

Owns which ports matter. A port that was open before is not opened; of what is created, ports that Checkov names are
left to Checkov.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.values import blocks, flag, is_unknown, listed, named, number, reach, short, text, texts
from reviewer.rules.ports import LAST, NAMES, NO_PASSWORD, is_internet

_WEB = frozenset({80, 443})

_SAID_BY_CHECKOV = {
    "aws": frozenset({22, 3389, 80}),  # CKV_AWS_24, 25, 260; all ports: CKV_AWS_277
    "azurerm": frozenset({22, 3389, 80}),  # CKV_AZURE_9, 10, 160
    "google": frozenset({20, 21, 22, 80, 3306, 3389}),  # CKV_GCP_2, 3, 75, 77, 88, 106; all: CKV2_GCP_12
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A range of ports that is open to the internet. A `protocol` of "" is any."""

    protocol: str
    first: int
    last: int
    source: str  # as it is written: 0.0.0.0/0, Internet, *

    def covers(self, protocol: str, port: int) -> bool:
        """Whether the port is open through this."""
        return self.protocol in ("", protocol) and self.first <= port <= self.last


def _opening(protocol: str, first: Any, last: Any, source: str) -> Opening:
    name = {"-1": "", "all": "", "*": "", "any": "", "6": "tcp", "17": "udp", "1": "icmp"}.get(protocol, protocol)
    low, high = number(first), number(last)
    if name == "" or low is None or high is None or low < 0 or (low == 0 and high == 0):
        low, high = 0, LAST
    return Opening(protocol=name, first=int(low), last=min(int(high), LAST), source=short(source, 50))


def _aws_rule(rule: Mapping[str, Any]) -> Iterator[Opening]:
    keys = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")
    protocol = _protocol(rule.get("protocol", rule.get("ip_protocol")))
    for source in filter(is_internet, (source for key in keys for source in texts(rule.get(key)))):
        yield _opening(protocol, rule.get("from_port"), rule.get("to_port"), source)


def _protocol(value: Any) -> str:
    as_number = number(value)
    return str(int(as_number)) if as_number is not None and abs(as_number) < 1000 else text(value).lower()


def _aws_group(values: Mapping[str, Any]) -> Iterator[Opening]:
    return (opening for rule in blocks(values, "ingress") for opening in _aws_rule(rule))


def _aws_group_rule(values: Mapping[str, Any]) -> Iterator[Opening]:
    return _aws_rule(values) if text(values.get("type")) == "ingress" else iter(())


def _google_firewall(values: Mapping[str, Any]) -> Iterator[Opening]:
    if text(values.get("direction")).upper() == "EGRESS" or flag(values.get("disabled")):
        return
    for source in filter(is_internet, texts(values.get("source_ranges"))):
        for allow in blocks(values, "allow"):
            protocol = _protocol(allow.get("protocol"))
            for first, last in _ranges(texts(allow.get("ports")) or ("*",)):
                yield _opening(protocol, first, last, source)


def _azure_rule(rule: Mapping[str, Any]) -> Iterator[Opening]:
    if text(rule.get("direction")).lower() != "inbound" or text(rule.get("access")).lower() != "allow":
        return
    sources = (*texts(rule.get("source_address_prefix")), *texts(rule.get("source_address_prefixes")))
    ports = (*texts(rule.get("destination_port_range")), *texts(rule.get("destination_port_ranges")))
    for source in filter(is_internet, sources):
        for first, last in _ranges(ports):
            yield _opening(_protocol(rule.get("protocol")), first, last, source)


def _azure_group(values: Mapping[str, Any]) -> Iterator[Opening]:
    return (opening for rule in blocks(values, "security_rule") for opening in _azure_rule(rule))


def _ranges(ports: Iterable[str]) -> Iterator[tuple[str, str]]:
    for port in ports:
        first, dash, last = port.partition("-")
        yield ("0", str(LAST)) if port == "*" else (first, last if dash else first)


_READERS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Iterator[Opening]]]] = {
    "aws_security_group": ("ingress", _aws_group),
    "aws_default_security_group": ("ingress", _aws_group),
    "aws_security_group_rule": ("cidr_blocks", _aws_group_rule),
    "aws_vpc_security_group_ingress_rule": ("cidr_ipv4", _aws_rule),
    "google_compute_firewall": ("source_ranges", _google_firewall),
    "azurerm_network_security_group": ("security_rule", _azure_group),
    "azurerm_network_security_rule": ("source_address_prefix", _azure_rule),
}


def check_ingress(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each resource that opens ports to the internet which were not open through it before."""
    for change in view.changing():
        reader = _READERS.get(change.type)
        if reader is None or change.after is None or is_unknown(change, reader[0]):
            continue
        attribute, read = reader
        before = list(dict.fromkeys(read(change.before))) if change.before is not None else []
        new = [opening for opening in dict.fromkeys(read(change.after)) if not _is_open_already(opening, before)]
        provider = change.type.partition("_")[0] if change.action is PlanAction.CREATE else ""
        told = [(opening, *_judged(opening, before, provider)) for opening in new]
        told = [item for item in told if item[1]]
        if told:
            sources = listed({_named_source(opening.source) for opening, _, _ in told})
            yield PlanHit(
                change=change,
                attribute=attribute,
                severity=max(severity for _, _, severity in told),
                message=f"{named(change)} opens {listed(_words(told))} to {sources}.",
            )


def _is_open_already(opening: Opening, before: Iterable[Opening]) -> bool:
    return any(
        old.protocol in ("", opening.protocol) and old.first <= opening.first and opening.last <= old.last
        for old in before
    )


def _named_source(source: str) -> str:
    return source if "/" in source else f"everybody ({source})"


def _words(told: Iterable[tuple[Opening, tuple[str, ...], Severity]]) -> Iterator[str]:
    return (word for _, words, _ in told for word in words)


def _judged(opening: Opening, before: list[Opening], created_by: str) -> tuple[tuple[str, ...], Severity]:
    """What to say of an opening, and how bad it is; () when there is nothing to say, or Checkov says it."""
    is_plain = opening.source.lower() in ("0.0.0.0/0", "::/0", "*", "internet", "any")
    said = _SAID_BY_CHECKOV.get(created_by, frozenset()) if is_plain else frozenset()
    if opening.protocol in ("icmp", "icmpv6", "58"):
        return () if created_by else ("ICMP",), Severity.LOW
    if opening.first == 0 and opening.last >= LAST:
        return () if said else (f"every {opening.protocol} port".replace("  ", " "),), Severity.CRITICAL
    ports = [
        port
        for port in sorted(NAMES)
        if opening.first <= port <= opening.last and not any(old.covers(opening.protocol, port) for old in before)
    ]
    told = [port for port in ports if port not in said]
    if told:
        is_free = any(port in NO_PASSWORD for port in told)
        return (_named_ports(opening, told),), Severity.CRITICAL if is_free else Severity.HIGH
    return _other(opening, created_by, is_said=any(opening.first <= port <= opening.last for port in said))


def _named_ports(opening: Opening, ports: list[int]) -> str:
    names = listed((f"{port} {NAMES[port]}" for port in ports), most=3)
    if opening.first == opening.last:
        return f"port {opening.first} ({NAMES[opening.first]})"
    return f"ports {opening.first} to {opening.last} ({names})"


def _other(opening: Opening, created_by: str, *, is_said: bool) -> tuple[tuple[str, ...], Severity]:
    """What to say of ports without a name."""
    if is_said or (created_by and opening.first == opening.last and opening.first in _WEB):
        return (), Severity.LOW
    if opening.first != opening.last:
        return (f"ports {opening.first} to {opening.last}",), Severity.LOW if created_by else Severity.MEDIUM
    is_mild = created_by or opening.first in _WEB
    return (f"port {opening.first}",), Severity.LOW if is_mild else Severity.MEDIUM


_FIREWALL_RULE = re.compile(r"^azurerm_(?:mssql|sql|postgresql|postgresql_flexible_server|mysql|mysql_flexible_server"
                            r"|mariadb|redis|synapse|cosmosdb_postgresql\w*)_(?:firewall_rule)$")  # fmt: skip


def check_database_firewalls(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each firewall rule of a database that now lets in the whole internet, or all of Azure."""
    for change in view.changing():
        if not _FIREWALL_RULE.match(change.type) or change.after is None:
            continue
        first, last = _addresses(change.after)
        if (first, last) == _addresses(change.before):
            continue
        width = _width(first, last)
        if width >= 1 << 24 and not (change.action is PlanAction.CREATE and (first, last) == _EVERYBODY):
            who = "everybody" if width >= 1 << 31 else "millions of addresses"
            message = f"{named(change)} lets in {short(first)} to {short(last)}: {who}."
            yield PlanHit(change=change, attribute="start_ip_address", message=message)
        elif first == last == "0.0.0.0":  # noqa: S104
            message = f"{named(change)} lets in all of Azure (0.0.0.0), also what belongs to other customers."
            yield PlanHit(change=change, attribute="start_ip_address", severity=Severity.MEDIUM, message=message)


_EVERYBODY = ("0.0.0.0", "255.255.255.255")  # noqa: S104 - created: CKV_AZURE_11


def _addresses(values: Any) -> tuple[str, str]:
    first = reach(values, "start_ip_address") or reach(values, "start_ip")
    return text(first), text(reach(values, "end_ip_address") or reach(values, "end_ip"))


def _width(first: str, last: str) -> int:
    try:
        return int(ipaddress.IPv4Address(last)) - int(ipaddress.IPv4Address(first)) + 1
    except ValueError:
        return 0


RULES = (
    PlanRule(
        id="PLB_PLAN_PUBLIC_1",
        title="Ports are opened to the internet",
        severity=Severity.HIGH,
        why="Scanners find an open port within minutes. What listens there is then one password or one flaw away from "
        "everybody.",
        remedy="Allow only the addresses that need it, or another security group; for logins use a session service "
        "or a VPN and no open port.",
        references=(
            "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
            "https://learn.microsoft.com/azure/security/fundamentals/network-best-practices",
        ),
        check=check_ingress,
    ),
    PlanRule(
        id="PLB_PLAN_PUBLIC_2",
        title="A database's firewall lets in everybody",
        severity=Severity.HIGH,
        why="Only the password is left between the data and everybody who scans the internet.",
        remedy="Use a private endpoint, or name the addresses of the clients.",
        references=("https://learn.microsoft.com/azure/azure-sql/database/firewall-configure",),
        check=check_database_firewalls,
    ),
)
