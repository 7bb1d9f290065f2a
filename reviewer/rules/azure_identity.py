"""Who may do what in Azure: roles that can give themselves more, and roles over everything.

Checkov knows custom owners of a subscription (CKV_AZURE_39).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.resource import View, on_resources, plain, texts
from reviewer.rules.rule import Hit, Rule

_ROLE = "azurerm_role_definition"
_EVERYTHING = "*"


def check_root_roles(view: View) -> Iterator[Hit]:
    """Yield a hit for every custom role that may do everything and can be given out everywhere."""
    for role in view.of(_ROLE):
        scopes = [*texts(role.get("assignable_scopes")), role.text("scope") or ""]
        actions = [item for value in role.all("permissions.actions") for item in value.items()]
        everything = next((item for item in actions if plain(item) == _EVERYTHING), None)
        if everything is not None and "/" in scopes:
            yield role.hit(f'{role.address} may do everything ("*") in every subscription ("/").', everything)


_POWER = (
    "microsoft.authorization/roleassignments/write",
    "microsoft.authorization/roledefinitions/write",
    "microsoft.authorization/elevateaccess/action",
)


def check_role_makers(view: View) -> Iterator[Hit]:
    """Yield a hit for every custom role that may make or give out roles, itself included."""
    for role in view.of(_ROLE):
        for permissions in role.maps("permissions"):
            denied = [text.lower() for text in texts(permissions.get("not_actions"))]
            listed = permissions.get("actions")
            for item in listed.items() if listed else ():
                action = (plain(item) or "").lower()
                got = [power for power in _POWER if _covers(action, power)]
                if action != _EVERYTHING and got and not all(any(_covers(no, power) for no in denied) for power in got):
                    yield role.hit(f"{role.address} may give out roles, the owner's too: {plain(item)}.", item)
                    break


def _covers(pattern: str, action: str) -> bool:
    """Whether an action with `*` in it has another one in it."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action) is not None


_ADMINS = ("owner", "user access administrator", "role based access control administrator")
_WIDE = re.compile(
    r"azurerm_(?:subscription|management_group)\.[\w-]+(?:\.|\[)|^/subscriptions/[^/]+/?$|"
    r"^/providers/microsoft\.management/managementgroups/[^/]+/?$|^/subscriptions/\$\{[^}/]+\}$",
    re.IGNORECASE,
)


def check_owners(view: View) -> Iterator[Hit]:
    """Yield a hit for every assignment of a role over rights to a whole subscription or management group."""
    for assignment in view.of("azurerm_role_assignment"):
        name, scope = assignment.text("role_definition_name") or "", assignment.get("scope")
        bounded = assignment.lacks("condition")  # a condition says which roles may be given out
        if name.lower() in _ADMINS and bounded and scope is not None and _WIDE.search(scope.text):
            message = f"{assignment.address} makes its principal {name} of everything below {scope.text[:80]}."
            yield assignment.hit(message, assignment.get("role_definition_name"))


RULES = (
    Rule(
        id="PLB_AZID_1",
        title="A custom role may do everything everywhere",
        severity=Severity.CRITICAL,
        why="Whoever is given it is an owner of every subscription, under a name that nobody looks for.",
        remedy="List the actions that are used, and the subscriptions or groups in which the role may be given out.",
        references=("https://learn.microsoft.com/en-us/azure/role-based-access-control/custom-roles",),
        check=on_resources(check_root_roles),
        concept=check_root_roles,
        supersedes=("CKV_AZURE_39",),
    ),
    Rule(
        id="PLB_AZID_2",
        title="A custom role may give out roles",
        severity=Severity.HIGH,
        why="Who may write role assignments or definitions is one step from being owner of all that the role covers.",
        remedy="Take these actions out, or give the built-in role with a condition on what may be assigned.",
        references=(
            "https://learn.microsoft.com/en-us/azure/role-based-access-control/delegate-role-assignments-overview",
        ),
        check=on_resources(check_role_makers),
        concept=check_role_makers,
    ),
    Rule(
        id="PLB_AZID_3",
        title="A principal is made owner of a whole subscription",
        severity=Severity.MEDIUM,
        why="Whoever gets hold of this one principal has everything in the subscription, and can let others in.",
        remedy="Give a narrower role, on a resource group, or put a condition on the roles that may be assigned.",
        references=("https://learn.microsoft.com/en-us/azure/role-based-access-control/best-practices",),
        check=on_resources(check_owners),
        concept=check_owners,
    ),
)
