"""Ways from the internet to a machine that no single resource shows: an address, a route and an open group that meet.

Reads security groups through `openings`. Stays silent where one link of the way is not written down in the directory.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.openings import Opening, read_openings
from reviewer.rules.ports import NAMES, is_internet
from reviewer.rules.resource import Resource, View, is_false, is_true, on_resources, texts
from reviewer.rules.rule import Hit, Rule

_MACHINES = ("aws_instance", "AWS::EC2::Instance")
_GROUPS = ("aws_security_group", "aws_default_security_group", "AWS::EC2::SecurityGroup")
_SUBNETS = ("aws_subnet", "AWS::EC2::Subnet")
_ASSOCIATIONS = ("aws_route_table_association", "AWS::EC2::SubnetRouteTableAssociation")
_TABLES = ("aws_route_table", "AWS::EC2::RouteTable")
_ROUTES = ("aws_route", "AWS::EC2::Route")
_GATEWAYS = ("aws_internet_gateway", "AWS::EC2::InternetGateway")
_ADDRESSES = ("aws_eip", "aws_eip_association", "AWS::EC2::EIP", "AWS::EC2::EIPAssociation")
_OWN_ADDRESS = ("associate_public_ip_address", "NetworkInterfaces.AssociatePublicIpAddress")
_MAPPED = ("map_public_ip_on_launch", "MapPublicIpOnLaunch")
_DESTINATIONS = ("cidr_block", "destination_cidr_block", "DestinationCidrBlock")


def reachable_machine(view: View) -> Iterator[Hit]:
    """Yield a hit for each machine that the internet reaches on a port that is not for the public, and how."""
    machines = view.of(*_MACHINES)
    openings = [opening for opening in read_openings(view) if _is_dangerous(opening)] if machines else []
    for machine in machines if openings else ():
        groups = [group for group in view.of(*_GROUPS) if view.refers(machine, group)]
        found = next((opening for opening in openings if _is_of(view, opening, groups)), None)
        subnet = next((subnet for subnet in view.of(*_SUBNETS) if view.refers(machine, subnet)), None)
        if found is None or subnet is None:
            continue
        address, route = _address(view, machine, subnet), _route(view, subnet)
        if address is not None and route is not None:
            yield machine.hit(
                f"The internet reaches {machine.address} on {found.ports}: "
                f"{found.resource.address} lets {found.internet} in, {address.address} gives it a public address, "
                f"and {route.address} leads {subnet.address} to the internet gateway."
            )


def _is_dangerous(opening: Opening) -> bool:
    names_one = any(opening.covers(port) for port in NAMES)
    return opening.is_ingress and opening.internet is not None and names_one and opening.protocol in ("", "tcp")


def _is_of(view: View, opening: Opening, groups: list[Resource]) -> bool:
    """Whether a rule is a group's, inline or on its own; the group that it lets in does not count."""
    return any(opening.resource is group or view.refers(opening.resource, group) for group in groups)


def _address(view: View, machine: Resource, subnet: Resource) -> Resource | None:
    """What gives a machine its public address."""
    own = [value for path in _OWN_ADDRESS for value in machine.all(path)]
    if any(map(is_true, own)):
        return machine
    elastic = view.referring(machine, *_ADDRESSES)
    if elastic:
        return elastic[0]
    maps = any(is_true(subnet.get(name)) for name in _MAPPED)
    return (
        subnet if maps and not any(map(is_false, own)) and all(machine.lacks(path) for path in _OWN_ADDRESS) else None
    )


def _route(view: View, subnet: Resource) -> Resource | None:
    """What routes a subnet's traffic to an internet gateway."""
    gateways = view.of(*_GATEWAYS)
    for association in view.referring(subnet, *_ASSOCIATIONS):
        for table in view.of(*_TABLES):
            if not view.refers(association, table):
                continue
            for route in (table, *view.referring(table, *_ROUTES)):
                if _leads_out(route) and any(view.refers(route, gateway) for gateway in gateways):
                    return route
    return None


def _leads_out(route: Resource) -> bool:
    inline = [value for block in route.all("route") for item in block.items() if (value := item.get("cidr_block"))]
    own = [value for name in _DESTINATIONS if (value := route.get(name)) is not None]
    return any(is_internet(text) for value in (*inline, *own) for text in texts(value))


MACHINE = Rule(
    id="PLB_PUBLIC_9",
    title="The internet reaches a machine on a port that is not for the public",
    severity=Severity.HIGH,
    why="Each part may be meant: a public subnet, an address, a group. Together they put the port in front of every "
    "scanner.",
    remedy="Break the way at one place: let only your own networks in, take the public address away, or move the "
    "machine to a private subnet.",
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-best-practices.html",),
    check=on_resources(reachable_machine),
    concept=reachable_machine,
)

RULES = (MACHINE,)
