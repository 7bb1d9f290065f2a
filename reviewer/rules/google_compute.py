"""Machines of Google Cloud: who may log in, what they boot, keys that stand in the code.

Checkov knows most switches of single machines; here are projects and templates, and what it judges by half of the
conditions. Firewalls are the business of `firewalls`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Resource, View, is_false, is_true, is_unset, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_DOC = "https://cloud.google.com/compute/docs/"
_MACHINES = (
    "google_compute_instance",
    "google_compute_instance_template",
    "google_compute_region_instance_template",
    "google_compute_instance_from_template",
)

_KEYS = (
    *(("google_compute_disk", f"{name}.raw_key") for name in ("disk_encryption_key", "source_image_encryption_key")),
    ("google_compute_disk", "source_snapshot_encryption_key.raw_key"),
    *(("google_compute_region_disk", f"{name}.raw_key") for name in ("disk_encryption_key",)),
    ("google_compute_region_disk", "source_snapshot_encryption_key.raw_key"),
    *((type_, "boot_disk.disk_encryption_key_raw") for type_ in _MACHINES),
    *((type_, "attached_disk.disk_encryption_key_raw") for type_ in _MACHINES),
    *((type_, "boot_disk.initialize_params.source_image_encryption_key.raw_key") for type_ in _MACHINES),
    *((type_, "boot_disk.initialize_params.source_snapshot_encryption_key.raw_key") for type_ in _MACHINES),
    *(
        (f"google_compute{region}_instance_template", f"disk.{name}.raw_key")
        for region in ("", "_region")
        for name in ("source_image_encryption_key", "source_snapshot_encryption_key")
    ),
    ("google_compute_image", "image_encryption_key.raw_key"),
    ("google_compute_snapshot", "snapshot_encryption_key.raw_key"),
    ("google_compute_snapshot", "source_disk_encryption_key.raw_key"),
    ("google_compute_machine_image", "machine_image_encryption_key.raw_key"),
    ("google_storage_bucket_object", "customer_encryption.encryption_key"),
)
"""Where the raw key of a disk or an object may be written."""


def check_keys(view: View) -> Iterator[Hit]:
    """Yield a hit for every raw key that stands in the code."""
    for type_, path in _KEYS:
        for resource in view.of(type_):
            for value in resource.all(path):
                if value.kind is Kind.TEXT and value.text:
                    yield resource.hit(f"The key that encrypts a disk of {resource.address} stands here.", value)


def _settings(view: View, *names: str) -> Iterator[tuple[Resource, str, Value]]:
    """Yield what metadata of machines, templates and projects says under `names`."""
    for resource in view.of(*_MACHINES, "google_compute_project_metadata"):
        for metadata in resource.maps("metadata"):
            yield from ((resource, name, value) for name in names if (value := metadata.get(name)) is not None)
    for item in view.of("google_compute_project_metadata_item"):
        name, value = item.text("key"), item.get("value")
        if name in names and value is not None:
            yield item, name or "", value


def check_login(view: View) -> Iterator[Hit]:
    """Yield a hit wherever OS Login is switched off, on a project or on one machine."""
    for resource, name, value in _settings(view, "enable-oslogin"):
        if is_false(value):
            yield resource.hit(f"{resource.address} switches OS Login off ({name}).", value)


def check_serial(view: View) -> Iterator[Hit]:
    """Yield a hit wherever a whole project or a template lets people in over serial ports."""
    for resource, name, value in _settings(view, "serial-port-enable"):
        if (is_true(value) or plain(value) == "1") and resource.type not in _MACHINES[:2]:
            yield resource.hit(f"{resource.address} lets people connect to serial ports ({name}).", value)


_SHIELDED = (
    *((type_, "shielded_instance_config", "enable_secure_boot") for type_ in _MACHINES),
    ("google_notebooks_instance", "shielded_instance_config", "enable_secure_boot"),
    ("google_workbench_instance", "gce_setup.shielded_instance_config", "enable_secure_boot"),
    ("google_dataproc_cluster", "cluster_config.gce_cluster_config.shielded_instance_config", "enable_secure_boot"),
)


def check_secure_boot(view: View) -> Iterator[Hit]:
    """Yield a hit for every machine that is shielded but for secure boot, which is off unless it is said."""
    for type_, path, switch in _SHIELDED:
        for resource in view.of(type_):
            for shield in resource.maps(path):
                if is_unset(shield.get(switch)):
                    message = f"{resource.address} boots whatever stands on its disk: {switch} is not on."
                    yield resource.hit(message, shield.get(switch) or shield)


RULES = (
    Rule(
        id="PLB_GVM_1",
        title="The key of a disk stands in the code",
        severity=Severity.CRITICAL,
        why="Whoever can read the repository, now or in its history, or the state, can read the disk.",
        remedy="Encrypt with a key of Cloud KMS (kms_key_self_link), make a new disk, and destroy the old one.",
        references=(_DOC + "disks/customer-managed-encryption",),
        check=on_resources(check_keys),
        concept=check_keys,
    ),
    Rule(
        id="PLB_GVM_2",
        title="OS Login is switched off",
        severity=Severity.LOW,
        why="Keys in metadata are nobody's: they outlive the people who put them there, and ask for no second factor.",
        remedy="Set enable-oslogin to TRUE on the project, and take it out of single machines.",
        references=(_DOC + "oslogin",),
        check=on_resources(check_login),
        concept=check_login,
        supersedes=("CKV_GCP_33", "CKV_GCP_34"),
    ),
    Rule(
        id="PLB_GVM_3",
        title="Serial ports are open",
        severity=Severity.MEDIUM,
        why="The serial console cannot be limited to addresses: whoever has a key connects from anywhere.",
        remedy="Take serial-port-enable out, and switch it on for one machine while you need it.",
        references=(_DOC + "troubleshooting/troubleshooting-using-serial-console",),
        check=on_resources(check_serial),
        concept=check_serial,
    ),
    Rule(
        id="PLB_GVM_4",
        title="A shielded machine does without secure boot",
        severity=Severity.LOW,
        why="A boot loader or a kernel that somebody has changed starts unnoticed, below everything that could see it.",
        remedy="Set enable_secure_boot to true; drivers that are not signed have to be signed or left out.",
        references=("https://cloud.google.com/compute/shielded-vm/docs/shielded-vm",),
        check=on_resources(check_secure_boot),
        concept=check_secure_boot,
    ),
)
