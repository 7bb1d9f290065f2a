"""What rules of a firewall are for, as their ports say: `describe` of a recipe. A leaf; knows no syntax.

describe:
  as: description                        the key that gets the text, where it is missing
  by: [protocol, from_port, to_port]     the keys that say what the rule is for
  of: {ingress: inbound, egress: outbound}    where the rules are, "" for the thing itself, and their direction
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

DIRECTIONS = ("inbound", "outbound")
_LAST = 65535
_ALL = frozenset({"-1", "all"})
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp"}
_TCP = {
    20: "FTP data",
    21: "FTP",
    22: "SSH",
    23: "Telnet",
    25: "SMTP",
    53: "DNS",
    80: "HTTP",
    88: "Kerberos",
    110: "POP3",
    111: "Portmapper",
    143: "IMAP",
    389: "LDAP",
    443: "HTTPS",
    445: "SMB",
    465: "SMTP over TLS",
    587: "SMTP submission",
    636: "LDAP over TLS",
    993: "IMAP over TLS",
    995: "POP3 over TLS",
    1433: "SQL Server",
    1521: "Oracle",
    2049: "NFS",
    2181: "ZooKeeper",
    2379: "etcd",
    2888: "ZooKeeper peers",
    3268: "Active Directory catalog",
    3306: "MySQL",
    3389: "Remote Desktop",
    5432: "PostgreSQL",
    5439: "Redshift",
    5671: "AMQP over TLS",
    5672: "AMQP",
    5900: "VNC",
    5985: "WinRM",
    5986: "WinRM over TLS",
    6379: "Redis",
    6443: "Kubernetes API",
    8182: "Neptune",
    8883: "MQTT over TLS",
    9042: "Cassandra",
    9092: "Kafka",
    9094: "Kafka over TLS",
    9200: "Elasticsearch",
    9300: "Elasticsearch nodes",
    10250: "Kubelet",
    11211: "Memcached",
    27017: "MongoDB",
}
_UDP = {53: "DNS", 67: "DHCP", 69: "TFTP", 123: "NTP", 161: "SNMP", 500: "IPsec", 514: "Syslog", 4500: "IPsec NAT"}


def described(direction: str, protocol: Any, start: Any, end: Any) -> str | None:
    """Return what a rule is for by its protocol (tcp, 6, "-1") and ports, or None where they are no literals."""
    word = str(protocol).lower()
    word = _NUMBERS.get(word, word)
    if word in _ALL:
        return f"All {direction} traffic"
    if word in ("icmp", "icmpv6", "58"):
        return "ICMP"
    if word not in ("tcp", "udp") or not _is_port(start) or not _is_port(end) or int(start) > int(end):
        return None
    return _named(word, int(start), int(end))


def _named(protocol: str, first: int, last: int) -> str:
    if first <= 1 and last == _LAST:
        return f"All {protocol.upper()}"
    said = "Port" if protocol == "tcp" else "UDP port"
    if first != last:
        return f"{said}s {first} to {last}"
    return (_TCP if protocol == "tcp" else _UDP).get(first, f"{said} {first}")


def _is_port(value: Any) -> bool:
    return re.fullmatch("[0-9]{1,5}", str(value)) is not None and not isinstance(value, bool)


def check(edit: Any) -> None:
    """Raise ValueError when `describe` of a recipe is not well formed."""
    if not isinstance(edit, Mapping) or set(edit) != {"as", "by", "of"} or not isinstance(edit["as"], str):
        raise ValueError("describe: expected as, by and of")
    by, of = edit["by"], edit["of"]
    if not isinstance(by, Sequence) or len(by) != 3 or not isinstance(of, Mapping) or not of:
        raise ValueError("describe: expected the names of protocol, first and last port in by, and paths in of")
    if not set(of.values()) <= set(DIRECTIONS):
        raise ValueError(f"describe: expected one of {', '.join(DIRECTIONS)} for each path of of")
