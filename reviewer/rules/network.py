"""Who may reach what over the network in AWS: security groups, network ACLs, and the metadata service of machines.

Checkov names SSH, RDP, HTTP and "everything" in security groups; these rules speak of the other ports and of the forms
that it does not look at. Azure and Google have modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.openings import Opening, read_acl_openings, read_openings
from reviewer.rules.ports import NAMES
from reviewer.rules.resource import Form, View, is_empty, on_resources
from reviewer.rules.rule import Hit, Rule

_SAID = (22, 80, 3389)
"""Ports of groups that Checkov looks at: CKV_AWS_24, CKV_AWS_260, CKV_AWS_25. A wide range has them in it."""

_SAID_OF_ACLS = (20, 21, 22, 3389)
"""Ports of network ACLs in Terraform: CKV_AWS_229 to 232, and CKV_AWS_352 for all of them."""

_EVERYBODY = ("0.0.0.0/0", "::/0")
_ANSWERS = 1024
"""A range of as many ports is there for the answers that come back: a network ACL has to let them in."""


_READ = frozenset(
    {"aws_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule"}
    | {"aws_vpc_security_group_egress_rule", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}
)


def _is_read(opening: Opening) -> bool:
    """Whether Checkov reads a rule: of these types, with the usual two sources, and ports that are written."""
    has_ports = opening.at.get("from_port", "FromPort") is not None
    return opening.resource.type in _READ and has_ports and opening.internet in _EVERYBODY


def open_service(view: View) -> Iterator[Hit]:
    """Yield a hit for each rule that opens the port of a service to the internet, and that Checkov does not name."""
    for opening in read_openings(view):
        source = opening.internet
        if not opening.is_ingress or source is None or opening.protocol in ("icmp", "icmpv6"):
            continue
        said = _is_read(opening) and any(opening.covers(port) for port in _SAID)
        named = [port for port in sorted(NAMES) if opening.covers(port)]
        if named and not said:
            names = ", ".join(f"{NAMES[port]} ({port})" for port in named[:3])
            message = f"{opening.resource.address} lets {source} reach {opening.ports}: {names}."
            yield opening.resource.hit(message, opening.place)


SERVICE = Rule(
    id="PLB_NET_1",
    title="A service that is not for the public is open to the internet",
    severity=Severity.HIGH,
    why="Databases, caches and administrative services are searched for from everywhere within minutes of being open. "
    "Many ask for no password as they are installed, and none is meant to stand against the whole internet.",
    remedy="Let in the security group of the clients, or the address ranges of your own networks. For people, use a "
    "VPN, Session Manager or a bastion.",
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",),
    check=on_resources(open_service),
    concept=open_service,
)


def open_egress(view: View) -> Iterator[Hit]:
    """Yield a hit for each rule that lets everything of a protocol out to the internet."""
    for opening in read_openings(view):
        source = opening.internet
        if opening.is_ingress or source is None or not opening.is_everything or _says_checkov(opening):
            continue
        message = f"{opening.resource.address} lets {opening.ports} out to {source}."
        yield opening.resource.hit(message, opening.place)


def _says_checkov(opening: Opening) -> bool:
    """CKV_AWS_382 speaks of every protocol, where it is written out."""
    is_any = opening.protocol == "" and opening.at.get("protocol", "ip_protocol") is not None
    return opening.resource.form is Form.TERRAFORM and is_any and _is_read(opening)


EGRESS = Rule(
    id="PLB_NET_2",
    title="Everything may go out to the internet",
    severity=Severity.LOW,
    why="Whoever gets into the machine can send its data anywhere and fetch tools from anywhere. Nothing in the "
    "network stands in the way.",
    remedy="Name the ports that are needed (443 for most), and where they can be told the networks, prefix lists or "
    "security groups that they go to.",
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",),
    check=on_resources(open_egress),
    concept=open_egress,
)


def open_acl(view: View) -> Iterator[Hit]:
    """Yield a hit for the first rule of each network ACL that lets the internet in to every port or to SSH and RDP."""
    told: set[tuple[str, str]] = set()
    for opening in read_acl_openings(view):
        source = opening.internet
        if (source is None and not opening.is_bare) or opening.first is None or opening.last is None:
            continue
        is_narrow = opening.last - opening.first < _ANSWERS
        is_admin = is_narrow and (opening.covers(22) or opening.covers(3389))
        if (opening.is_everything or is_admin) and not _acl_is_said(opening) and _acl(opening) not in told:
            told.add(_acl(opening))
            message = f"{opening.resource.address} lets {source or 'everybody'} reach {opening.ports} of the subnet."
            yield opening.resource.hit(message, opening.place)


def _acl(opening: Opening) -> tuple[str, str]:
    """The ACL that a rule is of: one is told once."""
    acl = opening.at.get("network_acl_id", "NetworkAclId")
    name = "".join(value.text for value in acl.walk()) if acl else opening.resource.address
    return opening.resource.path, name


def _acl_is_said(opening: Opening) -> bool:
    """Checkov reads rules within an ACL of Terraform, and those that name one."""
    named = opening.resource.type == "aws_network_acl" or not opening.resource.lacks("network_acl_id")
    ports = any(opening.covers(port) for port in _SAID_OF_ACLS)
    return opening.resource.form is Form.TERRAFORM and named and ports and opening.internet in _EVERYBODY


ACL = Rule(
    id="PLB_NET_3",
    title="A network ACL lets the internet in to every port or to SSH and RDP",
    severity=Severity.MEDIUM,
    why="The network ACL is what still stands when a security group of the subnet is opened by mistake. Open like "
    "this, it stops nothing.",
    remedy="Allow the ports that the subnet serves. Allow SSH and RDP from your own networks only. Ports 1024 to "
    "65535 may stay open for answers.",
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",),
    check=on_resources(open_acl),
    concept=open_acl,
)

_DESCRIPTIONS = {
    "AWS::EC2::SecurityGroup": "GroupDescription",
    "AWS::ElastiCache::SecurityGroup": "Description",
    "AWS::Redshift::ClusterSecurityGroup": "Description",
    "AWS::RDS::DBSecurityGroup": "GroupDescription",
    "aws_elasticache_security_group": "description",
    "aws_redshift_security_group": "description",
    "aws_security_group": "description",
}
_CLASSIC = (
    *("AWS::Redshift::ClusterSecurityGroup", "AWS::Redshift::ClusterSecurityGroupIngress"),
    *("AWS::ElastiCache::SecurityGroup", "AWS::ElastiCache::SecurityGroupIngress"),
    *("AWS::RDS::DBSecurityGroup", "AWS::RDS::DBSecurityGroupIngress"),
    *("aws_redshift_security_group", "aws_elasticache_security_group", "aws_db_security_group"),
)


def no_description(view: View) -> Iterator[Hit]:
    """Yield a hit for each group whose description is empty, or missing where the provider writes none itself."""
    for type_, path in _DESCRIPTIONS.items():
        for group in view.of(type_):
            written = group.get(path)
            is_missing = group.lacks(path) and type_ != "aws_security_group"  # "Managed by Terraform"
            if is_missing or (written is not None and is_empty(written)):
                yield group.hit(f"{group.address} does not say what it is for.", written)


DESCRIPTION = Rule(
    id="PLB_NET_4",
    title="A security group has no description",
    severity=Severity.INFO,
    why="Groups outlive the people who made them. Without a word on what it is for nobody dares to tighten it later, "
    "and most descriptions cannot be changed without a new group.",
    remedy="Say in the description what the group is for and who asked for it.",
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/creating-security-groups.html",),
    check=on_resources(no_description),
    concept=no_description,
)


def classic_group(view: View) -> Iterator[Hit]:
    """Yield a hit for each security group of EC2-Classic, a network that is no longer there."""
    for group in view.of(*_CLASSIC):
        yield group.hit(f"{group.address} is a security group of EC2-Classic ({group.type}).")


CLASSIC = Rule(
    id="PLB_NET_5",
    title="A resource of EC2-Classic, which AWS has switched off",
    severity=Severity.LOW,
    why="EC2-Classic was one flat network for all customers. AWS ended it in 2022: such a group protects nothing, or "
    "the change fails.",
    remedy="Put the cluster or database into a VPC and give it security groups of EC2 "
    "(VpcSecurityGroupIds, vpc_security_group_ids, SecurityGroupIds).",
    references=("https://aws.amazon.com/blogs/aws/ec2-classic-is-retiring-heres-how-to-prepare/",),
    check=on_resources(classic_group),
    concept=classic_group,
)

_METADATA = {
    "AWS::AutoScaling::LaunchConfiguration": ("MetadataOptions.HttpTokens", "MetadataOptions.HttpEndpoint"),
    "AWS::ImageBuilder::InfrastructureConfiguration": ("InstanceMetadataOptions.HttpTokens", ""),
    "aws_imagebuilder_infrastructure_configuration": ("instance_metadata_options.http_tokens", ""),
    "aws_ec2_instance_metadata_defaults": ("http_tokens", "http_endpoint"),
}
"""Where tokens are demanded, and where the service is switched off; Checkov (CKV_AWS_79) looks at the other types."""


def open_metadata(view: View) -> Iterator[Hit]:
    """Yield a hit for each machine whose metadata service answers without a token (IMDSv1)."""
    for type_, (tokens, endpoint) in _METADATA.items():
        for machine in view.of(type_):
            word = machine.text(tokens)
            may_be_off = bool(endpoint) and not machine.lacks(endpoint) and machine.text(endpoint) != "enabled"
            if not may_be_off and (machine.lacks(tokens) or word in ("optional", "no-preference")):
                said = f"answers with tokens {word}" if word else "does not demand tokens"
                yield machine.hit(f"The metadata service of {machine.address} {said}.", machine.get(tokens))


METADATA = Rule(
    id="PLB_NET_6",
    title="The metadata service answers without a token (IMDSv1)",
    severity=Severity.MEDIUM,
    why="Any request that the machine can be talked into (SSRF) reads the credentials of its role. With tokens "
    "(IMDSv2) a plain GET is not enough.",
    remedy="Set HttpTokens (http_tokens) to required, or switch the service off.",
    references=("https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",),
    check=on_resources(open_metadata),
    concept=open_metadata,
)

RULES = (SERVICE, EGRESS, ACL, DESCRIPTION, CLASSIC, METADATA)
