"""What Azure keeps, and what it remembers: soft delete, retention, audits, activity logs, encryption below encryption.

Checkov knows most switches; here is what it passes because nothing is said, or judges by half of the conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Resource, View, is_false, is_known, on_resources, plain, texts
from reviewer.rules.rule import Hit, Rule

_LEARN = "https://learn.microsoft.com/en-us/azure/"
_SERVERS = {
    "azurerm_sql_server": ("azurerm_mssql_server_extended_auditing_policy", "azurerm_sql_server_auditing_policy"),
    "azurerm_mssql_server": ("azurerm_mssql_server_extended_auditing_policy",),
    "azurerm_synapse_workspace": ("azurerm_synapse_workspace_extended_auditing_policy",),
}
"""Servers of databases, and what audits them."""


def check_audits(view: View) -> Iterator[Hit]:
    """Yield a hit for every server of databases that surely has no audit policy."""
    for type_, policies in _SERVERS.items():
        for server in view.of(type_):
            inline = not server.lacks("extended_auditing_policy")
            loose = any(not _names_one(policy) for policy in view.of(*policies))
            if not inline and not loose and not view.referring(server, *policies):
                yield server.hit(f"{server.address} keeps no audit of logins and queries.")


def _names_one(policy: Resource) -> bool:
    """Whether a policy says plainly whose it is; one in a loop may be anybody's."""
    of = policy.get("server_id") or policy.get("synapse_workspace_id")
    return of is not None and of.text.startswith(("azurerm_", "${azurerm_"))


_RETENTION = {
    "azurerm_mssql_server_extended_auditing_policy": ("retention_in_days", 90),
    "azurerm_mssql_database_extended_auditing_policy": ("retention_in_days", 90),
    "azurerm_mssql_server_microsoft_support_auditing_policy": ("retention_in_days", 90),
    "azurerm_synapse_workspace_extended_auditing_policy": ("retention_in_days", 90),
    "azurerm_synapse_sql_pool_extended_auditing_policy": ("retention_in_days", 90),
    "azurerm_mssql_server_security_alert_policy": ("retention_days", 90),
    "azurerm_mssql_database_security_alert_policy": ("retention_days", 90),
    "azurerm_mssql_managed_instance_security_alert_policy": ("retention_days", 90),
    "azurerm_sql_server": ("extended_auditing_policy.retention_in_days", 90),
    "azurerm_mssql_server": ("extended_auditing_policy.retention_in_days", 90),
    "azurerm_sql_database": ("extended_auditing_policy.retention_in_days", 90),
    "azurerm_mssql_database": ("extended_auditing_policy.retention_in_days", 90),
}
"""Where the days of records are said, and how many are enough. 0 and nothing are for ever."""


def check_retention(view: View) -> Iterator[Hit]:
    """Yield a hit for every audit whose records are gone before anybody misses them."""
    for type_, (path, enough) in _RETENTION.items():
        for resource in view.of(type_):
            days = _number(resource.get(path))
            if days is not None and 0 < days < enough:
                yield resource.hit(f"{resource.address} keeps its records for {days} days.", resource.get(path))


def _number(value: Value | None) -> int | None:
    text = plain(value) or ""
    return int(text) if text.isdecimal() and len(text) < 7 else None


def check_flow_logs(view: View) -> Iterator[Hit]:
    """Yield a hit for every flow log that is written down and not switched on."""
    for log in view.of("azurerm_network_watcher_flow_log"):
        if is_false(log.get("enabled")):
            yield log.hit(f"{log.address} records nothing: enabled is false.", log.get("enabled"))


_REGIONS = frozenset(
    (
        *("australiacentral", "australiaeast", "australiasoutheast", "brazilsouth", "canadacentral", "canadaeast"),
        *("centralindia", "centralus", "eastasia", "eastus", "eastus2", "francecentral", "germanywestcentral"),
        *("japaneast", "japanwest", "koreacentral", "koreasouth", "northcentralus", "northeurope", "norwayeast"),
        *("southafricanorth", "southcentralus", "southeastasia", "southindia", "switzerlandnorth", "uaenorth"),
        *("uksouth", "ukwest", "westcentralus", "westeurope", "westindia", "westus", "westus2"),
    )
)
"""Regions that have been there for years; newer ones are not asked for."""


def check_regions(view: View) -> Iterator[Hit]:
    """Yield a hit for every log profile that leaves regions out in which somebody may be at work."""
    for profile in view.of("azurerm_monitor_log_profile"):
        listed = profile.get("locations")
        if listed is None or not is_known(listed):
            continue
        names = {text.lower().replace(" ", "") for text in texts(listed)}
        missing = sorted(_REGIONS - names)
        if missing or "global" not in names:
            left = ", ".join(missing[:3]) or "global"
            yield profile.hit(f"{profile.address} leaves out what is done in other regions ({left} ...).", listed)


def check_soft_delete(view: View) -> Iterator[Hit]:
    """Yield a hit for every vault or store whose deleted things are gone at once, or that says days that cannot be."""
    for vault in view.of("azurerm_key_vault", "azurerm_key_vault_managed_hardware_security_module"):
        days = vault.get("soft_delete_retention_days")
        number = _number(days)
        if number is not None and not 7 <= number <= 90:
            yield vault.hit(f"{vault.address} asks for {number} days of soft delete; Azure allows 7 to 90.", days)
    for account in view.of("azurerm_storage_account"):
        for kind in ("delete_retention_policy", "container_delete_retention_policy"):
            days = account.get(f"blob_properties.{kind}.days")
            number = _number(days)
            if number is not None and number < 7:
                yield account.hit(f"{account.address} keeps deleted blobs for {number} days only ({kind}).", days)


def check_bypass(view: View) -> Iterator[Hit]:
    """Yield a hit for every firewall of a storage account that shuts out Azure's own services."""
    for type_, path in (
        ("azurerm_storage_account", "network_rules.bypass"),
        ("azurerm_storage_account_network_rules", "bypass"),
    ):
        for resource in view.of(type_):
            listed = resource.get(path)
            if listed is not None and is_known(listed) and "AzureServices" not in texts(listed):
                yield resource.hit(f"{resource.address} does not let trusted services of Azure pass.", listed)


def check_infrastructure(view: View) -> Iterator[Hit]:
    """Yield a hit for every store that is not encrypted a second time below the first."""
    for type_, path in (
        ("azurerm_storage_account", "infrastructure_encryption_enabled"),
        ("azurerm_storage_encryption_scope", "infrastructure_encryption_required"),
    ):
        for resource in view.of(type_):
            if resource.is_off(path):
                yield resource.hit(f"{resource.address} is encrypted once: {path} is not on.", resource.get(path))


def _parameter(name: str) -> Callable[[View], Iterator[Hit]]:
    """Return the concept of one parameter of PostgreSQL's single server that nobody sets."""

    def check(view: View) -> Iterator[Hit]:
        configurations = view.of("azurerm_postgresql_configuration")
        loose = any(configuration.text("name") is None for configuration in configurations)
        for server in view.of("azurerm_postgresql_server"):
            said = [c for c in configurations if c.text("name") == name and _may_be_of(view, c, server)]
            if not loose and not said:
                yield server.hit(f"Nothing says that {name} is on in {server.address}.")

    return check


def _may_be_of(view: View, configuration: Resource, server: Resource) -> bool:
    of = configuration.get("server_name")
    return view.refers(configuration, server) or of is None or "azurerm_postgresql_server." not in of.text


_PARAMETERS = (
    ("connection_throttling", "whoever guesses passwords is not slowed down"),
    ("log_checkpoints", "what the server did before it broke cannot be told"),
    ("log_connections", "who connected, and when, cannot be told"),
    ("log_disconnections", "how long somebody stayed connected cannot be told"),
)

RULES = (
    Rule(
        id="PLB_AZDATA_1",
        title="A server of databases is not audited",
        severity=Severity.LOW,
        why="When data is stolen, nobody can tell what was read, by whom, and since when.",
        remedy="Add an extended auditing policy for the server, with a storage account or a workspace to write to.",
        references=(_LEARN + "azure-sql/database/auditing-overview",),
        check=on_resources(check_audits),
        concept=check_audits,
        supersedes=("CKV_AZURE_23",),
    ),
    Rule(
        id="PLB_AZDATA_2",
        title="Audit records are kept for less than 90 days",
        severity=Severity.LOW,
        why="Intrusions are found after months. By then these records are gone.",
        remedy="Keep them for 90 days at least, or leave the days out to keep them for ever.",
        references=(_LEARN + "azure-sql/database/auditing-overview",),
        check=on_resources(check_retention),
        concept=check_retention,
        supersedes=("CKV_AZURE_24",),
    ),
    Rule(
        id="PLB_AZDATA_3",
        title="A flow log is switched off",
        severity=Severity.MEDIUM,
        why="What went over the network, and from where an intruder came, cannot be told afterwards.",
        remedy="Set enabled to true.",
        references=(_LEARN + "network-watcher/vnet-flow-logs-overview",),
        check=on_resources(check_flow_logs),
        concept=check_flow_logs,
    ),
    Rule(
        id="PLB_AZDATA_4",
        title="The activity log leaves regions out",
        severity=Severity.LOW,
        why="Intruders work in the regions that nobody uses, because nobody looks there.",
        remedy="List every region and `global`, or use diagnostic settings of the subscription, which have them all.",
        references=(_LEARN + "azure-monitor/platform/activity-log",),
        check=on_resources(check_regions),
        concept=check_regions,
    ),
    Rule(
        id="PLB_AZDATA_5",
        title="What is deleted cannot be brought back for long",
        severity=Severity.LOW,
        why="A mistake, or an intruder who deletes, is often noticed after days. Days that Azure does not allow are no "
        "protection, for the change cannot be applied.",
        remedy="Keep what was deleted for 7 days at least; vaults allow up to 90.",
        references=(
            _LEARN + "key-vault/general/soft-delete-overview",
            _LEARN + "storage/blobs/soft-delete-blob-overview",
        ),
        check=on_resources(check_soft_delete),
        concept=check_soft_delete,
        supersedes=("CKV2_AZURE_38",),
    ),
    Rule(
        id="PLB_AZDATA_6",
        title="The firewall of a storage account shuts out Azure's own services",
        severity=Severity.LOW,
        why="Backups, logs and disk encryption that go through trusted services fail, often without anybody noticing.",
        remedy='Add "AzureServices" to bypass.',
        references=(_LEARN + "storage/common/storage-network-security-trusted-azure-services",),
        check=on_resources(check_bypass),
        concept=check_bypass,
        supersedes=("CKV_AZURE_36",),
    ),
    Rule(
        id="PLB_AZDATA_7",
        title="Data is encrypted once, not twice",
        severity=Severity.INFO,
        why="Azure encrypts everything anyway; some standards ask for a second layer in case the first one is broken. "
        "It can be chosen only when the store is made.",
        remedy="Turn infrastructure encryption on if your rules ask for it.",
        references=(_LEARN + "storage/common/infrastructure-encryption-enable",),
        check=on_resources(check_infrastructure),
        concept=check_infrastructure,
    ),
    *(
        Rule(
            id=f"PLB_AZDATA_{number}",
            title=f"Nothing says that {name} is on",
            severity=Severity.INFO,
            why=f"If it is off, {what}. What the server starts with is changed by hand, and nobody sees it here.",
            remedy=f'Add an azurerm_postgresql_configuration with the name "{name}" and the value "on".',
            references=(_LEARN + "postgresql/flexible-server/concepts-server-parameters",),
            check=on_resources(concept),
            concept=concept,
        )
        for number, (name, what) in enumerate(_PARAMETERS, 8)
        for concept in (_parameter(name),)
    ),
)
