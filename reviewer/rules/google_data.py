"""Buckets and databases of Google Cloud: records of access, keys, TLS, and flags of the databases' engines.

Checkov looks at flags that are written; here is what it passes because nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Resource, View, is_false, is_unset, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_SQL = "google_sql_database_instance"
_SQL_DOC = "https://cloud.google.com/sql/docs/"


def check_bucket_keys(view: View) -> Iterator[Hit]:
    """Yield a hit for every bucket that is encrypted with Google's key, not with one's own."""
    for bucket in view.of("google_storage_bucket"):
        if bucket.lacks("encryption.default_kms_key_name"):
            yield bucket.hit(f"{bucket.address} is encrypted with a key of Google's, not with one of yours.")


def check_bucket_logs(view: View) -> Iterator[Hit]:
    """Yield a hit for every bucket whose accesses are logged nowhere, and that takes no logs of others itself."""
    buckets = view.of("google_storage_bucket")
    targets = [target for bucket in buckets for target in bucket.all("logging.log_bucket")]
    for bucket in buckets:
        name = bucket.text("name")
        takes = any(f"{bucket.address}." in target.text or plain(target) == (name or "?") for target in targets)
        if bucket.lacks("logging") and not takes and "log" not in f"{bucket.address} {name}".lower():
            yield bucket.hit(f"{bucket.address} keeps no log of who accesses it.")


def check_tls(view: View) -> Iterator[Hit]:
    """Yield a hit for every database that takes connections without TLS."""
    for database in view.of(_SQL):
        for settings in database.maps("settings.ip_configuration"):
            mode, required = settings.get("ssl_mode"), settings.get("require_ssl")
            plain_mode = plain(mode) == "ALLOW_UNENCRYPTED_AND_ENCRYPTED"
            if plain_mode or (mode is None and is_false(required)):
                yield database.hit(f"{database.address} takes connections without TLS.", mode or required)


def check_errors(view: View) -> Iterator[Hit]:
    """Yield a hit for every PostgreSQL that is told not to log its errors."""
    for database in view.of(_SQL):
        for flag in database.maps("settings.database_flags"):
            quiet = (plain(flag.get("value")) or "").lower() in ("fatal", "panic", "log")
            if quiet and plain(flag.get("name")) in ("log_min_messages", "log_min_error_statement"):
                message = f"{database.address} logs no errors: {plain(flag.get('name'))} is {plain(flag.get('value'))}."
                yield database.hit(message, flag.get("value"))


def _flag(engine: str, name: str, good: str) -> Callable[[View], Iterator[Hit]]:
    """Return the concept of one flag that is not set, in databases of an engine."""

    def check(view: View) -> Iterator[Hit]:
        for database in view.of(_SQL):
            version = database.text("database_version") or ""
            if version.upper().startswith(engine) and not database.get("master_instance_name"):
                value = _flag_value(database, name)
                said = plain(value)
                if _lacks_flag(database, name) or (said is not None and said.lower() not in good.split("|")):
                    now = f"is {said}" if said else "is not set"
                    yield database.hit(f'The flag "{name}" of {database.address} {now}.', value)

    return check


def _flag_value(database: Resource, name: str) -> Value | None:
    flags = database.maps("settings.database_flags")
    return next((flag.get("value") for flag in flags if plain(flag.get("name")) == name), None)


def _lacks_flag(database: Resource, name: str) -> bool:
    """Whether a flag is surely not set: a dynamic block, or a name that is not known, may set it."""
    if database.lacks("settings.database_flags"):
        return True
    flags = [item for value in database.all("settings.database_flags") for item in value.items()]
    return all(plain(flag.get("name")) not in (None, name) for flag in flags)


def check_passwords(view: View) -> Iterator[Hit]:
    """Yield a hit for every database whose passwords may be anything."""
    for database in view.of(_SQL):
        for policy in database.maps("settings.password_validation_policy"):
            if is_unset(policy.get("enable_password_policy")):
                message = f"{database.address} has a password policy that is not switched on."
                yield database.hit(message, policy.get("enable_password_policy") or policy)


_FLAGS = (
    (
        *("POSTGRES", "log_temp_files", "0", "Large temporary files are a sign of queries that read everything."),
        ("CKV_GCP_56",),
    ),
    (
        *("SQLSERVER", "contained database authentication", "off|0"),
        "With it on, a database brings logins of its own that the server's policies do not reach.",
        ("CKV_GCP_59",),
    ),
    (
        *("SQLSERVER", "cross db ownership chaining", "off|0"),
        "With it on, rights in one database are rights in the others.",
        ("CKV_GCP_58",),
    ),
    (
        *("SQLSERVER", "external scripts enabled", "off|0"),
        "With it on, whoever may run queries may run programs on the server.",
        (),
    ),
    (
        *("SQLSERVER", "remote access", "off|0"),
        "With it on, procedures can be called from other servers, and theirs from this one.",
        (),
    ),
    (
        *("MYSQL", "skip_show_database", "on|1"),
        "Without it, everybody who may log in sees the names of all databases.",
        (),
    ),
)
"""Engine, flag, the values that are right, why, and Checkov's rules that say so of flags that are written."""

RULES = (
    Rule(
        id="PLB_GDATA_1",
        title="A bucket is not encrypted with a key of one's own",
        severity=Severity.INFO,
        why="Google encrypts it; who may use the key, and when it is replaced or withdrawn, is Google's to say.",
        remedy="Give encryption a default_kms_key_name if your rules ask for it.",
        references=("https://cloud.google.com/storage/docs/encryption/customer-managed-keys",),
        check=on_resources(check_bucket_keys),
        concept=check_bucket_keys,
    ),
    Rule(
        id="PLB_GDATA_2",
        title="Nobody can tell who accessed a bucket",
        severity=Severity.LOW,
        why="When data is stolen, nobody can tell what was read, and from where.",
        remedy="Name a log_bucket in logging, or turn on data access logs of Cloud Storage for the project.",
        references=("https://cloud.google.com/storage/docs/access-logs",),
        check=on_resources(check_bucket_logs),
        concept=check_bucket_logs,
        supersedes=("CKV_GCP_62",),
    ),
    Rule(
        id="PLB_GDATA_3",
        title="A database takes connections without TLS",
        severity=Severity.MEDIUM,
        why="Passwords and data go over the network as they are.",
        remedy='Set ssl_mode to "ENCRYPTED_ONLY", or to "TRUSTED_CLIENT_CERTIFICATE_REQUIRED".',
        references=(_SQL_DOC + "postgres/configure-ssl-instance",),
        check=on_resources(check_tls),
        concept=check_tls,
        supersedes=("CKV_GCP_6",),
    ),
    Rule(
        id="PLB_GDATA_4",
        title="A database logs no errors",
        severity=Severity.INFO,
        why="Guessed passwords and broken queries, the traces of an attack, are not written down.",
        remedy="Leave log_min_messages at WARNING, and log_min_error_statement at ERROR.",
        references=(_SQL_DOC + "postgres/flags",),
        check=on_resources(check_errors),
        concept=check_errors,
        supersedes=("CKV_GCP_55", "CKV_GCP_109"),
    ),
    Rule(
        id="PLB_GDATA_5",
        title="A password policy is not switched on",
        severity=Severity.LOW,
        why="The rules for passwords stand here, and nobody has to keep to them.",
        remedy="Set enable_password_policy to true.",
        references=(_SQL_DOC + "postgres/built-in-authentication",),
        check=on_resources(check_passwords),
        concept=check_passwords,
    ),
    *(
        Rule(
            id=f"PLB_GDATA_{number}",
            title=f'The flag "{name}" is not set as it should be',
            severity=Severity.INFO,
            why=why + " What is not written down is changed by hand, and nobody sees it here.",
            remedy=f'Set the flag "{name}" to "{good.partition("|")[0]}" in database_flags.',
            references=(f"{_SQL_DOC}{engine.lower()}/flags",),
            check=on_resources(concept),
            concept=concept,
            supersedes=supersedes,
        )
        for number, (engine, name, good, why, supersedes) in enumerate(_FLAGS, 6)
        for concept in (_flag(engine, name, good),)
    ),
)
