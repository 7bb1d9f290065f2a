"""Rules of firewalls in the shape of `openings`: Azure, Google, Oracle, OpenStack, DigitalOcean, Hetzner.

Owns which resources carry such rules and what their attributes are called. Says nothing about right and wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.rules.documents import Kind, Value
from reviewer.rules.openings import Opening
from reviewer.rules.ports import LAST
from reviewer.rules.resource import Resource, View, is_empty, is_false, plain, texts

_ANY = ("", "*", "-1", "all", "any")
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
Range = tuple[int | None, int | None]


def read_firewalls(view: View) -> tuple[Opening, ...]:
    """Return what the firewalls of a view let through, one opening for each range of ports."""
    kept = view.kept.get("firewalls")
    if kept is None:
        readers = (_azure, _google, _google_policies, _oracle, _openstack, _openstack_rules, _lists)
        kept = view.kept["firewalls"] = tuple(opening for reader in readers for opening in reader(view))
    return kept if isinstance(kept, tuple) else ()


def _azure(view: View) -> Iterator[Opening]:
    groups = view.of("azurerm_network_security_group")
    written = [(group, rule) for group in groups for rule in group.maps("security_rule")]
    written += [(rule, rule.value) for rule in view.of("azurerm_network_security_rule")]
    for resource, rule in written:
        direction = (plain(rule.get("direction")) or "").lower()
        if (plain(rule.get("access")) or "").lower() != "allow" or direction not in ("inbound", "outbound"):
            continue
        side = "source" if direction == "inbound" else "destination"
        ports = (rule.get("destination_port_range"), rule.get("destination_port_ranges"))
        sources = (rule.get(f"{side}_address_prefix"), rule.get(f"{side}_address_prefixes"))
        yield from _each(resource, rule, direction == "inbound", rule.get("protocol"), ports, sources)


def _google(view: View) -> Iterator[Opening]:
    for firewall in view.of("google_compute_firewall"):
        direction = firewall.text("direction") if firewall.get("direction") else "INGRESS"
        if direction not in ("INGRESS", "EGRESS") or not firewall.is_off("disabled"):
            continue
        sources = firewall.get("source_ranges" if direction == "INGRESS" else "destination_ranges")
        for rule in firewall.maps("allow"):
            protocol, ports = rule.get("protocol"), rule.get("ports")
            yield from _each(firewall, rule, direction == "INGRESS", protocol, (ports,), (sources,))


_GOOGLE_POLICIES = (
    "google_compute_firewall_policy_rule",
    "google_compute_network_firewall_policy_rule",
    "google_compute_region_network_firewall_policy_rule",
)


def _google_policies(view: View) -> Iterator[Opening]:
    for rule in view.of(*_GOOGLE_POLICIES):
        direction = rule.text("direction")
        if rule.text("action") != "allow" or direction not in ("INGRESS", "EGRESS") or not rule.is_off("disabled"):
            continue
        sources = rule.get("match.src_ip_ranges" if direction == "INGRESS" else "match.dest_ip_ranges")
        for layer in rule.maps("match.layer4_configs"):
            protocol, ports = layer.get("ip_protocol"), layer.get("ports")
            yield from _each(rule, layer, direction == "INGRESS", protocol, (ports,), (sources,))


def _oracle(view: View) -> Iterator[Opening]:
    lists = view.of("oci_core_security_list", "oci_core_default_security_list")
    inward = [(each, rule, True) for each in lists for rule in each.maps("ingress_security_rules")]
    written = inward + [(each, rule, False) for each in lists for rule in each.maps("egress_security_rules")]
    for alone in view.of("oci_core_network_security_group_security_rule"):
        if alone.text("direction") in ("INGRESS", "EGRESS"):
            written.append((alone, alone.value, alone.text("direction") == "INGRESS"))
    for resource, rule, is_ingress in written:
        ports = _oracle_ports(rule)
        source = rule.get("source" if is_ingress else "destination")
        yield _opening(resource, rule, is_ingress, rule.get("protocol"), ports, (source,))


def _oracle_ports(rule: Value) -> Range:
    options = next((item for item in _inner(rule, "tcp_options", "udp_options")), None)
    if options is None:
        return 0, LAST
    ranges = next(iter(_inner(options, "destination_port_range")), options)
    if is_empty(ranges.get("min")) and is_empty(ranges.get("max")):
        return 0, LAST
    return _number(ranges.get("min")), _number(ranges.get("max"))


def _inner(value: Value, *names: str) -> tuple[Value, ...]:
    return tuple(item for name in names if (found := value.get(name)) for item in found.items())


def _openstack(view: View) -> Iterator[Opening]:
    for rule in view.of("openstack_networking_secgroup_rule_v2"):
        direction, prefix = rule.text("direction"), rule.get("remote_ip_prefix")
        if direction in ("ingress", "egress"):
            ports = _pair(rule.get("port_range_min"), rule.get("port_range_max"))
            yield _opening(rule, rule.value, direction == "ingress", rule.get("protocol"), ports, (prefix,))
    for group in view.of("openstack_compute_secgroup_v2"):
        for inline in group.maps("rule"):
            ports = _pair(inline.get("from_port"), inline.get("to_port"))
            yield _opening(group, inline, True, inline.get("ip_protocol"), ports, (inline.get("cidr"),))


def _openstack_rules(view: View) -> Iterator[Opening]:
    """Rules of the firewall service: one that names no source is about every source."""
    for rule in view.of("openstack_fw_rule_v1", "openstack_fw_rule_v2"):
        source = rule.get("source_ip_address")
        if rule.text("action") == "allow" and not is_false(rule.get("enabled")):
            everybody = Value(kind=Kind.TEXT, line=rule.value.line, end_line=rule.value.line, text="0.0.0.0/0")
            ports = (rule.get("destination_port"),)
            yield from _each(rule, rule.value, True, rule.get("protocol"), ports, (source or everybody,))


_LISTS = {
    ("digitalocean_firewall", "inbound_rule"): (True, "port_range", "source_addresses"),
    ("digitalocean_firewall", "outbound_rule"): (False, "port_range", "destination_addresses"),
    ("hcloud_firewall", "rule"): (None, "port", "source_ips"),
}
"""Firewalls that hold a list of rules: type and block -> is it about what comes in, its ports, its addresses."""


def _lists(view: View) -> Iterator[Opening]:
    for (type_, block), (is_ingress, ports, addresses) in _LISTS.items():
        for firewall in view.of(type_):
            for rule in firewall.maps(block):
                inward = plain(rule.get("direction")) == "in" if is_ingress is None else is_ingress
                sources = (rule.get(addresses if inward else "destination_ips" if is_ingress is None else addresses),)
                yield from _each(firewall, rule, inward, rule.get("protocol"), (rule.get(ports),), sources)


def _each(
    resource: Resource,
    rule: Value,
    is_ingress: bool,
    protocol: Value | None,
    ports: tuple[Value | None, ...],
    sources: tuple[Value | None, ...],
) -> Iterator[Opening]:
    """Yield an opening for each range; none given at all is every port."""
    if all(is_empty(value) or (value.kind is Kind.LIST and not value.entries) for value in ports if value):
        yield _opening(resource, rule, is_ingress, protocol, (0, LAST), sources)
        return
    for value in ports:
        for text in texts(value):
            yield _opening(resource, rule, is_ingress, protocol, _range(text), sources)


def _opening(
    resource: Resource,
    rule: Value,
    is_ingress: bool,
    protocol: Value | None,
    ports: Range,
    sources: tuple[Value | None, ...],
) -> Opening:
    name = "" if protocol is None else plain(protocol)
    name = _NUMBERS.get(name, name.lower()) if name is not None else None
    return Opening(
        resource=resource,
        at=rule,
        is_ingress=is_ingress,
        protocol="" if name in _ANY else name,
        first=ports[0] if name is not None else None,
        last=ports[1] if name is not None else None,
        sources=tuple(text for value in sources for text in texts(value)),
    )


def _range(text: str) -> Range:
    """`22`, `20-21`, `1-65535`, `*` or `all` as numbers."""
    if text.strip().lower() in _ANY:
        return 0, LAST
    first, _, last = text.replace(":", "-").partition("-")
    low, high = _digits(first), _digits(last or first)
    return (0, LAST) if low is not None and low <= 1 and high == LAST else (low, high)


def _pair(first: Value | None, last: Value | None) -> Range:
    if is_empty(first) and is_empty(last):
        return 0, LAST
    low, high = _number(first), _number(last)
    return (0, LAST) if low is not None and low <= 1 and high in (0, LAST) else (low, high)


def _number(value: Value | None) -> int | None:
    return _digits(plain(value) or "")


def _digits(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < 6 else None
