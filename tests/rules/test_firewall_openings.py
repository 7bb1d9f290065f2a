"""Rules of firewalls are read alike, in whichever cloud and form they are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.rules import Directory, run_rules
from reviewer.rules.firewall_openings import read_firewalls
from reviewer.rules.resource import read_view

AZURE = 'resource "azurerm_network_security_rule" "r" {\n  access = "Allow"\n  direction = "Inbound"\n%s\n}\n'
GOOGLE = 'resource "google_compute_firewall" "r" {\n  source_ranges = ["0.0.0.0/0"]\n  allow {\n%s\n  }\n}\n'
OPENSTACK = 'resource "openstack_networking_secgroup_rule_v2" "r" {\n  direction = "ingress"\n%s\n}\n'
ORACLE = 'resource "oci_core_security_list" "r" {\n  ingress_security_rules {\n%s\n  }\n}\n'
HETZNER = 'resource "hcloud_firewall" "r" {\n  rule {\n%s\n  }\n}\n'


def _openings(source: str):
    return read_firewalls(read_view(Directory(path="", files={"main.tf": source.encode()})))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (AZURE % '  protocol = "Tcp"\n  destination_port_ranges = ["22", "80-90"]', [("tcp", 22, 22), ("tcp", 80, 90)]),
        (AZURE % '  protocol = "*"\n  destination_port_range = "*"', [("", 0, 65535)]),
        (AZURE % '  protocol = var.p\n  destination_port_range = "22"', [(None, None, None)]),
        (AZURE % '  protocol = "Tcp"\n  destination_port_range = var.port', []),
        (GOOGLE % '  protocol = "tcp"', [("tcp", 0, 65535)]),
        (GOOGLE % '  protocol = "6"\n  ports = ["1-65535"]', [("tcp", 0, 65535)]),
        (GOOGLE % '  protocol = "tcp"\n  ports = var.ports', []),
        (OPENSTACK % '  protocol = "udp"\n  port_range_min = 53\n  port_range_max = 53', [("udp", 53, 53)]),
        (OPENSTACK % '  protocol = "tcp"\n  port_range_min = var.port\n  port_range_max = 53', [("tcp", None, 53)]),
        (ORACLE % '  protocol = "all"', [("", 0, 65535)]),
        (ORACLE % '  protocol = "6"\n  tcp_options {\n    min = 22\n    max = 23\n  }', [("tcp", 22, 23)]),
        (HETZNER % '  direction = "in"\n  protocol = "tcp"\n  port = "any"', [("tcp", 0, 65535)]),
        (HETZNER % '  direction = "in"\n  protocol = "tcp"\n  port = "99999999"', [("tcp", None, None)]),
    ],
)
def test_the_ports_and_protocol_of_a_rule_are_read(source, expected):
    found = [(opening.protocol, opening.first, opening.last) for opening in _openings(source)]
    assert found == expected


def test_everybody_is_known_by_each_of_his_names():
    for name in ("*", "Internet", "0.0.0.0/0", "any"):
        source = f'  protocol = "Tcp"\n  destination_port_range = "22"\n  source_address_prefix = "{name}"'
        (opening,) = _openings(AZURE % source)
        assert opening.internet == name
    source = '  protocol = "Tcp"\n  destination_port_range = "22"\n  source_address_prefix = "10.0.0.0/8"'
    (opening,) = _openings(AZURE % source)
    assert opening.internet is None


def test_a_rule_that_denies_or_is_switched_off_opens_nothing():
    assert _openings(AZURE.replace("Allow", "Deny") % '  protocol = "*"') == ()
    assert _openings(GOOGLE.replace("allow", "deny") % '  protocol = "all"') == ()
    assert _openings((GOOGLE % '  protocol = "all"').replace("  source", "  disabled = true\n  source")) == ()


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([AZURE, GOOGLE, OPENSTACK, ORACLE, HETZNER]),
    st.text(alphabet='{}[]"=-*\n 0123456789_portsprotcl', max_size=120),
)
def test_no_content_makes_the_rules_fail(form, content):
    run_rules(Directory(path="", files={"main.tf": (form % content).encode()}))
