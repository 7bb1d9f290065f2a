"""What becomes reachable or readable from outside."""

from __future__ import annotations

from reviewer.model import PlanAction, Severity
from tests.rules.plan.builders import bad, change, good, kept, view


def rule(first, last, source="0.0.0.0/0", protocol="tcp"):
    return {"from_port": first, "to_port": last, "protocol": protocol, "cidr_blocks": [source], "ipv6_cidr_blocks": []}


OFFICE = rule(22, 22, "203.0.113.0/24")


def _group(before, *after):
    old = None if before is None else {"ingress": list(before)}
    return change("aws_security_group.web", old, {"ingress": list(after)})


def _nsg(port, source="*", access="Allow"):
    return {
        "direction": "Inbound",
        "access": access,
        "protocol": "Tcp",
        "source_address_prefix": source,
        "destination_port_range": port,
    }


def _firewall(*ports, sources=("0.0.0.0/0",)):
    return {"direction": "INGRESS", "source_ranges": [*sources], "allow": [{"protocol": "tcp", "ports": [*ports]}]}


PORTS = (
    bad(
        "PLB_PLAN_PUBLIC_1",
        "a login",
        _group([OFFICE], rule(22, 22)),
        "aws_security_group.web opens port 22 (SSH) to 0.0.0.0/0.",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "everything",
        _group([OFFICE], rule(0, 0, "::/0", "-1")),
        "opens every port to ::/0",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "a database in a created group, which Checkov does not look at",
        _group(None, rule(5432, 5432)),
        "port 5432 (PostgreSQL)",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "half of the internet, which Checkov does not see",
        _group(None, rule(22, 22, "128.0.0.0/1")),
        "port 22 (SSH) to 128.0.0.0/1",
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "a wider range",
        _group([rule(443, 443)], rule(400, 3400)),
        "opens ports 400 to 3400 (445 SMB, 1433 SQL Server, 1434 SQL and 8 more) to 0.0.0.0/0.",
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "a service without a password, in a rule of its own",
        change(
            "aws_vpc_security_group_ingress_rule.a",
            {"from_port": 6379, "to_port": 6379, "ip_protocol": "tcp", "cidr_ipv4": "10.0.0.0/8"},
            {"from_port": 6379, "to_port": 6379, "ip_protocol": "tcp", "cidr_ipv4": "0.0.0.0/0"},
        ),
        "port 6379 (Redis)",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "in Azure",
        change(
            "azurerm_network_security_group.a",
            {"security_rule": [_nsg("3389", "10.0.0.0/8")]},
            {"security_rule": [_nsg("3389", "Internet")]},
        ),
        "port 3389 (RDP) to everybody (Internet)",
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "in Google Cloud",
        change("google_compute_firewall.a", _firewall("443"), _firewall("443", "8000-9100")),
        "opens ports 8000 to 9100 (8200 Vault, 8500 Consul, 9042 Cassandra and 1 more)",
    ),
    bad(
        "PLB_PLAN_PUBLIC_1",
        "a port without a name",
        _group([OFFICE], OFFICE, rule(8081, 8081)),
        "port 8081",
        severity=Severity.MEDIUM,
    ),
    good("PLB_PLAN_PUBLIC_1", "one address", _group([OFFICE], OFFICE, rule(5432, 5432, "203.0.113.7/32"))),
    good("PLB_PLAN_PUBLIC_1", "less of what was open", _group([rule(20, 80)], rule(22, 22))),
    good("PLB_PLAN_PUBLIC_1", "a login in a created group, as Checkov says", _group(None, rule(22, 22))),
    good("PLB_PLAN_PUBLIC_1", "a created web server", _group(None, rule(443, 443), rule(80, 80))),
    good(
        "PLB_PLAN_PUBLIC_1",
        "not known yet",
        change("aws_security_group.a", {"ingress": [OFFICE]}, {}, after_unknown={"ingress": True}),
    ),
    good(
        "PLB_PLAN_PUBLIC_1",
        "a rule that denies",
        change("azurerm_network_security_rule.a", _nsg("3389", "10.0.0.0/8", "Deny"), _nsg("3389", "*", "Deny")),
    ),
    bad(
        "PLB_PLAN_PUBLIC_2",
        "wider and wider",
        change(
            "azurerm_mssql_firewall_rule.a",
            {"start_ip_address": "203.0.113.7", "end_ip_address": "203.0.113.7"},
            {"start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"},
        ),
        "lets in 0.0.0.0 to 255.255.255.255: everybody",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_PUBLIC_2",
        "all of Azure",
        change(
            "azurerm_postgresql_flexible_server_firewall_rule.a",
            None,
            {"start_ip_address": "0.0.0.0", "end_ip_address": "0.0.0.0"},
        ),
        "lets in all of Azure",
        severity=Severity.MEDIUM,
    ),
    good(
        "PLB_PLAN_PUBLIC_2",
        "one client",
        change(
            "azurerm_mssql_firewall_rule.a",
            None,
            {"start_ip_address": "203.0.113.7", "end_ip_address": "203.0.113.7"},
        ),
    ),
    good(
        "PLB_PLAN_PUBLIC_2",
        "a name that changes",
        change(
            "azurerm_mssql_firewall_rule.a",
            {"name": "a", "start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"},
            {"name": "b", "start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"},
        ),
    ),
)

BLOCK = {"block_public_acls": True, "block_public_policy": True, "bucket": "site"}

STORED = (
    bad(
        "PLB_PLAN_PUBLIC_3",
        "a bucket",
        change('module.bucket["site"].aws_s3_bucket_acl.this', {"acl": "private"}, {"acl": "public-read"}),
        'acl of module.bucket["site"].aws_s3_bucket_acl.this goes from private to public-read',
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_PUBLIC_3",
        "a bucket that everybody may write",
        change("aws_s3_bucket.a", {"acl": None}, {"acl": "public-read-write"}),
        "acl of ",
        "goes from private to public-read-write",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_PUBLIC_3",
        "the rail",
        change("aws_s3_bucket_public_access_block.a", BLOCK, BLOCK | {"block_public_policy": False}),
        "block_public_policy of ",
        "goes from true to false",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_PUBLIC_3",
        "the rail goes, the bucket stays",
        view(change("aws_s3_bucket_public_access_block.a", BLOCK), kept("aws_s3_bucket.a", {"bucket": "site"})),
        "is deleted while the bucket stays",
    ),
    bad(
        "PLB_PLAN_PUBLIC_3",
        "a container in Azure",
        change("azurerm_storage_container.a", {"container_access_type": "private"}, {"container_access_type": "blob"}),
        "container_access_type of ",
        "goes from private to blob",
    ),
    bad(
        "PLB_PLAN_PUBLIC_3",
        "a grant to everybody",
        change(
            "aws_s3_bucket_acl.a",
            {"access_control_policy": []},
            {
                "access_control_policy": [
                    {"grant": [{"grantee": [{"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}]}]}
                ]
            },
        ),
        "now has a grant to AllUsers",
    ),
    good(
        "PLB_PLAN_PUBLIC_3",
        "created public, as Checkov says",
        change("aws_s3_bucket_acl.a", None, {"acl": "public-read"}),
    ),
    good("PLB_PLAN_PUBLIC_3", "closed", change("aws_s3_bucket_acl.a", {"acl": "public-read"}, {"acl": "private"})),
    good(
        "PLB_PLAN_PUBLIC_3",
        "the rail gets another name",
        view(
            change("aws_s3_bucket_public_access_block.a", BLOCK),
            change("aws_s3_bucket_public_access_block.b", None, BLOCK),
        ),
    ),
)

REACHED = (
    bad(
        "PLB_PLAN_PUBLIC_4",
        "a database",
        change("aws_db_instance.a", {"publicly_accessible": False}, {"publicly_accessible": True}),
        "publicly_accessible of ",
        "goes from false to true",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_PUBLIC_4",
        "a cluster's endpoint, by leaving it out",
        change(
            "aws_eks_cluster.a",
            {"vpc_config": [{"endpoint_public_access": False}]},
            {"vpc_config": [{"endpoint_public_access": None}]},
        ),
        "vpc_config.endpoint_public_access of ",
        "goes from false to true",
    ),
    bad(
        "PLB_PLAN_PUBLIC_4",
        "the addresses that may connect",
        change(
            "google_sql_database_instance.a",
            {"settings": [{"ip_configuration": [{"authorized_networks": [{"value": "203.0.113.7/32"}]}]}]},
            {"settings": [{"ip_configuration": [{"authorized_networks": [{"value": "0.0.0.0/0"}]}]}]},
        ),
        "now has 0.0.0.0/0 in settings.ip_configuration.authorized_networks",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_PUBLIC_4",
        "anything of Azure",
        change(
            "azurerm_cognitive_account.a",
            {"public_network_access_enabled": False},
            {"public_network_access_enabled": True},
        ),
        "public_network_access_enabled of ",
        "goes from false to true",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_PUBLIC_4",
        "nobody is named any more",
        change(
            "azurerm_kubernetes_cluster.a",
            {"api_server_access_profile": [{"authorized_ip_ranges": ["203.0.113.7/32"]}]},
            {"api_server_access_profile": []},
        ),
        "no longer has api_server_access_profile.authorized_ip_ranges",
    ),
    good(
        "PLB_PLAN_PUBLIC_4",
        "created public, as Checkov says",
        change("aws_db_instance.a", None, {"publicly_accessible": True}),
    ),
    good(
        "PLB_PLAN_PUBLIC_4",
        "not known yet",
        change(
            "aws_db_instance.a",
            {"publicly_accessible": False},
            {},
            after_unknown={"publicly_accessible": True},
        ),
    ),
    good(
        "PLB_PLAN_PUBLIC_4",
        "stays public",
        change("aws_db_instance.a", {"publicly_accessible": True, "port": 1}, {"publicly_accessible": True, "port": 2}),
    ),
    bad(
        "PLB_PLAN_PUBLIC_5",
        "a load balancer",
        change("aws_lb.a", {"internal": True}, {"internal": False}, action=PlanAction.REPLACE),
        "internal of ",
        "goes from true to false",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_PUBLIC_5",
        "a machine in Google Cloud",
        change(
            "google_compute_instance.a",
            {"network_interface": [{"network": "n", "access_config": []}]},
            {"network_interface": [{"network": "n", "access_config": [{"nat_ip": None}]}]},
        ),
        "gets a public address (network_interface.access_config)",
    ),
    bad(
        "PLB_PLAN_PUBLIC_5",
        "a service in Kubernetes",
        change("kubernetes_service.a", {"spec": [{"type": "ClusterIP"}]}, {"spec": [{"type": "LoadBalancer"}]}),
        "spec.type of ",
        "goes from ClusterIP to LoadBalancer",
    ),
    good("PLB_PLAN_PUBLIC_5", "a created load balancer", change("aws_lb.a", None, {"internal": False})),
    good(
        "PLB_PLAN_PUBLIC_5",
        "a machine that loses its address",
        change("aws_instance.a", {"associate_public_ip_address": True}, {"associate_public_ip_address": False}),
    ),
    bad(
        "PLB_PLAN_PUBLIC_6",
        "a function's address",
        change("aws_lambda_function_url.a", {"authorization_type": "AWS_IAM"}, {"authorization_type": "NONE"}),
        "authorization_type of ",
        "goes from AWS_IAM to NONE",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_PUBLIC_6",
        "a method",
        change("aws_api_gateway_method.a", {"authorization": "CUSTOM"}, {"authorization": "NONE"}),
        "authorization of ",
        "goes from CUSTOM to NONE",
    ),
    good(
        "PLB_PLAN_PUBLIC_6",
        "created, as Checkov says",
        change("aws_lambda_function_url.a", None, {"authorization_type": "NONE"}),
    ),
    good(
        "PLB_PLAN_PUBLIC_6",
        "another way to ask",
        change("aws_api_gateway_method.a", {"authorization": "CUSTOM"}, {"authorization": "AWS_IAM"}),
    ),
    bad(
        "PLB_PLAN_PUBLIC_7",
        "a snapshot for everybody",
        change("aws_db_snapshot.a", {"shared_accounts": ["111111111111"]}, {"shared_accounts": ["all"]}),
        "shares it with everybody",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_PUBLIC_7",
        "a disk's snapshot for another account",
        change("aws_snapshot_create_volume_permission.a", None, {"account_id": "222222222222", "snapshot_id": "s"}),
        "shares it with 222222222222",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_PUBLIC_7",
        "an image for everybody",
        change("aws_ami_launch_permission.a", None, {"group": "all", "image_id": "i"}),
        "shares it with everybody",
    ),
    good(
        "PLB_PLAN_PUBLIC_7",
        "with fewer",
        change("aws_db_snapshot.a", {"shared_accounts": ["1", "2"]}, {"shared_accounts": ["1"]}),
    ),
    good("PLB_PLAN_PUBLIC_7", "with nobody", change("aws_db_snapshot.a", None, {"shared_accounts": []})),
)

EXAMPLES = (*PORTS, *STORED, *REACHED)
