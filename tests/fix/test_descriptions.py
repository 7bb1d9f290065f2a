"""Rules of a firewall get a description that says what their ports say, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from reviewer.fix import cloudformation
from reviewer.fix.editing import CannotEdit
from reviewer.fix.port_names import check, described
from tests.fix import editors
from tests.fix.hcl_stories import fixed, recipe

HCL = recipe(
    describe={
        "as": "description",
        "by": ["protocol", "from_port", "to_port"],
        "of": {"ingress": "inbound", "egress": "outbound"},
    }
)
TEMPLATE = editors.recipe(
    "describe: {as: Description, by: [IpProtocol, FromPort, ToPort], of: {SecurityGroupIngress: inbound}}"
)


@pytest.mark.parametrize(
    ("protocol", "start", "end", "said"),
    [
        ("tcp", 22, 22, "SSH"),
        ("TCP", "443", "443", "HTTPS"),
        (6, 5432, 5432, "PostgreSQL"),
        ("udp", 53, 53, "DNS"),
        ("udp", 7777, 7777, "UDP port 7777"),
        ("tcp", 8081, 8081, "Port 8081"),
        ("tcp", 8000, 8100, "Ports 8000 to 8100"),
        ("tcp", 0, 65535, "All TCP"),
        (-1, 0, 0, "All inbound traffic"),
        ("icmp", -1, -1, "ICMP"),
        ("tcp", None, 22, None),
        ("tcp", "${var.port}", 22, None),
        ("tcp", True, 22, None),
        ("tcp", 90, 80, None),
        ("gre", 1, 1, None),
    ],
)
def test_a_rule_is_called_as_its_ports_are(protocol: Any, start: Any, end: Any, said: str | None) -> None:
    assert described("inbound", protocol, start, end) == said


def test_every_rule_is_described_by_its_own_ports_in_blocks_and_in_lists() -> None:
    text = (
        'resource "aws_x" "y" {\n'
        '  ingress {\n    protocol  = "tcp"\n    from_port = 22\n    to_port   = 22\n  }\n'
        "\n"
        '  ingress {\n    description = ""\n    protocol    = "tcp"\n    from_port   = 80\n    to_port     = 80\n  }\n'
        "\n"
        '  egress = [{ protocol = "-1", from_port = 0, to_port = 0 }]\n'
        "}\n"
    )
    after = fixed(text, HCL)
    assert '    to_port     = 22\n    description = "SSH"\n' in after
    assert after.count("HTTP") == 0  # somebody wrote one, if nothing is in it
    assert '[{ protocol = "-1", from_port = 0, to_port = 0, description = "All outbound traffic" }]' in after


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("ingress {\n    protocol  = var.p\n    from_port = 1\n    to_port   = 1\n  }", "main.tf:2"),
        ('dynamic "ingress" {\n    for_each = var.ports\n    content {\n    }\n  }', "`dynamic` block"),
        ("ingress = var.rules", "not written out"),
    ],
)
def test_a_rule_whose_ports_are_not_known_is_described_by_its_author(body: str, says: str) -> None:
    with pytest.raises(CannotEdit, match=says):
        fixed(f'resource "aws_x" "y" {{\n  {body}\n}}\n', HCL)


def test_items_of_a_template_are_described_each_by_its_own_ports() -> None:
    text = (
        "Resources:\n  G:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      SecurityGroupIngress:\n"
        "        - IpProtocol: tcp\n          FromPort: 22\n          ToPort: 22\n"
        "        - {IpProtocol: tcp, FromPort: 3389, ToPort: 3389}\n"
    )
    about = editors.finding("cloudformation", "t.yaml", "AWS::EC2::SecurityGroup.G", (2, 3))
    after = editors.edited(cloudformation, text, about, TEMPLATE)
    assert after == text.replace("ToPort: 22\n", "ToPort: 22\n          Description: SSH\n").replace(
        "ToPort: 3389}", "ToPort: 3389, Description: Remote Desktop}"
    )
    with pytest.raises(CannotEdit, match="line 6"):
        editors.edited(cloudformation, text.replace("FromPort: 22", "FromPort: !Ref Port"), about, TEMPLATE)


@pytest.mark.parametrize(
    "edit",
    [
        {"as": "x", "by": ["a", "b", "c"]},
        {"as": "x", "by": ["a"], "of": {"": "inbound"}},
        {"as": "x", "by": ["a", "b", "c"], "of": {"": "sideways"}},
        {"as": "x", "by": ["a", "b", "c"], "of": {}},
    ],
)
def test_what_is_not_well_formed_is_refused(edit: Any) -> None:
    with pytest.raises(ValueError, match="describe"):
        check(edit)
