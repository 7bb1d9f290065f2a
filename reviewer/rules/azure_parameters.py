"""Parameters of Azure's open-source databases that are switched off: logs, audits, brakes. And logins easy to guess.

Checkov knows log_checkpoints, log_connections and connection_throttling of PostgreSQL's single server (CKV_AZURE_30 to
32); what nobody sets is the business of `azure_data`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.resource import View, on_resources
from reviewer.rules.rule import Hit, Rule
from reviewer.rules.stated import rows, stated

_POSTGRES = ("log_checkpoints", "log_connections", "log_disconnections", "connection_throttle.enable")
_PARAMETERS = {
    "azurerm_postgresql_configuration": ("log_disconnections", "log_duration"),
    "azurerm_postgresql_flexible_server_configuration": _POSTGRES,
    "azurerm_mysql_configuration": ("audit_log_enabled",),
    "azurerm_mysql_flexible_server_configuration": ("audit_log_enabled",),
    "azurerm_mariadb_configuration": ("audit_log_enabled",),
}


def check_parameters(view: View) -> Iterator[Hit]:
    """Yield a hit for every parameter that is switched off although the server's records hang on it."""
    for type_, names in _PARAMETERS.items():
        for parameter in view.of(type_):
            name, value = parameter.text("name"), (parameter.text("value") or "").lower()
            if name in names and value in ("off", "0", "false"):
                yield parameter.hit(f"{parameter.address} switches {name} off.", parameter.get("value"))


_SERVERS = (
    *(f"azurerm_{name}_server" for name in ("sql", "mssql", "mysql", "postgresql", "mariadb")),
    *("azurerm_mysql_flexible_server", "azurerm_postgresql_flexible_server", "azurerm_mssql_managed_instance"),
)
_GUESSED = (
    *("admin", "administrator", "sa", "root", "dbadmin", "sqladmin", "user", "test", "azureuser", "guest"),
    *("postgres", "mysql", "adminuser", "dbuser", "dbo", "public", "azure_superuser", "dba"),
)
_LOGINS = rows(_SERVERS, ("administrator_login", "azuread_administrator.login_username"), _GUESSED)


def check_logins(view: View) -> Iterator[Hit]:
    """Yield a hit for every server whose administrator has a name that everybody tries first."""
    yield from stated(view, _LOGINS, "The administrator of {0} is called {2}.")


RULES = (
    Rule(
        id="PLB_AZPAR_1",
        title="A database is told not to keep records",
        severity=Severity.LOW,
        why="Who connected, for how long, and what went wrong cannot be told, and nothing slows guessing down.",
        remedy="Set the value to on.",
        references=("https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-logging",),
        check=on_resources(check_parameters),
        concept=check_parameters,
    ),
    Rule(
        id="PLB_AZPAR_2",
        title="The administrator of a database has the name that everybody tries",
        severity=Severity.INFO,
        why="Whoever guesses passwords needs a name first. Some of these names Azure refuses.",
        remedy="Take another name, or sign in with Microsoft Entra ID only.",
        references=("https://learn.microsoft.com/en-us/azure/azure-sql/database/logins-create-manage",),
        check=on_resources(check_logins),
        concept=check_logins,
    ),
)
