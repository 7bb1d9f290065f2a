"""Who may do what in Google Cloud: personal accounts, single users, default service accounts, everybody.

Reads members of every google_*_iam_member, _binding and of data.google_iam_policy. Checkov knows the basic roles, and
who may act as a service account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Resource, View, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_IAM = re.compile(r"^google_\w+_iam_(?:member|binding)$")
_PERSONAL = re.compile(
    r"@(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|mac|aol|gmx|mail|proton|protonmail|web|yandex|qq|163)"
    r"\.(?:com|net|de|fr|me|co\.uk|co\.jp|ru|org)$",
    re.IGNORECASE,
)
_PERSONAL_GROUP = "@googlegroups.com"


def _members(view: View) -> Iterator[tuple[Resource, Value]]:
    """Yield everybody who is given something, one by one."""
    for resource in view.resources:
        if not resource.type.startswith("google_"):
            continue
        if not resource.data and _IAM.match(resource.type):
            values = (*resource.all("member"), *resource.all("members"))
        elif resource.type == "google_iam_policy":
            values = resource.all("binding.members")
        else:
            continue
        yield from ((resource, item) for value in values for item in value.items())


def check_personal(view: View) -> Iterator[Hit]:
    """Yield a hit for every account of a free mail provider that is given something."""
    for resource, member in _members(view):
        name = plain(member) or ""
        kind, _, address = name.partition(":")
        if kind.lower() in ("user", "group") and (_PERSONAL.search(address) or address.endswith(_PERSONAL_GROUP)):
            yield resource.hit(f"{resource.address} gives access to a personal account, {address}.", member)
    for resource in view.of("google_bigquery_dataset_access", "google_bigquery_dataset"):
        for value in (*resource.all("user_by_email"), *resource.all("access.user_by_email")):
            if _PERSONAL.search(plain(value) or ""):
                yield resource.hit(f"{resource.address} gives access to a personal account, {plain(value)}.", value)


def check_users(view: View) -> Iterator[Hit]:
    """Yield a hit for every single person who is given something, and not through a group."""
    for resource, member in _members(view):
        if member.kind in (Kind.TEXT, Kind.TEMPLATE) and member.text.lower().startswith("user:"):
            who = "a single user" if member.kind is Kind.TEMPLATE else f"a single user, {member.text[5:]}"
            yield resource.hit(f"{resource.address} gives access to {who}.", member)


_DEFAULT_NAMES = re.compile(r"-compute@developer\.gserviceaccount\.com|@appspot\.gserviceaccount\.com")
_DEFAULT_DATA = re.compile(
    r"data\.google_(?:compute|app_engine)_default_service_account\.[\w-]+\.|google_project_default_service_accounts\."
)


def check_default_accounts(view: View) -> Iterator[Hit]:
    """Yield a hit for every default service account that is given something."""
    for resource, member in _members(view):
        if _DEFAULT_NAMES.search(member.text) or _DEFAULT_DATA.search(member.text):
            yield resource.hit(f"{resource.address} gives a role to a default service account.", member)


_SAID = frozenset(
    f"google_{name}_iam_{kind}"
    for kind in ("member", "binding")
    for name in (
        *("storage_bucket", "bigquery_table", "pubsub_topic", "artifact_registry_repository", "cloud_run_service"),
        *("cloud_run_v2_service", "dataproc_cluster", "cloudfunctions_function", "cloudfunctions2_function"),
        *("kms_crypto_key", "kms_key_ring"),
    )
)
"""Types in which Checkov looks for everybody."""

_EVERYBODY = ("allusers", "allauthenticatedusers")


def check_everybody(view: View) -> Iterator[Hit]:
    """Yield a hit wherever everybody is given something, and Checkov does not look."""
    for resource, member in _members(view):
        name = plain(member) or ""
        if name.lower() in _EVERYBODY and resource.type not in _SAID:
            yield resource.hit(f"{resource.address} gives access to {name}: to everybody in the world.", member)
    for type_, paths in _LISTS.items():
        for access in view.of(type_):
            for value in (item for path in paths for found in access.all(path) for item in found.items()):
                said = (plain(value) or "").lower()
                if said.rpartition(":")[2] in _EVERYBODY or said in _PUBLIC:
                    message = f"{access.address} gives access to everybody in the world ({plain(value)})."
                    yield access.hit(message, value)


_PUBLIC = ("publicread", "publicreadwrite", "authenticatedread")
_LISTS = {
    "google_bigquery_dataset": ("access.iam_member",),
    "google_bigquery_dataset_access": ("special_group", "iam_member"),
    "google_storage_bucket_access_control": ("entity",),
    "google_storage_bucket_acl": ("role_entity", "predefined_acl", "default_acl"),
    "google_storage_bucket_object": ("predefined_acl",),
    "google_storage_default_object_access_control": ("entity",),
    "google_storage_default_object_acl": ("role_entity",),
    "google_storage_object_access_control": ("entity",),
    "google_storage_object_acl": ("role_entity", "predefined_acl"),
}
"""Access lists beside IAM, and where they name everybody."""

_POWER = re.compile(
    r"^(?:\*|.*\.setIamPolicy|iam\.serviceAccountKeys\.create|iam\.serviceAccounts\.(?:actAs|getAccessToken|signBlob|"
    r"signJwt|implicitDelegation)|iam\.roles\.(?:create|update)|deploymentmanager\.deployments\.create)$"
)


def check_powers(view: View) -> Iterator[Hit]:
    """Yield a hit for every custom role with a permission that leads to others."""
    for role in view.of("google_project_iam_custom_role", "google_organization_iam_custom_role"):
        for value in role.all("permissions"):
            found = [item for item in value.items() if _POWER.match(plain(item) or "")]
            if found:
                names = ", ".join(plain(item) or "" for item in found[:3])
                yield role.hit(f"Whoever has {role.address} can take more rights with {names}.", found[0])


def check_api_keys(view: View) -> Iterator[Hit]:
    """Yield a hit for every API key that anybody who finds it can use for everything."""
    for key in view.of("google_apikeys_key"):
        if key.lacks("restrictions"):
            yield key.hit(f"{key.address} may be used from anywhere, and for every API of the project.")


_IAM_DOC = "https://cloud.google.com/iam/docs/"

RULES = (
    Rule(
        id="PLB_GIAM_1",
        title="A personal account has access",
        severity=Severity.HIGH,
        why="It belongs to a person, not to the organization: nobody can demand a second factor of it, lock it, or "
        "take it back when the person leaves.",
        remedy="Give access to an account of the organization, through a group.",
        references=("https://cloud.google.com/resource-manager/docs/organization-policy/restricting-domains",),
        check=on_resources(check_personal),
        concept=check_personal,
    ),
    Rule(
        id="PLB_GIAM_2",
        title="A single user is given access, not a group",
        severity=Severity.LOW,
        why="Access of single people is forgotten when they change teams or leave.",
        remedy="Give the role to a group, and put the person in it.",
        references=(_IAM_DOC + "groups-best-practices",),
        check=on_resources(check_users),
        concept=check_users,
    ),
    Rule(
        id="PLB_GIAM_3",
        title="A default service account is given a role",
        severity=Severity.MEDIUM,
        why="Every machine and app that names no account of its own runs as this one, and has the role, too.",
        remedy="Make a service account for the purpose, and give the role to that.",
        references=(_IAM_DOC + "best-practices-service-accounts",),
        check=on_resources(check_default_accounts),
        concept=check_default_accounts,
        supersedes=("CKV_GCP_46", "CKV_GCP_47", "CKV_GCP_48"),
    ),
    Rule(
        id="PLB_GIAM_4",
        title="Everybody in the world is given access",
        severity=Severity.HIGH,
        why="allUsers needs no account at all, and anybody can make one to be among allAuthenticatedUsers.",
        remedy="Name the groups and service accounts that need it.",
        references=(_IAM_DOC + "principals-overview",),
        check=on_resources(check_everybody),
        concept=check_everybody,
    ),
    Rule(
        id="PLB_GIAM_5",
        title="A custom role leads to more rights",
        severity=Severity.HIGH,
        why="Who may set policies, act as a service account or make keys for one has all that those have.",
        remedy="Take these permissions out, or give them on the one resource for which they are needed.",
        references=(_IAM_DOC + "creating-custom-roles", _IAM_DOC + "service-account-permissions"),
        check=on_resources(check_powers),
        concept=check_powers,
    ),
    Rule(
        id="PLB_GIAM_6",
        title="An API key is good for everything",
        severity=Severity.MEDIUM,
        why="API keys are found in apps and web pages. This one then works from anywhere, at the project's cost.",
        remedy="Give it restrictions: the APIs that it is for, and the sites, apps or addresses that use it.",
        references=("https://cloud.google.com/docs/authentication/api-keys#securing",),
        check=on_resources(check_api_keys),
        concept=check_api_keys,
    ),
)
