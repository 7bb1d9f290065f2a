"""What is written for Terraform's Kubernetes provider is held to the rules about manifests."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.rules import Directory, run_rules
from reviewer.rules.documents import Kind
from reviewer.rules.resource import View, read_view


def _view(source: str, path: str = "main.tf") -> View:
    return read_view(Directory(path="", files={path: source.encode()}))


def _found(source: str, path: str = "main.tf") -> set[tuple[str, int, str]]:
    findings = run_rules(Directory(path="", files={path: source.encode()}))
    return {(finding.rule, finding.span.start_line, finding.resource) for finding in findings}


POD = """resource "kubernetes_deployment_v1" "shop" {
  metadata {
    name      = "shop"
    namespace = "shop"
    labels    = { some_label = "kept_as_it_is" }
  }
  spec {
    template {
      metadata {
        labels = { app = "shop" }
      }
      spec {
        container {
          name  = "shop"
          image = "shop@sha256:1"
          env {
            name  = "DB_PASSWORD"
            value = "correct-horse-42x"
          }
          volume_mount {
            name       = "machine"
            mount_path = "/machine"
          }
        }
        volume {
          name = "machine"
          host_path {
            path = "/etc"
          }
        }
      }
    }
  }
}
"""


def test_a_deployment_has_the_shape_of_its_manifest_and_the_address_and_lines_of_terraform():
    (deployment,) = _view(POD).of("Deployment")
    assert deployment.address == "kubernetes_deployment_v1.shop"
    container = deployment.get("spec.template.spec.containers.volumeMounts.mountPath")
    assert container is not None and (container.text, container.line) == ("/machine", 22)
    assert deployment.text("spec.template.spec.volumes.hostPath.path") == "/etc"
    assert deployment.text("metadata.labels.some_label") == "kept_as_it_is"
    assert deployment.get("spec").kind is Kind.MAP
    assert len(_view(POD).of("kubernetes_deployment_v1")) == 1


def test_a_rule_about_pods_speaks_of_both_and_a_password_is_told_once():
    found = _found(POD)
    assert ("PLB_POD_1", 28, "kubernetes_deployment_v1.shop") in found
    assert len([rule for rule, line, _ in found if line == 18]) == 1


def test_a_manifest_in_terraform_is_read_as_it_is():
    source = 'resource "kubernetes_manifest" "open" {\n  manifest = {\n    apiVersion = "networking.k8s.io/v1"\n'
    source += '    kind = "NetworkPolicy"\n    metadata = { name = "open", namespace = "shop" }\n    spec = {\n'
    source += (
        '      podSelector = {}\n      ingress = [{ from = [{ ipBlock = { cidr = "0.0.0.0/0" } }] }]\n    }\n  }\n}\n'
    )
    assert ("PLB_K8S_4", 8, "kubernetes_manifest.open") in _found(source)


def test_a_network_policy_in_json_is_read_and_a_variable_is_no_finding():
    source = (
        '{"resource": {"kubernetes_network_policy": {"open": {"metadata": [{"name": "open", "namespace": "shop"}],\n'
    )
    source += '"spec": [{"pod_selector": [{}], "ingress": [{"from": [{"ip_block": [{"cidr": "CIDR"}]}]}]}]}}}}\n'
    assert {rule for rule, _, _ in _found(source.replace("CIDR", "0.0.0.0/0"), "main.tf.json")} == {"PLB_K8S_4"}
    assert _found(source.replace("CIDR", "${var.cidr}"), "main.tf.json") == set()


def test_what_is_dynamic_or_no_block_does_not_break_the_shape():
    source = 'resource "kubernetes_pod" "p" {\n  spec {\n    dynamic "container" {\n      for_each = var.c\n'
    source += '      content {\n        name = "x"\n      }\n    }\n    volume = "none"\n  }\n}\n'
    source += 'resource "kubernetes_role" "r" {\n  rule = 3\n}\n'
    view = _view(source)
    assert [resource.type for resource in view.of("Pod", "Role")] == ["Pod", "Role"]
    assert "PLB_POD_1" not in {rule for rule, _, _ in _found(source)}


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet='{}[]"=\n spec_container_host_path', max_size=200))
def test_no_content_makes_the_shape_fail(content):
    _found(f'resource "kubernetes_pod" "p" {{\n{content}\n}}\n')
