"""Which TLS the endpoints of AWS services speak. Version 1.2 is the oldest that holds.

Checkov reads load balancers of the second version and most of Terraform; here is what it does not know. Whether there
is TLS at all is the business of `transport`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Resource, View, is_empty, is_true, on_resources, plain, texts
from reviewer.rules.rule import Hit, Rule

_VERSIONS = {
    "AWS::OpenSearchService::Domain": ("DomainEndpointOptions.TLSSecurityPolicy", r"Policy-Min-TLS-1-[23]"),
    "AWS::Elasticsearch::Domain": ("DomainEndpointOptions.TLSSecurityPolicy", r"Policy-Min-TLS-1-[23]"),
    "AWS::ApiGateway::DomainName": ("SecurityPolicy", r"TLS_1_[23]|SecurityPolicy_TLS1[23]"),
}
"""Where a type says which TLS it speaks, and what is new enough. Saying nothing gets the oldest."""


def check_versions(view: View) -> Iterator[Hit]:
    """Yield a hit for every endpoint that still speaks TLS 1.0 or 1.1, or the ciphers of that time."""
    for type_, (path, good) in _VERSIONS.items():
        for resource in view.of(type_):
            policy = resource.text(path)
            if resource.lacks(path) or (policy is not None and not re.match(good, policy)):
                yield _old(resource, f"{path} is {policy or 'not given'}", resource.get(path))
    for api in view.of("AWS::Serverless::Api"):
        for domain in api.maps("Domain"):
            policy = plain(domain.get("SecurityPolicy"))
            if is_empty(domain.get("SecurityPolicy")) or (policy and not policy.endswith(("1_2", "1_3"))):
                yield _old(api, f"Domain.SecurityPolicy is {policy or 'not given'}", domain)
    yield from _distributions(view)
    yield from _classic_policies(view)


def _old(resource: Resource, said: str, at: Value | None) -> Hit:
    return resource.hit(f"{resource.address} may speak TLS older than 1.2: {said}.", at)


_DISTRIBUTIONS = {
    "AWS::CloudFront::Distribution": (
        "DistributionConfig.ViewerCertificate",
        ("CloudFrontDefaultCertificate", "MinimumProtocolVersion"),
        "DistributionConfig.Origins.CustomOriginConfig",
        "OriginSSLProtocols",
    ),
    "aws_cloudfront_distribution": (
        "viewer_certificate",
        ("cloudfront_default_certificate", "minimum_protocol_version"),
        "origin.custom_origin_config",
        "origin_ssl_protocols",
    ),
}
_OLD_PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1")


def _distributions(view: View) -> Iterator[Hit]:
    """Distributions with a certificate of their own; with CloudFront's nothing can be chosen."""
    for type_, (certificate, (default, version), origin, protocols) in _DISTRIBUTIONS.items():
        for resource in view.of(type_):
            for viewer in resource.maps(certificate):
                chosen = plain(viewer.get(version))
                unset = is_empty(viewer.get(default)) or plain(viewer.get(default)) == "false"
                old = is_empty(viewer.get(version)) or (chosen and not re.match(r"TLSv1\.[23]", chosen))
                if unset and old:
                    yield _old(resource, f"{version} is {chosen or 'not given'}", viewer.get(version) or viewer)
            for custom in resource.maps(origin):
                spoken = set(texts(custom.get(protocols))) & set(_OLD_PROTOCOLS)
                if spoken:
                    yield _old(resource, f"the origin is asked with {', '.join(sorted(spoken))}", custom.get(protocols))


_WEAK = re.compile(r"Protocol-(?:SSLv[23]|TLSv1(?:\.1)?)$|(?:.*-)?(?:RC4|RC2|DES|EXP|NULL|ADH|MD5|IDEA|SEED)(?:-|$)")
"""Protocols and ciphers that a classic load balancer can be told to speak, and should not."""


def _classic_policies(view: View) -> Iterator[Hit]:
    """The SSL policies of classic load balancers (in Terraform Checkov reads them)."""
    for balancer in view.of("AWS::ElasticLoadBalancing::LoadBalancer"):
        for attribute in balancer.maps("Policies.Attributes"):
            name, value = plain(attribute.get("Name")) or "", plain(attribute.get("Value")) or ""
            old = _WEAK.match(name) is not None and value.lower() == "true"
            reference = name == "Reference-Security-Policy" and value
            if old or (reference and "TLS-1-2" not in value):
                yield _old(balancer, f"{name} is {value}", attribute)


def check_client_certificates(view: View) -> Iterator[Hit]:
    """Yield a hit for every stage whose back end cannot tell it from anybody else."""
    for stage in view.of("AWS::ApiGateway::Stage"):
        if stage.lacks("ClientCertificateId"):
            yield stage.hit(f"{stage.address} shows its back end no certificate: ClientCertificateId is not given.")


def check_default_endpoints(view: View) -> Iterator[Hit]:
    """Yield a hit for every API of SAM that answers at API Gateway's own address only, which speaks old TLS."""
    for api in view.of("AWS::Serverless::Api"):
        if api.lacks("Domain") and api.lacks("SecurityPolicy") and not is_true(api.get("DisableExecuteApiEndpoint")):
            yield api.hit(f"{api.address} answers at API Gateway's own address, whose TLS goes down to 1.0.")


RULES = (
    Rule(
        id="PLB_TLS_1",
        title="An endpoint speaks TLS older than 1.2",
        severity=Severity.MEDIUM,
        why="TLS 1.0 and 1.1 are broken and withdrawn (RFC 8996): whoever sits on the way can force both sides back.",
        remedy="Ask for a policy that begins with TLS 1.2.",
        references=(
            "https://www.rfc-editor.org/rfc/rfc8996",
            "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html",
        ),
        check=on_resources(check_versions),
        concept=check_versions,
        supersedes=("CKV_AWS_174",),
    ),
    Rule(
        id="PLB_TLS_7",
        title="An API answers at an address whose TLS cannot be chosen",
        severity=Severity.INFO,
        why="API Gateway's own address speaks TLS 1.0 to whoever asks for it; only a domain has a policy.",
        remedy="Give the API a Domain with SecurityPolicy: TLS_1_2 where rules ask for it.",
        references=(
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html",
        ),
        check=on_resources(check_default_endpoints),
        concept=check_default_endpoints,
        framework="cloudformation",
    ),
    Rule(
        id="PLB_TLS_8",
        title="An API shows its back end no certificate",
        severity=Severity.INFO,
        why="A back end that is reached over HTTP cannot tell requests of the API from those of anybody else, so "
        "whoever finds its address gets around the API.",
        remedy="Create a client certificate, name it in the stage, and have the back end ask for it.",
        references=(
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html",
        ),
        check=on_resources(check_client_certificates),
        concept=check_client_certificates,
        framework="cloudformation",
    ),
)
