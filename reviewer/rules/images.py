"""Container images that Terraform and CloudFormation start, by a tag that can mean another image tomorrow.

Kubernetes manifests and Dockerfiles have rules of others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value, embedded_json
from reviewer.rules.resource import View, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_IMAGES = {
    "aws_ecs_task_definition": "container_definitions",
    "AWS::ECS::TaskDefinition": "ContainerDefinitions",
    "aws_batch_job_definition": "container_properties",
    "AWS::Batch::JobDefinition": "ContainerProperties",
    "aws_lambda_function": "",
    "AWS::Lambda::Function": "Code",
    "AWS::Serverless::Function": "",
    "aws_apprunner_service": "source_configuration.image_repository",
    "AWS::AppRunner::Service": "SourceConfiguration.ImageRepository",
    "aws_sagemaker_model": "primary_container",
    "AWS::SageMaker::Model": "PrimaryContainer",
    "google_cloud_run_service": "template.spec.containers",
    "google_cloud_run_v2_service": "template.containers",
    "google_cloud_run_v2_job": "template.template.containers",
    "azurerm_container_group": "container",
    "azurerm_container_app": "template.container",
    "docker_container": "",
}
"""Type -> where the containers stand; the image is one of _KEYS there."""

_KEYS = ("image", "Image", "image_uri", "ImageUri", "image_identifier", "ImageIdentifier")
_MOVING_TAGS = "latest main master develop dev stable edge nightly canary head test staging prod production"
_MOVING = frozenset(_MOVING_TAGS.split())
_IMAGE = re.compile(r"^(?:[\w.-]+(?::\d+)?/)*[\w.-]+(?::(?P<tag>[\w.-]+))?$")


def moving_images(view: View) -> Iterator[Hit]:
    """Yield a hit for every image that is named without a tag, or by one that is moved along."""
    for type_, path in _IMAGES.items():
        for resource in view.of(type_):
            for value in resource.all(path) if path else (resource.value,):
                for image in _images(value):
                    if problem := _problem(image):
                        message = f"{resource.address} starts the image {(plain(image) or '')[:100]}, {problem}."
                        yield resource.hit(message, image)


def _images(value: Value) -> Iterator[Value]:
    document = embedded_json(value) if value.kind in (Kind.TEXT, Kind.TEMPLATE) else None
    for item in (document or value).items():
        if image := item.get(*_KEYS):
            yield image


def _problem(image: Value) -> str:
    text = plain(image)
    match = _IMAGE.match(text[:300]) if text else None
    if match is None or (text or "").startswith("sha256"):
        return ""
    tag = match["tag"]
    if tag is None:
        return "which has no tag"
    return f"whose tag {tag[:40]} moves" if tag.lower() in _MOVING else ""


RULES = (
    Rule(
        id="PLB_IMAGE_1",
        title="Container image by a tag that moves",
        severity=Severity.LOW,
        why="What starts tomorrow need not be what was reviewed and tested today, and two machines may run two images "
        "under one name.",
        remedy="Name the digest (image@sha256:...), or at least a version that is never moved.",
        references=("https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",),
        check=on_resources(moving_images),
        concept=moving_images,
    ),
)
