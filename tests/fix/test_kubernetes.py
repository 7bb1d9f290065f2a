"""Edits of manifests: the right manifest, the right containers, and no edit of what is not the source."""

from __future__ import annotations

import pytest
import yaml

from reviewer.fix import kubernetes
from reviewer.fix.editing import CannotEdit
from tests.fix.editors import edited, finding, outcome, recipe, values

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    metadata:
      labels:
        app: web
    spec:
      initContainers:
        - name: migrate
          image: web
      containers:
        - name: web  # the server
          image: web
        - name: proxy
          image: proxy
          securityContext: {privileged: true}
---
apiVersion: v1
kind: Service
metadata:
  name: web
"""
WEB = finding("kubernetes", "web.yaml", "Deployment.shop.web", (1, 20))
HARDEN = {"at": "container", "set": {"securityContext": {"privileged": False}}}


def test_every_container_that_lacks_it_is_edited_and_no_other_line() -> None:
    new = edited(kubernetes, DEPLOYMENT, WEB, recipe(HARDEN))
    added = "          securityContext:\n            privileged: false\n"
    wanted = DEPLOYMENT.replace("          image: web\n", f"          image: web\n{added}")
    assert new == wanted.replace("privileged: true", "privileged: false")


def test_probes_are_not_given_to_init_containers() -> None:
    probe = {"at": "container", "set": {"livenessProbe": {"tcpSocket": {"port": 80}}}}
    new = edited(kubernetes, DEPLOYMENT, WEB, recipe(probe, rule="CKV_K8S_8"))
    spec = next(yaml.safe_load_all(new))["spec"]["template"]["spec"]
    assert ["livenessProbe" in container for container in spec["initContainers"]] == [False]
    assert all("livenessProbe" in container for container in spec["containers"])


def test_when_is_asked_of_each_container_before_anything_is_changed() -> None:
    edit = {"at": "container", "remove": ["image"], "set": {"tty": False}}
    new = edited(kubernetes, DEPLOYMENT, WEB, recipe(edit, when={"name": ("proxy",)}))
    containers = next(yaml.safe_load_all(new))["spec"]["template"]["spec"]["containers"]
    privileged = {"privileged": True}
    assert containers == [
        {"name": "web", "image": "web"},
        {"name": "proxy", "securityContext": privileged, "tty": False},
    ]


ESCALATION = recipe(
    {"at": "container", "set": {"securityContext": {"allowPrivilegeEscalation": False}}},
    when={"securityContext.privileged": (False, None)},
)


def test_an_edit_that_leaves_a_container_out_that_needs_it_too_is_not_made() -> None:
    with pytest.raises(CannotEdit, match="Not all containers of deployment/web"):
        edited(kubernetes, DEPLOYMENT, WEB, ESCALATION)


def test_a_container_that_needs_no_edit_may_be_as_it_is() -> None:
    text = DEPLOYMENT.replace("{privileged: true}", "{privileged: true, allowPrivilegeEscalation: false}")
    new = edited(kubernetes, text, WEB, ESCALATION)
    assert new.count("allowPrivilegeEscalation: false") == 3


def test_an_edit_without_conditions_covers_init_containers_and_containers_alike() -> None:
    edit = {
        "at": "container",
        "replace": [{"at": "securityContext.privileged", "old": [True], "new": False}],
        "set": {"securityContext": {"allowPrivilegeEscalation": False}},
    }
    privileged = "          image: web\n          securityContext: {privileged: true}\n      containers:"
    text = DEPLOYMENT.replace("          image: web\n      containers:", privileged)
    new = next(yaml.safe_load_all(edited(kubernetes, text, WEB, recipe(edit))))["spec"]["template"]["spec"]
    without = {"allowPrivilegeEscalation": False}
    assert [container["securityContext"] for container in new["initContainers"] + new["containers"]] == [
        {"privileged": False} | without,
        without,
        {"privileged": False} | without,
    ]


def test_a_container_is_known_by_what_its_command_contains() -> None:
    text = (
        "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        "  - name: server\n    command:\n    - kube-apiserver\n    - --secure-port=6443\n"
        "  - name: kube-apiserver\n    command: [sh]\n"
    )
    row = recipe(
        {"at": "container", "include": {"command": ["--profiling=false"]}},
        when={"command": ({"contains": "kube-apiserver"},)},
    )
    found = finding("kubernetes", "a.yaml", "Pod.default.a")
    port = "    - --secure-port=6443\n"
    assert edited(kubernetes, text, found, row) == text.replace(port, f"{port}    - --profiling=false\n")
    files = {"a.yaml": text.replace("- kube-apiserver", "- other").encode()}
    assert not kubernetes.matches(files, kubernetes.locate(files, found), row)


def test_a_condition_on_all_containers_must_hold_for_all() -> None:
    row = recipe({"at": "pod", "set": {"hostPID": False}}, when={"containers.tty": (None, True)})
    pod = "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - tty: true\n  - tty: %s\n  - name: c\n"
    found = finding("kubernetes", "a.yaml", "Pod.default.a")
    for other, holds in (("true", True), ("false", False)):
        files = {"a.yaml": (pod % other).encode()}
        assert kubernetes.matches(files, kubernetes.locate(files, found), row) == holds


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Pod", "spec"),
        ("Deployment", "spec.template.spec"),
        ("StatefulSet", "spec.template.spec"),
        ("DaemonSet", "spec.template.spec"),
        ("Job", "spec.template.spec"),
        ("CronJob", "spec.jobTemplate.spec.template.spec"),
        ("PodTemplate", "template.spec"),
    ],
)
def test_the_spec_of_a_pod_is_found_in_every_kind(kind: str, path: str) -> None:
    manifest: dict[str, object] = {"containers": []}
    for key in reversed(path.split(".")):
        manifest = {key: manifest}
    text = yaml.safe_dump({"kind": kind, "metadata": {"name": "a"}} | manifest)
    edit = {"at": "pod", "set": {"hostPID": False}}
    new = edited(kubernetes, text, finding("kubernetes", "a.yaml", f"{kind}.default.a"), recipe(edit))
    found = yaml.safe_load(new)
    for key in path.split("."):
        found = found[key]
    assert found == {"containers": [], "hostPID": False}


def test_the_manifest_of_the_finding_is_edited_not_its_namesake() -> None:
    text = "kind: Pod\nmetadata: {name: a}\nspec: {x: 1}\n---\nkind: Pod\nmetadata: {name: a}\nspec: {x: 1}\n"
    edit = recipe({"at": "pod", "set": {"x": 2}})
    new = edited(kubernetes, text, finding("kubernetes", "a.yaml", "Pod.default.a", (5, 7)), edit)
    assert new == text[:-3] + "2}\n"
    assert [document["spec"]["x"] for document in yaml.safe_load_all(new)] == [1, 2]


def test_items_of_a_list_are_manifests() -> None:
    item = "- kind: Pod\n  metadata: {name: %s}\n  spec: {x: 1}\n"
    text = "kind: List\nitems:\n" + item % "a" + item % "b"
    edit = recipe({"at": "pod", "set": {"x": 2}})
    new = edited(kubernetes, text, finding("kubernetes", "a.yaml", "Pod.default.b", (6, 9)), edit)
    assert new == text[: text.rindex("x: 1")] + "x: 2}\n"


def test_a_place_survives_documents_that_come_before_it() -> None:
    files = {"web.yaml": DEPLOYMENT.encode()}
    place = kubernetes.locate(files, WEB)
    moved = {"web.yaml": b"kind: Namespace\nmetadata: {name: shop}\n---\n" + files["web.yaml"]}
    made = kubernetes.edit(moved, place, recipe({"set": {"spec": {"paused": True}}}), values())
    assert [
        d["spec"].get("paused") for d in yaml.safe_load_all(made.files["web.yaml"]) if d["kind"] == "Deployment"
    ] == [True]


def test_another_manifest_is_added_after_this_one_once() -> None:
    add = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{name}}-x\n  namespace: {{namespace}}\ndata: {{labels}}\n"
    )
    new = edited(kubernetes, DEPLOYMENT, WEB, recipe({"add": add}))
    documents = list(yaml.safe_load_all(new))
    assert [document["kind"] for document in documents] == ["Deployment", "ConfigMap", "Service"]
    assert documents[1]["data"] == {"app": "web"}
    assert (
        new.replace(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-x\n  namespace: shop\ndata: {app: web}\n", ""
        )
        == DEPLOYMENT
    )


def test_a_name_that_is_none_is_not_put_into_another_manifest() -> None:
    text = 'kind: Pod\nmetadata:\n  name: "a\\nkind: Secret"\n'
    row = recipe({"add": "kind: ConfigMap\nmetadata:\n  name: {{name}}\n"})
    with pytest.raises(CannotEdit, match="do not fit"):
        edited(kubernetes, text, finding("kubernetes", "a.yaml", "Pod.default.a"), row)


@pytest.mark.parametrize("framework", ["helm", "kustomize"])
def test_what_was_rendered_is_not_the_source(framework: str) -> None:
    with pytest.raises(CannotEdit, match="makes of its sources"):
        kubernetes.locate({"web.yaml": DEPLOYMENT.encode()}, finding(framework, "web.yaml", "Deployment.shop.web"))


def test_a_template_is_not_edited() -> None:
    text = DEPLOYMENT.replace("image: proxy", 'image: "{{ .Values.image }}"')
    with pytest.raises(CannotEdit, match="is a template"):
        kubernetes.locate({"web.yaml": text.encode()}, WEB)


def test_containers_that_come_from_an_anchor_are_not_edited() -> None:
    text = DEPLOYMENT.replace("        - name: web  # the server\n          image: web\n", "        - *c\n")
    text = text.replace("        - name: migrate\n          image: web\n", "        - &c\n          name: migrate\n")
    with pytest.raises(CannotEdit, match=r"comes from the anchor `&c` on line 13"):
        edited(kubernetes, text, WEB, recipe(HARDEN))


def test_a_choice_needs_a_value_of_the_policy() -> None:
    limit = recipe({"at": "container", "default": {"resources": {"limits": {"memory": "choice.memory_limit"}}}})
    with pytest.raises(CannotEdit, match="no value for `memory_limit`"):
        outcome(kubernetes, DEPLOYMENT, WEB, limit, values(memory_limit="string"))
    made = outcome(kubernetes, DEPLOYMENT, WEB, limit, values({"memory_limit": "256Mi"}, memory_limit="string"))
    assert made.files["web.yaml"].count(b"memory: 256Mi") == 3
    assert made.inputs == ()
