"""Kubernetes objects that are no pods: secrets in the open, who reaches what, and where things are put.

Checkov has the default namespace, Tiller, the dashboard and snippets in annotations of ingress-nginx.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.manifests import entries, looks_secret, pods_of, secret_within, text_of
from reviewer.rules.resource import View, is_null, on_resources, plain, texts
from reviewer.rules.rule import Hit, Rule

_NGINX = re.compile(r"(?:[\w.-]+\.)?nginx\.(?:ingress\.kubernetes\.io|org)/(.+)|ingress\.kubernetes\.io/(.+)")
_INTO_CONFIGURATION = frozenset(["auth-url", "auth-tls-match-cn", "mirror-target", "mirror-host"])
_BREAKS_OUT = re.compile(r"[;{}#|<>\\^`\"'\s]")
SHORTEST_KEY = 100  # characters; what is shorter only shows where a key would stand
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_OWN_OF_CLUSTER = re.compile(
    r"kube-(?:proxy|dns|apiserver|scheduler|controller-manager|flannel|router)\S*|coredns\S*|etcd\S*|cilium\S*|calico\S*"
    r"|aws-node\S*|ebs-csi\S*|efs-csi\S*|metrics-server\S*|cluster-autoscaler\S*|\S*-csi-\S*|node-local-dns"
)


def check_config_secrets(view: View) -> Iterator[Hit]:
    """Yield a hit for each secret in a ConfigMap, by its key or within a file that it holds."""
    for resource in view.of("ConfigMap"):
        for key, value in entries(resource.get("data")):
            text = text_of(value)
            if looks_secret(key, text) and "\n" not in text.strip():
                yield resource.hit(f"{resource.address} has {key} in plain text.", value)
            elif found := secret_within(text):
                line, name = found
                yield resource.hit(f"{resource.address} has {name} in plain text in {key}.", _line_of(value, line))


def _line_of(value: Value, line: int) -> Value:
    """The line of a text that begins on the line after its key (a block of YAML); its own line else."""
    if value.end_line - value.line < text_of(value).rstrip("\n").count("\n") + 1:
        return value
    at = min(value.line + 1 + line, value.end_line)
    return Value(kind=value.kind, line=at, end_line=at, text=value.text)


def check_secrets(view: View) -> Iterator[Hit]:
    """Yield a hit for each Secret whose content is written into the code."""
    for resource in view.of("Secret"):
        if resource.value.get("sops") is not None:
            continue
        encoded = [value for _, value in entries(resource.get("data"))]
        for key, value in (*entries(resource.get("data")), *entries(resource.get("stringData"))):
            if _is_content(key, value, encoded=value in encoded):
                yield resource.hit(f"{resource.address} has {key} written into the code.", value)
                break


def _is_content(key: str, value: Value, *, encoded: bool) -> bool:
    text = text_of(value).strip()
    if encoded:
        try:
            text = base64.b64decode(text, validate=True).decode("utf-8", "replace").strip()
        except (binascii.Error, ValueError):
            return False
    registry = key == ".dockerconfigjson" and '"auth"' in text
    key_file = "PRIVATE KEY-----" in text and len(text) > SHORTEST_KEY and "..." not in text
    one_line = "\n" not in text
    return registry or key_file or (one_line and looks_secret(key, text)) or secret_within(text) is not None


def check_selectors(view: View) -> Iterator[Hit]:
    """Yield a hit for each network policy that does not say of which pods it speaks."""
    for policy in view.of("NetworkPolicy"):
        if policy.lacks("spec.podSelector"):
            yield policy.hit(f"{policy.address} has no podSelector.", policy.get("spec"))


def check_open_ingress(view: View) -> Iterator[Hit]:
    """Yield a hit for each network policy that lets everybody in."""
    yield from _open(view, "ingress", "from", "lets everybody in")


def check_open_egress(view: View) -> Iterator[Hit]:
    """Yield a hit for each network policy that lets everything out, to every port."""
    yield from _open(view, "egress", "to", "lets everything out")


def _open(view: View, direction: str, peers: str, said: str) -> Iterator[Hit]:
    for policy in view.of("NetworkPolicy"):
        for rule in policy.maps(f"spec.{direction}"):
            listed = rule.get(peers)
            if direction == "egress" and rule.get("ports") is not None:
                continue
            blocks = [item.get("ipBlock") for item in (listed.items() if listed else ()) if item.kind is Kind.MAP]
            cidrs = [cidr for block in blocks if block and (cidr := block.get("cidr")) and not block.get("except")]
            wide = next((cidr for cidr in cidrs if plain(cidr) in _EVERYWHERE), None)
            if wide is not None or (not rule.entries) or (listed is not None and is_null(listed)):
                yield policy.hit(f"{policy.address} {said}.", wide or rule)


def check_ingress_annotations(view: View) -> Iterator[Hit]:
    """Yield a hit for each annotation that ends its own directive in the configuration of ingress-nginx.

    Sources: CVE-2025-24514 (auth-url), CVE-2025-1097 (auth-tls-match-cn), CVE-2025-1098 (mirror-target, mirror-host).
    """
    for ingress in view.of("Ingress"):
        for name, value in entries(ingress.get("metadata.annotations")):
            matched = _NGINX.fullmatch(name)
            key = (matched[1] or matched[2]) if matched else ""
            text = text_of(value).strip()
            if key in _INTO_CONFIGURATION and _BREAKS_OUT.search(_without_variables(text)):
                yield ingress.hit(f"{ingress.address} has characters in {key} that end its directive.", value)


def _without_variables(text: str) -> str:
    """The syntax of nginx for variables is no break: $request_uri, ${host}; nor are spaces in a name (CN=a b)."""
    return re.sub(r"\$\{\w+\}|\$\w+", "", text).replace("CN=", "").strip() if "\n" not in text else text


def check_external_addresses(view: View) -> Iterator[Hit]:
    """Yield a hit for each service that takes addresses of its own choice (CVE-2020-8554)."""
    for service in view.of("Service"):
        addresses = service.get("spec.externalIPs")
        if texts(addresses):
            yield service.hit(f"{service.address} takes traffic for {', '.join(texts(addresses)[:3])}.", addresses)


def check_node_ports(view: View) -> Iterator[Hit]:
    """Yield a hit for each service that opens a port on every machine."""
    for service in view.of("Service"):
        if service.text("spec.type") == "NodePort":
            yield service.hit(f"{service.address} opens a port on every machine.", service.get("spec.type"))


def check_plain_ingress(view: View) -> Iterator[Hit]:
    """Yield a hit for each ingress with hosts and without a certificate for any of them."""
    for ingress in view.of("Ingress"):
        hosts = [text for host in ingress.all("spec.rules.host") if (text := plain(host))]
        elsewhere = any(
            "certificate" in name or "/ssl" in name for name, _ in entries(ingress.get("metadata.annotations"))
        )
        if hosts and ingress.lacks("spec.tls") and not elsewhere:
            yield ingress.hit(f"{ingress.address} serves {hosts[0]} without TLS.", ingress.get("spec.rules"))


def check_system_namespace(view: View) -> Iterator[Hit]:
    """Yield a hit for each workload that is put among those of the cluster itself."""
    for pods in pods_of(view):
        namespace, name = (pods.resource.get(f"metadata.{key}") for key in ("namespace", "name"))
        if text_of(namespace) == "kube-system" and not _OWN_OF_CLUSTER.fullmatch(text_of(name)):
            yield pods.resource.hit(f"{pods.resource.address} runs in kube-system.", namespace)


def check_admission(view: View) -> Iterator[Hit]:
    """Yield a hit for each namespace in which every pod is let in."""
    for namespace in view.of("Namespace"):
        for name, value in entries(namespace.get("metadata.labels")):
            if name == "pod-security.kubernetes.io/enforce" and text_of(value) == "privileged":
                yield namespace.hit(f"{namespace.address} admits every pod, privileged ones included.", value)


def _rule(
    number: int, severity: Severity, words: tuple[str, str, str], links: tuple[str, ...], *, hides: bool = False
) -> Rule:
    concept = _CONCEPTS[number - 1]
    return Rule(
        id=f"PLB_K8S_{number}",
        title=words[0],
        severity=severity,
        why=words[1],
        remedy=words[2],
        references=links,
        framework="kubernetes",
        supersedes=("CKV_SECRET_6",) if hides else (),
        check=on_resources(concept),
        concept=concept,
        hides=hides,
    )


_CONCEPTS = (
    check_config_secrets,
    check_secrets,
    check_selectors,
    check_open_ingress,
    check_open_egress,
    check_ingress_annotations,
    check_external_addresses,
    check_node_ports,
    check_plain_ingress,
    check_system_namespace,
    check_admission,
)
_SECRETS = "https://kubernetes.io/docs/concepts/security/secrets-good-practices/"
_POLICIES = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
_SERVICES = "https://kubernetes.io/docs/concepts/services-networking/service/"

RULES = (
    _rule(
        1,
        Severity.HIGH,
        (
            "ConfigMap holds a secret",
            "ConfigMaps are for what everybody may read: in the code, in the cluster, in its backups.",
            "Put it into a Secret that is made outside of the code (External Secrets, Sealed Secrets, SOPS), and "
            "replace the credential.",
        ),
        ("https://kubernetes.io/docs/concepts/configuration/configmap/", _SECRETS),
        hides=True,
    ),
    _rule(
        2,
        Severity.HIGH,
        (
            "Secret is written into the code",
            "Base64 hides nothing: everybody who can read the repository, now or later, has the credential.",
            "Let it be made in the cluster (External Secrets, Sealed Secrets, SOPS), and replace the credential.",
        ),
        (_SECRETS,),
        hides=True,
    ),
    _rule(
        3,
        Severity.MEDIUM,
        (
            "Network policy does not say which pods it is for",
            "It does not do what it seems to: it is refused, or speaks of other pods than was meant.",
            "Say podSelector: {} for all pods of the namespace, or the labels of those that are meant.",
        ),
        (_POLICIES,),
    ),
    _rule(
        4,
        Severity.MEDIUM,
        (
            "Network policy lets everybody in",
            "Once one policy allows everything, no other one can take it back.",
            "Name the pods, namespaces or addresses that may come in.",
        ),
        (_POLICIES,),
    ),
    _rule(
        5,
        Severity.LOW,
        (
            "Network policy lets everything out",
            "What runs in the pod by mistake can reach whatever it likes, and take data along.",
            "Name the ports, and the pods or addresses that are needed.",
        ),
        (_POLICIES,),
    ),
    _rule(
        6,
        Severity.HIGH,
        (
            "Annotation of ingress-nginx breaks out of its directive",
            "Older controllers copy it into their configuration: it can run code there, next to every secret of the "
            "cluster.",
            "Write a plain URL or name, and keep ingress-nginx at 1.12.1, 1.11.5 or newer.",
        ),
        (
            "https://kubernetes.io/blog/2025/03/24/ingress-nginx-cve-2025-1974/",
            "https://github.com/kubernetes/kubernetes/issues/131009",
        ),
    ),
    _rule(
        7,
        Severity.MEDIUM,
        (
            "Service takes addresses of its own choice",
            "Whoever may make such a service can take traffic of others that goes to these addresses (CVE-2020-8554).",
            "Use a service of the type LoadBalancer, which gets its address from the cluster.",
        ),
        ("https://github.com/kubernetes/kubernetes/issues/97076", f"{_SERVICES}#external-ips"),
    ),
    _rule(
        8,
        Severity.LOW,
        (
            "Service opens a port on every machine",
            "It is reached past ingress and load balancer, and past what they check.",
            "Use ClusterIP with an ingress or gateway in front.",
        ),
        (f"{_SERVICES}#type-nodeport",),
    ),
    _rule(
        9,
        Severity.LOW,
        (
            "Ingress has no TLS",
            "What is sent to it can be read and changed on the way, unless something in front of it speaks TLS.",
            "Name the hosts and a certificate under spec.tls.",
        ),
        ("https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",),
    ),
    _rule(
        10,
        Severity.LOW,
        (
            "Workload runs in kube-system",
            "Whoever gets into it is next to what runs the cluster, with its service accounts and secrets.",
            "Give it a namespace of its own.",
        ),
        ("https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",),
    ),
    _rule(
        11,
        Severity.MEDIUM,
        (
            "Namespace admits privileged pods",
            "Whoever may make pods in it can take over the machines.",
            "Enforce baseline, or restricted.",
        ),
        ("https://kubernetes.io/docs/concepts/security/pod-security-admission/",),
    ),
)
