"""How Azure's services are reached: TLS that is old or off, databases open to every address, machines without a filter.

Network security groups are the business of `firewalls`. Checkov knows whether a service is public at all.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind
from reviewer.rules.resource import Resource, View, is_empty, on_resources
from reviewer.rules.rule import Hit, Rule
from reviewer.rules.stated import rows, stated

_APPS = tuple(
    f"azurerm_{system}_{kind}_app{slot}"
    for system in ("linux", "windows")
    for kind in ("web", "function")
    for slot in ("", "_slot")
)
_OLD_APPS = ("azurerm_app_service", "azurerm_app_service_slot", "azurerm_function_app", "azurerm_function_app_slot")
_OPEN_SOURCE = ("azurerm_mysql_server", "azurerm_postgresql_server", "azurerm_mariadb_server")

_OLD_TLS = {
    **rows(("azurerm_storage_account",), ("min_tls_version",), ("tls1_0", "tls1_1")),
    **rows(_APPS, ("site_config.minimum_tls_version", "site_config.scm_minimum_tls_version"), ("1.0", "1.1")),
    **rows(
        (*_OLD_APPS, "azurerm_logic_app_standard"),
        ("site_config.min_tls_version", "site_config.scm_min_tls_version"),
        ("1.0", "1.1"),
    ),
    **rows(
        ("azurerm_mssql_server", "azurerm_mssql_managed_instance"),
        ("minimum_tls_version",),
        ("1.0", "1.1", "disabled"),
    ),
    **rows(_OPEN_SOURCE, ("ssl_minimal_tls_version_enforced",), ("tls1_0", "tls1_1", "tlsenforcementdisabled")),
    **rows(
        ("azurerm_redis_cache", "azurerm_eventhub_namespace", "azurerm_servicebus_namespace"),
        ("minimum_tls_version",),
        ("1.0", "1.1"),
    ),
    **rows(("azurerm_iothub",), ("min_tls_version",), ("1.0", "1.1")),
    **rows(("azurerm_cosmosdb_account",), ("minimal_tls_version",), ("tls", "tls11")),
    **rows(("azurerm_application_gateway",), ("ssl_policy.min_protocol_version",), ("tlsv1_0", "tlsv1_1")),
    **rows(
        ("azurerm_application_gateway",),
        ("ssl_policy.policy_name",),
        ("appgwsslpolicy20150501", "appgwsslpolicy20170401"),
    ),
    **rows(
        ("azurerm_cdn_endpoint_custom_domain",),
        ("cdn_managed_https.tls_version", "user_managed_https.tls_version"),
        ("tls10", "none"),
    ),
    **rows(("azurerm_cdn_frontdoor_custom_domain",), ("tls.minimum_tls_version",), ("tls10",)),
    **rows(
        ("azurerm_hdinsight_hadoop_cluster", "azurerm_hdinsight_spark_cluster"), ("tls_min_version",), ("1.0", "1.1")
    ),
    **rows(
        ("azurerm_api_management",),
        tuple(
            f"security.{path}"
            for side in ("backend", "frontend")
            for version in ("ssl30", "tls10", "tls11")
            for path in (f"{side}_{version}_enabled", f"enable_{side}_{version}")
        ),
        ("true",),
    ),
}


def check_old_tls(view: View) -> Iterator[Hit]:
    """Yield a hit for every service that is told to speak a TLS older than 1.2."""
    yield from stated(view, _OLD_TLS, "{0} speaks a TLS older than 1.2: {1} is {2}.")


_PLAIN = {
    **rows(("azurerm_storage_account",), ("https_traffic_only_enabled", "enable_https_traffic_only"), ("false",)),
    **rows(("azurerm_redis_cache",), ("non_ssl_port_enabled", "enable_non_ssl_port"), ("true",)),
    **rows(("azurerm_redis_enterprise_database",), ("client_protocol",), ("plaintext",)),
    **rows(("azurerm_managed_redis",), ("default_database.client_protocol",), ("plaintext",)),
    **rows(_OPEN_SOURCE, ("ssl_enforcement_enabled",), ("false",)),
    **rows(_OPEN_SOURCE, ("ssl_enforcement",), ("disabled",)),
}
_PARAMETERS = ("azurerm_mysql_flexible_server_configuration", "azurerm_postgresql_flexible_server_configuration")


def check_plain(view: View) -> Iterator[Hit]:
    """Yield a hit for every service that is told to take connections without TLS."""
    yield from stated(view, _PLAIN, "{0} takes connections without TLS: {1} is {2}.")
    for parameter in view.of(*_PARAMETERS):
        value = parameter.text("value") or ""
        if parameter.text("name") == "require_secure_transport" and value.lower() == "off":
            message = f"{parameter.address} lets clients connect without TLS: require_secure_transport is {value}."
            yield parameter.hit(message, parameter.get("value"))


_FIREWALLS = (
    *(f"azurerm_{name}_firewall_rule" for name in ("sql", "mssql", "mysql", "postgresql", "mariadb", "redis")),
    *(f"azurerm_{name}_flexible_server_firewall_rule" for name in ("mysql", "postgresql")),
    "azurerm_synapse_firewall_rule",
    "azurerm_data_lake_store_firewall_rule",
    "azurerm_data_lake_analytics_firewall_rule",
    "azurerm_cosmosdb_postgresql_firewall_rule",
    "azurerm_mongo_cluster_firewall_rule",
    "azurerm_redis_enterprise_firewall_rule",
)
_MANY = 1 << 24
"""No private network has more addresses: 10.0.0.0/8 from its first to its last is one less."""


def check_database_firewalls(view: View) -> Iterator[Hit]:
    """Yield a hit for every rule that lets a good part of the internet connect to a database."""
    for rule, first, last in _database_rules(view):
        if int(last) - int(first) >= _MANY:
            at = rule.get(_FIRST) or rule.get("start_ip")
            yield rule.hit(f"{rule.address} lets every address from {first} to {last} connect.", at)


_SOME = 1 << 10


def check_many(view: View) -> Iterator[Hit]:
    """Yield a hit for every rule that lets more public addresses connect to a database than one office has."""
    for rule, first, last in _database_rules(view):
        if _SOME <= int(last) - int(first) < _MANY and first.is_global:
            at = rule.get(_FIRST) or rule.get("start_ip")
            yield rule.hit(f"{rule.address} lets {int(last) - int(first) + 1} addresses of the internet connect.", at)


def check_whole_cloud(view: View) -> Iterator[Hit]:
    """Yield a hit for every rule that lets all of Azure, other customers' machines too, connect to a database."""
    for rule, first, last in _database_rules(view):
        if int(first) == int(last) == 0:
            message = f"{rule.address} lets every machine in Azure connect, other customers' too (0.0.0.0)."
            yield rule.hit(message, rule.get(_FIRST) or rule.get("start_ip"))


_FIRST = "start_ip_address"
_Address = ipaddress.IPv4Address


def _database_rules(view: View) -> Iterator[tuple[Resource, _Address, _Address]]:
    for rule in view.of(*_FIREWALLS):
        first, last = (
            rule.text(name) or rule.text(name.removesuffix("_address")) for name in (_FIRST, "end_ip_address")
        )
        try:
            yield rule, ipaddress.IPv4Address(first or ""), ipaddress.IPv4Address(last or "")
        except ValueError:
            continue


_MACHINES = (
    "azurerm_virtual_machine",
    "azurerm_linux_virtual_machine",
    "azurerm_windows_virtual_machine",
)
_SUBNET = re.compile(r"^(?:\$\{\s*)?(azurerm_subnet\.[\w-]+)\.id(?:\s*\})?$")


def check_unfiltered(view: View) -> Iterator[Hit]:
    """Yield a hit for every interface of a machine that no security group stands before, nor before its subnet."""
    machines = view.of(*_MACHINES)
    guards = view.of(
        "azurerm_network_interface_security_group_association",
        "azurerm_subnet_network_security_group_association",
        "azurerm_network_interface_application_security_group_association",
    )
    for interface in view.of("azurerm_network_interface"):
        subnets = [value for value in interface.all("ip_configuration.subnet_id") if not is_empty(value)]
        names = [match[1] for value in subnets if (match := _SUBNET.match(value.text))]
        known = bool(names) and len(names) == len(subnets) and interface.lacks("network_security_group_id")
        guarded = any(_guards(guard, interface.address, *names) for guard in guards)
        if known and not guarded and any(view.refers(machine, interface) for machine in machines):
            message = f"No network security group stands before {interface.address}, nor before {names[0]}."
            yield interface.hit(message)


def _guards(guard: Resource, *addresses: str) -> bool:
    """Whether an association is, or may be, about one of these: `each.value` may be anything."""
    of = guard.get("subnet_id") or guard.get("network_interface_id")
    if of is None or of.kind not in (Kind.UNKNOWN, Kind.TEMPLATE):
        return True
    return any(f"{address}." in of.text or f"{address}[" in of.text for address in addresses) or not (
        _SUBNET.match(of.text) or of.text.startswith("azurerm_network_interface.")
    )


RULES = (
    Rule(
        id="PLB_AZNET_1",
        title="An Azure service speaks a TLS older than 1.2",
        severity=Severity.MEDIUM,
        why="TLS 1.0 and 1.1 have known weaknesses, are forbidden by most standards, and Azure is taking them away.",
        remedy="Ask for 1.2 at least; what cannot speak it has been without updates for years.",
        references=("https://learn.microsoft.com/en-us/azure/security/fundamentals/tls-certificate-changes",),
        check=on_resources(check_old_tls),
        concept=check_old_tls,
        supersedes=(
            *("CKV_AZURE_15", "CKV_AZURE_44", "CKV_AZURE_52", "CKV_AZURE_54", "CKV_AZURE_145", "CKV_AZURE_147"),
            *("CKV_AZURE_148", "CKV_AZURE_154", "CKV_AZURE_173", "CKV_AZURE_200", "CKV_AZURE_205", "CKV_AZURE_218"),
            "CKV_AZURE_223",
        ),
    ),
    Rule(
        id="PLB_AZNET_2",
        title="An Azure service takes connections without TLS",
        severity=Severity.MEDIUM,
        why="Keys, passwords and data go over the wire as they are, and anybody on the way can read and change them.",
        remedy="Switch plain connections off: it is the default of the service.",
        references=(
            "https://learn.microsoft.com/en-us/azure/storage/common/storage-require-secure-transfer",
            "https://learn.microsoft.com/en-us/azure/azure-cache-for-redis/cache-configure",
        ),
        check=on_resources(check_plain),
        concept=check_plain,
        supersedes=("CKV_AZURE_3", "CKV_AZURE_28", "CKV_AZURE_29", "CKV_AZURE_47", "CKV_AZURE_91"),
    ),
    Rule(
        id="PLB_AZNET_3",
        title="The firewall of a database lets the internet in",
        severity=Severity.HIGH,
        why="The firewall is what stands between the login of this database and everybody who tries passwords.",
        remedy="Name the addresses that connect, or use a private endpoint and switch public access off.",
        references=("https://learn.microsoft.com/en-us/azure/azure-sql/database/firewall-configure",),
        check=on_resources(check_database_firewalls),
        concept=check_database_firewalls,
        supersedes=("CKV_AZURE_11",),
    ),
    Rule(
        id="PLB_AZNET_4",
        title="The firewall of a database lets all of Azure in",
        severity=Severity.LOW,
        why="0.0.0.0 stands for every machine in Azure, whoever pays for it: an attacker has to rent one.",
        remedy="Use private endpoints or service endpoints for the machines that connect.",
        references=("https://learn.microsoft.com/en-us/azure/azure-sql/database/network-access-controls-overview",),
        check=on_resources(check_whole_cloud),
        concept=check_whole_cloud,
        supersedes=("CKV2_AZURE_6", "CKV2_AZURE_26", "CKV2_AZURE_34"),
    ),
    Rule(
        id="PLB_AZNET_5",
        title="No network security group stands before a machine",
        severity=Severity.LOW,
        why="Without one nothing filters what reaches the machine from its network, and from the internet if it has a "
        "public address of the basic kind.",
        remedy="Associate a network security group with the interface or with its subnet.",
        references=("https://learn.microsoft.com/en-us/azure/virtual-network/network-security-group-how-it-works",),
        check=on_resources(check_unfiltered),
        concept=check_unfiltered,
    ),
    Rule(
        id="PLB_AZNET_6",
        title="The firewall of a database lets thousands of addresses in",
        severity=Severity.LOW,
        why="Networks of this size belong to providers and are shared with people that nobody here knows.",
        remedy="Name the addresses that connect.",
        references=("https://learn.microsoft.com/en-us/azure/azure-sql/database/firewall-configure",),
        check=on_resources(check_many),
        concept=check_many,
    ),
)
