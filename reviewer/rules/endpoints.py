"""What the internet reaches by its address: machines, load balancers, clusters, functions and services.

Checkov names most of the switches in Terraform; the tables here are of the forms and types that it leaves out. What
opens only when several resources meet is in `paths`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.ports import is_internet
from reviewer.rules.resource import View, is_false, is_true, on_resources, plain, texts
from reviewer.rules.rule import Hit, Rule

_ADDRESSES = (
    ("AWS::AutoScaling::LaunchConfiguration", "AssociatePublicIpAddress"),
    ("AWS::EC2::Subnet", "MapPublicIpOnLaunch"),
    ("AWS::ECS::Service", "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp"),
    ("AWS::ECS::TaskSet", "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp"),
    ("AWS::Events::Rule", "Targets.EcsParameters.NetworkConfiguration.AwsVpcConfiguration.AssignPublicIp"),
    ("aws_cloudwatch_event_target", "ecs_target.network_configuration.assign_public_ip"),
    ("aws_ecs_task_set", "network_configuration.assign_public_ip"),
    ("aws_spot_fleet_request", "launch_specification.associate_public_ip_address"),
    ("aws_spot_instance_request", "associate_public_ip_address"),
)


def public_address(view: View) -> Iterator[Hit]:
    """Yield a hit for each machine, task or subnet that gets public addresses, and that Checkov does not look at.

    A subnet that is called public is meant to be.
    """
    for type_, path in _ADDRESSES:
        for resource in view.of(type_):
            value = next((v for v in resource.all(path) if is_true(v) or plain(v) == "ENABLED"), None)
            if value is not None and not ("Subnet" in type_ and "public" in resource.address.lower()):
                what = (
                    "gives a public address to all that starts in it" if "Subnet" in type_ else "has a public address"
                )
                yield resource.hit(f"{resource.address} {what}.", value)


ADDRESS = Rule(
    id="PLB_PUBLIC_3",
    title="Machines get public addresses",
    severity=Severity.MEDIUM,
    why="With a public address only the security group stands between the machine and the internet.",
    remedy="Put it into a private subnet behind a load balancer, with a NAT gateway or endpoints for the way out.",
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html",),
    check=on_resources(public_address),
    concept=public_address,
)

_BALANCERS = (
    ("AWS::ElasticLoadBalancing::LoadBalancer", "Scheme"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Scheme"),
    ("aws_alb", "internal"),
    ("aws_elb", "internal"),
    ("aws_lb", "internal"),
)


def public_balancer(view: View) -> Iterator[Hit]:
    """Yield a hit for each load balancer that faces the internet; that is what AWS makes of one without a word."""
    for type_, path in _BALANCERS:
        for balancer in view.of(type_):
            kind = balancer.value.get("load_balancer_type", "Type")
            value = balancer.get(path)
            is_open = balancer.lacks(path) or is_false(value) or plain(value) == "internet-facing"
            if is_open and (kind is None or plain(kind) in ("application", "network")):
                yield balancer.hit(f"{balancer.address} faces the internet.", value)


BALANCER = Rule(
    id="PLB_PUBLIC_4",
    title="A load balancer faces the internet",
    severity=Severity.LOW,
    why="Many are meant to. One that is not shows an inner service to everybody, and AWS makes it public where "
    "nothing is said.",
    remedy="Make it internal (Scheme: internal, internal = true) unless strangers are its users.",
    references=("https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html",),
    check=on_resources(public_balancer),
    concept=public_balancer,
)


def public_cluster(view: View) -> Iterator[Hit]:
    """Yield a hit for each EKS cluster of CloudFormation whose API the internet reaches (CKV_AWS_39, CKV_AWS_38)."""
    for cluster in view.of("AWS::EKS::Cluster"):
        path = "ResourcesVpcConfig.EndpointPublicAccess"
        is_public = cluster.lacks(path) or is_true(cluster.get(path))
        sources = cluster.get("ResourcesVpcConfig.PublicAccessCidrs")
        is_wide = cluster.lacks("ResourcesVpcConfig.PublicAccessCidrs") or any(map(is_internet, texts(sources)))
        if is_public and is_wide:
            yield cluster.hit(
                f"The API of {cluster.address} answers to the whole internet.", sources or cluster.get(path)
            )


CLUSTER = Rule(
    id="PLB_PUBLIC_5",
    title="A cluster's API is open to the internet",
    severity=Severity.MEDIUM,
    why="One flaw in the API server, or one leaked credential, is enough to own the cluster from anywhere.",
    remedy="Set EndpointPublicAccess to false and EndpointPrivateAccess to true, or name your networks in "
    "PublicAccessCidrs.",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",),
    check=on_resources(public_cluster),
    concept=public_cluster,
)

_ENDPOINTS = (
    ("AWS::Lightsail::Database", "PubliclyAccessible", "true"),
    ("AWS::MWAA::Environment", "WebserverAccessMode", "public_only"),
    ("AWS::RDS::DBCluster", "PubliclyAccessible", "true"),
    ("AWS::RedshiftServerless::Workgroup", "PubliclyAccessible", "true"),
    ("AWS::SageMaker::NotebookInstance", "DirectInternetAccess", "enabled"),
    ("aws_lightsail_database", "publicly_accessible", "true"),
    ("aws_redshiftserverless_workgroup", "publicly_accessible", "true"),
)
_PUBLIC_BY_DEFAULT = frozenset({"AWS::SageMaker::NotebookInstance"})


def public_endpoint(view: View) -> Iterator[Hit]:
    """Yield a hit for each service with an endpoint on the internet, of the types that Checkov does not look at."""
    for type_, path, word in _ENDPOINTS:
        for resource in view.of(type_):
            value = resource.get(path)
            by_default = type_ in _PUBLIC_BY_DEFAULT and resource.lacks(path)
            if by_default or (plain(value) or "").lower() == word:
                yield resource.hit(f"{resource.address} is reached from the internet.", value)


ENDPOINT = Rule(
    id="PLB_PUBLIC_6",
    title="A service that is not for the public has an endpoint on the internet",
    severity=Severity.MEDIUM,
    why="Its password, and whatever flaw it has, are tried from everywhere.",
    remedy="Switch the public endpoint off and reach the service through its VPC.",
    references=("https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/protecting-networks.html",),
    check=on_resources(public_endpoint),
    concept=public_endpoint,
)


_NARROWING = ("EventSourceToken", "FunctionUrlAuthType", "PrincipalOrgID", "SourceAccount", "SourceArn")


def open_function(view: View) -> Iterator[Hit]:
    """Yield a hit for each URL of SAM that asks nobody (elsewhere CKV_AWS_258), and each permission for everybody."""
    for function in view.of("AWS::Serverless::Function"):
        value = function.get("FunctionUrlConfig.AuthType")
        if plain(value) == "NONE":
            yield function.hit(f"{function.address} answers everybody who calls its URL.", value)
    for permission in view.of("AWS::Lambda::Permission"):
        value = permission.get("Principal")
        if plain(value) == "*" and all(permission.lacks(narrowing) for narrowing in _NARROWING):
            yield permission.hit(f"{permission.address} lets everybody call the function.", value)


FUNCTION = Rule(
    id="PLB_PUBLIC_7",
    title="A function answers everybody",
    severity=Severity.HIGH,
    why="Its URL can be called by everybody on the internet, who then use its rights and run up its bill.",
    remedy="Set AuthType to AWS_IAM, or put an API with an authorizer in front of it.",
    references=("https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",),
    check=on_resources(open_function),
    concept=open_function,
)


def open_route(view: View) -> Iterator[Hit]:
    """Yield a hit for each route of an HTTP API that asks nobody who calls (CKV_AWS_309 in Terraform)."""
    for route in view.of("AWS::ApiGatewayV2::Route"):
        value = route.get("AuthorizationType")
        is_open = route.lacks("AuthorizationType") or plain(value) == "NONE"
        key = route.text("RouteKey") or ""
        is_call = not key.startswith(("$connect", "$disconnect", "OPTIONS "))
        if is_open and is_call and not is_true(route.get("ApiKeyRequired")) and not route.lacks("RouteKey"):
            named = f" ({key[:60]})" if key else ""
            yield route.hit(f"{route.address}{named} answers everybody.", value)


ROUTE = Rule(
    id="PLB_PUBLIC_10",
    title="A route of an API asks nobody who calls",
    severity=Severity.MEDIUM,
    why="Whoever finds the address can call what is behind it, unless that asks by itself.",
    remedy="Set AuthorizationType to AWS_IAM or JWT with an authorizer. Waive it for what is meant for everybody.",
    references=("https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html",),
    check=on_resources(open_route),
    concept=open_route,
)

RULES = (ADDRESS, BALANCER, CLUSTER, ENDPOINT, FUNCTION, ROUTE)
