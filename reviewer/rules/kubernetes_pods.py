"""Pods that reach into the machine they run on, where Checkov does not look.

The limits are those of the Pod Security Standards: what "baseline" forbids, and of "restricted" the volumes. Checkov
has privileged containers, host namespaces, capabilities, seccomp and users.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.manifests import entries, looks_secret, pods_of, text_of
from reviewer.rules.resource import Resource, View, is_null, is_true, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_STANDARDS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
_HOST_PATHS = "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"
_SENSITIVE = re.compile(
    r"/(?:\.*/?)?|/(?:etc|proc|sys|boot|root|dev|bin|sbin|lib|lib64|usr|home|run|var)/?"
    r"|/(?:etc/(?:kubernetes|ssh|shadow|passwd|cron\S*)|var/(?:run|lib(?:/(?:kubelet|docker|containerd|etcd))?)"
    r"|run/containerd|dev/(?:mem|kmem|sd\w+|nvme\w+))(?:/.*)?"
)
_RUNTIME_SOCKET = re.compile(r".*/(?:docker|containerd|crio|podman|dockershim)\.sock")
_CORE = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
        "image",
    }
)
_SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    }
)
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def _host_paths(view: View) -> Iterator[tuple[Hit, bool]]:
    """Yield a hit for each path of the machine that is mounted, and whether it gives the machine away."""
    for pods in pods_of(view):
        for volume in pods.volumes():
            if mounted := volume.get("hostPath"):
                yield from _host_path(pods.resource, mounted)
    for persistent in view.of("PersistentVolume"):
        if mounted := persistent.get("spec.hostPath"):
            yield from _host_path(persistent, mounted)


def _host_path(resource: Resource, mounted: Value) -> Iterator[tuple[Hit, bool]]:
    path = text_of(mounted.get("path"))
    if not is_null(mounted) and not _RUNTIME_SOCKET.fullmatch(path):  # Checkov has those: CKV_K8S_27
        message = f"{resource.address} mounts {path or 'a path'} of the machine that it runs on."
        yield resource.hit(message, mounted.get("path") or mounted), bool(_SENSITIVE.fullmatch(path))


def check_system_paths(view: View) -> Iterator[Hit]:
    """Yield a hit for each mount of the machine's own files."""
    return (hit for hit, sensitive in _host_paths(view) if sensitive)


def check_host_paths(view: View) -> Iterator[Hit]:
    """Yield a hit for each other mount of a path of the machine."""
    return (hit for hit, sensitive in _host_paths(view) if not sensitive)


def check_proc_mount(view: View) -> Iterator[Hit]:
    """Yield a hit for each container that sees /proc unmasked."""
    for pods in pods_of(view):
        for context in pods.contexts():
            mount = context.get("procMount")
            if text_of(mount) not in ("", "Default"):
                yield pods.resource.hit(f"{pods.resource.address} sets procMount to {text_of(mount)}.", mount)


def check_selinux(view: View) -> Iterator[Hit]:
    """Yield a hit for each SELinux user, role or type that is not made for containers."""
    for pods in pods_of(view):
        for context in pods.contexts():
            for name, value in entries(context.get("seLinuxOptions")):
                given = text_of(value)
                odd = name in ("user", "role") or (name == "type" and given not in _SELINUX_TYPES)
                if given and odd:
                    yield pods.resource.hit(f"{pods.resource.address} runs with the SELinux {name} {given}.", value)


def check_apparmor(view: View) -> Iterator[Hit]:
    """Yield a hit for each AppArmor profile that is switched off or that there is not."""
    for pods in pods_of(view):
        annotations = pods.metadata.get("annotations") if pods.metadata else None
        for name, value in entries(annotations):
            given = text_of(value)
            if (
                name.startswith(_APPARMOR)
                and given
                and given != "runtime/default"
                and not given.startswith("localhost/")
            ):
                yield pods.resource.hit(f"{pods.resource.address} runs with the AppArmor profile {given}.", value)
        for context in pods.contexts():
            profile = context.get("appArmorProfile")
            kind = profile.get("type") if profile else None
            if text_of(kind) == "Unconfined":
                yield pods.resource.hit(f"{pods.resource.address} runs without an AppArmor profile.", kind)


def check_sysctls(view: View) -> Iterator[Hit]:
    """Yield a hit for each kernel parameter that is not known to stay inside of its pod."""
    for pods in pods_of(view):
        for context in pods.contexts():
            listed = context.get("sysctls")
            for item in listed.items() if listed else ():
                name = text_of(item.get("name"))
                if name and name not in _SAFE_SYSCTLS:
                    yield pods.resource.hit(f"{pods.resource.address} sets the kernel's {name}.", item.get("name"))


def check_volumes(view: View) -> Iterator[Hit]:
    """Yield a hit for each volume of a kind that carries a storage system and its credentials into the pod."""
    for pods in pods_of(view):
        for volume in pods.volumes():
            for kind, value in volume.entries:
                if kind not in ("name", "hostPath") and kind not in _CORE and not is_null(value):
                    yield pods.resource.hit(f"{pods.resource.address} has a volume of the kind {kind}.", value)


def check_root_group(view: View) -> Iterator[Hit]:
    """Yield a hit for each pod or container that runs in the group of root."""
    for pods in pods_of(view):
        for context in pods.contexts():
            groups = context.get("supplementalGroups")
            candidates = [context.get("runAsGroup"), context.get("fsGroup"), *(groups.items() if groups else ())]
            at = next((value for value in candidates if value is not None and plain(value) == "0"), None)
            if at is not None:
                yield pods.resource.hit(f"{pods.resource.address} runs in the group of root (0).", at)


def check_host_process(view: View) -> Iterator[Hit]:
    """Yield a hit for each Windows container that is a process of its machine."""
    for pods in pods_of(view):
        for context in pods.contexts():
            windows = context.get("windowsOptions")
            process = windows.get("hostProcess") if windows else None
            if is_true(process):
                yield pods.resource.hit(f"{pods.resource.address} runs as a process of the Windows machine.", process)


def check_env_secrets(view: View) -> Iterator[Hit]:
    """Yield a hit for each secret that stands in the environment of a container."""
    for pods in pods_of(view):
        for container in pods.containers():
            listed = container.get("env")
            for item in listed.items() if listed else ():
                name, value = text_of(item.get("name")), item.get("value")
                if value is not None and looks_secret(name, text_of(value)):
                    yield pods.resource.hit(f"{pods.resource.address} has {name} written in its environment.", value)


RULES = (
    Rule(
        id="PLB_POD_1",
        title="Pod mounts the machine's own files",
        severity=Severity.HIGH,
        why="Whoever gets into the container can read or change what runs the machine, and so own it with everything "
        "else on it.",
        remedy="Mount a volume that was made for the pod. Where a tool for machines needs it, mount the one file it "
        "reads, with readOnly: true.",
        references=(_HOST_PATHS, _STANDARDS),
        framework="kubernetes",
        check=on_resources(check_system_paths),
        concept=check_system_paths,
    ),
    Rule(
        id="PLB_POD_2",
        title="Pod mounts a path of the machine",
        severity=Severity.MEDIUM,
        why="The pod sees files of its machine, which other pods may write, and leaves its own behind there.",
        remedy="Use a persistent volume claim, or emptyDir for what may go away.",
        references=(_HOST_PATHS, _STANDARDS),
        framework="kubernetes",
        check=on_resources(check_host_paths),
        concept=check_host_paths,
    ),
    Rule(
        id="PLB_POD_3",
        title="Container sees /proc unmasked",
        severity=Severity.MEDIUM,
        why="Parts of /proc that tell of the machine, and some that change it, are hidden from containers.",
        remedy="Leave procMount out: Default masks them.",
        references=(_STANDARDS,),
        framework="kubernetes",
        check=on_resources(check_proc_mount),
        concept=check_proc_mount,
    ),
    Rule(
        id="PLB_POD_4",
        title="Pod runs with an SELinux label of its own",
        severity=Severity.MEDIUM,
        why="Labels other than those for containers can take the separation from the machine away.",
        remedy="Leave seLinuxOptions out, or use container_t and set only the level.",
        references=(_STANDARDS, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"),
        framework="kubernetes",
        check=on_resources(check_selinux),
        concept=check_selinux,
    ),
    Rule(
        id="PLB_POD_5",
        title="AppArmor profile is off or unknown",
        severity=Severity.MEDIUM,
        why="Without the profile one wall less stands between the container and its machine.",
        remedy="Use runtime/default (appArmorProfile.type: RuntimeDefault), or localhost/NAME for one of your own.",
        references=("https://kubernetes.io/docs/tutorials/security/apparmor/", _STANDARDS),
        framework="kubernetes",
        check=on_resources(check_apparmor),
        concept=check_apparmor,
    ),
    Rule(
        id="PLB_POD_6",
        title="Pod changes a kernel parameter that others share",
        severity=Severity.MEDIUM,
        why="Parameters that are not known to stay inside of a pod can weaken or stop every other pod of the machine.",
        remedy="Leave it out, or set it where the machine is set up, for all who use it.",
        references=("https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/", _STANDARDS),
        framework="kubernetes",
        check=on_resources(check_sysctls),
        concept=check_sysctls,
    ),
    Rule(
        id="PLB_POD_7",
        title="Volume is not of a core kind",
        severity=Severity.LOW,
        why="Such volumes carry a storage system and its credentials into the pod, and most of their drivers are gone.",
        remedy="Use a persistent volume claim with a CSI driver.",
        references=(_STANDARDS, "https://kubernetes.io/docs/concepts/storage/volumes/"),
        framework="kubernetes",
        check=on_resources(check_volumes),
        concept=check_volumes,
    ),
    Rule(
        id="PLB_POD_8",
        title="Pod runs in the group of root",
        severity=Severity.LOW,
        why="Files that the group of root may write, of mounted volumes above all, are open to it.",
        remedy="Set runAsGroup, fsGroup and supplementalGroups to a group of its own, above 10000.",
        references=("https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",),
        framework="kubernetes",
        check=on_resources(check_root_group),
        concept=check_root_group,
    ),
    Rule(
        id="PLB_POD_9",
        title="Container is a process of its Windows machine",
        severity=Severity.HIGH,
        why="A host process has the machine's network and files: whoever gets into it owns the machine.",
        remedy="Drop hostProcess but for what administers machines.",
        references=("https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/", _STANDARDS),
        framework="kubernetes",
        check=on_resources(check_host_process),
        concept=check_host_process,
    ),
    Rule(
        id="PLB_POD_10",
        title="Secret is written in a container's environment",
        severity=Severity.HIGH,
        why="Everybody who can read this code, or describe the pod, has it.",
        remedy="Take it from a Secret (valueFrom.secretKeyRef), better from a file. Then replace the credential.",
        references=("https://kubernetes.io/docs/concepts/configuration/secret/",),
        framework="kubernetes",
        supersedes=("CKV_SECRET_6",),
        check=on_resources(check_env_secrets),
        concept=check_env_secrets,
        hides=True,
    ),
)
