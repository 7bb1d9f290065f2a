"""Variables, outputs and parameters that carry secrets and do not say so, and secrets in a function's environment.

Judges by names, and for outputs by what they refer to. What only names a secret (its ARN, id, path) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value, embedded_json
from reviewer.rules.resource import (
    Form,
    Resource,
    View,
    is_computed,
    is_null,
    is_true,
    on_resources,
    plain,
    read_documents,
)
from reviewer.rules.roots import hit
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.secret_words import is_credential, is_named, is_sure, snake
from reviewer.rules.terraform import Block, read_blocks

_ABOUT_IT = re.compile(
    r"\b(?:arn|name|path|id|ids|identifier|reference|length|whether|enable|kms|rotation)s?\b(?! ?/ ?password)", re.I
)
_IS_A_SWITCH = re.compile(
    r"(?:^|_)(?:allow|enable|disable|require|use|change|reset|rotate|manage|create|generate|random)_"
)
_SURE_TOO = re.compile(r"(?:^|_)(?:token|secret|credentials)$")


def check_variables(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every variable that takes a secret and is not sensitive, and every parameter without NoEcho."""
    for block in read_blocks(directory):
        if block.type == "variable" and block.labels and _takes_a_secret(block):
            message = f"{block.address} takes a secret and is not sensitive: plans and logs print it."
            yield hit(block.path, block.value, block.address, message)
    for path, document in read_documents(directory):
        parameters = document.get("Parameters")
        for name, parameter in parameters.entries if parameters and document.get("Resources") else ():
            if _is_shown(name, parameter):
                yield hit(path, parameter, name, f"The parameter {name} takes a secret and has no NoEcho: true.")


def _takes_a_secret(block: Block) -> bool:
    value, name = block.value, block.labels[0]
    named = (is_sure(name) or _SURE_TOO.search(snake(name))) and not _IS_A_SWITCH.search(snake(name))
    if not named or _says_otherwise(value.get("description"), name):
        return False
    type_ = value.get("type")
    if type_ is not None and type_.text.strip('"') not in ("string", "any", ""):
        return False
    return all(value.get(mark) is None for mark in ("sensitive", "ephemeral")) and _may_hold_one(value.get("default"))


def _may_hold_one(default: Value | None) -> bool:
    text = plain(default)
    return default is None or is_null(default) or not text or is_credential("password", text)


def _says_otherwise(description: Value | None, name: str) -> bool:
    """Whether a description calls it the name or the ARN of a secret rather than the secret."""
    text = (plain(description) or "")[:500]
    return not is_sure(name) and _ABOUT_IT.search(text) is not None


def _is_shown(name: str, parameter: Value) -> bool:
    if not is_sure(name) or _IS_A_SWITCH.search(snake(name)) or parameter.kind is not Kind.MAP:
        return False
    if parameter.get("NoEcho") is not None or parameter.get("AllowedValues") is not None:
        return False
    type_, text = plain(parameter.get("Type")), plain(parameter.get("Default")) or ""
    return type_ == "String" and not text.startswith(("{{resolve:", "/", "arn:"))


_SECRET_ATTRIBUTES = re.compile(
    r"\b(?:random_password\.[\w-]+(?:\[[^\]]*\])?\.(?:result|bcrypt_hash)|aws_iam_access_key\.[\w-]+(?:\[[^\]]*\])?"
    r"\.(?:secret|ses_smtp_password_v4)|[a-z]+_\w+\.[\w-]+(?:\[[^\]]*\])?\.(?:\w*password|private_key(?:_pem|_openssh)?"
    r"|client_secret|primary_access_key|secondary_access_key|\w*connection_string|secret_string|kube_config_raw"
    r"|kube_admin_config_raw|primary_key|secret_key|auth_token))\b"
)


_PUBLIC_PART = re.compile(r"encrypted|_key_id\b")


def check_outputs(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every output that shows a secret, of Terraform and of a template."""
    for block in read_blocks(directory):
        value = block.value.get("value") if block.type == "output" else None
        if (
            value is None
            or (block.value.get("sensitive") and not _uncovers(value))
            or is_true(block.value.get("ephemeral"))
        ):
            continue
        if _shows(block.labels[0] if block.labels else "", value):
            message = f"{block.address} shows a secret and is not sensitive."
            yield hit(block.path, block.value, block.address, message, value)
    for path, document in read_documents(directory):
        hidden = _hidden_parameters(document)
        outputs = document.get("Outputs")
        for name, output in outputs.entries if outputs else ():
            shown = output.get("Value")
            if shown and any(_refers(item, hidden) for item in shown.walk()):
                yield hit(path, output, name, f"The output {name} shows a parameter that is NoEcho.", shown)


def _uncovers(value: Value) -> bool:
    return "nonsensitive(" in value.text


def _shows(name: str, value: Value) -> bool:
    if not is_computed(value):
        return False
    text = value.text[:5_000]
    if _SECRET_ATTRIBUTES.search(text):
        return "sha256(" not in text and "length(" not in text
    referred = re.fullmatch(r"(?:\$\{\s*)?(?:nonsensitive\()?([\w.*\[\]\"-]+)\)?(?:\s*\})?", text)
    last = referred[1].rpartition(".")[2] if referred else ""
    return is_sure(name) and bool(last) and is_named(last) and not _PUBLIC_PART.search(f"{snake(name)} {snake(last)}")


def _hidden_parameters(document: Value) -> frozenset[str]:
    parameters = document.get("Parameters")
    entries = parameters.entries if parameters else ()
    return frozenset(name for name, parameter in entries if is_true(parameter.get("NoEcho")))


def _refers(value: Value, names: frozenset[str]) -> bool:
    reference = value.get("Ref")
    if reference is not None and reference.text in names:
        return True
    return value.kind is Kind.TEXT and any(f"${{{name}}}" in value.text for name in names)


_ENVIRONMENTS = {
    "aws_lambda_function": ("environment.variables",),
    "AWS::Lambda::Function": ("Environment.Variables",),
    "AWS::Serverless::Function": ("Environment.Variables",),
    "aws_ecs_task_definition": ("container_definitions",),
    "AWS::ECS::TaskDefinition": ("ContainerDefinitions.Environment",),
    "aws_batch_job_definition": ("container_properties",),
    "AWS::Batch::JobDefinition": ("ContainerProperties.Environment",),
    "aws_codebuild_project": ("environment.environment_variable",),
    "AWS::CodeBuild::Project": ("Environment.EnvironmentVariables",),
    "aws_apprunner_service": (
        "source_configuration.image_repository.image_configuration.runtime_environment_variables",
    ),
    "aws_amplify_app": ("environment_variables",),
    "aws_elastic_beanstalk_environment": ("setting",),
    "google_cloudfunctions_function": ("environment_variables",),
    "google_cloudfunctions2_function": ("service_config.environment_variables",),
    "google_cloud_run_service": ("template.spec.containers.env",),
    "google_cloud_run_v2_service": ("template.containers.env",),
    "google_cloud_run_v2_job": ("template.template.containers.env",),
    "azurerm_container_group": ("container.environment_variables",),
    "azurerm_container_app": ("template.container.env",),
    "azurerm_linux_function_app": ("app_settings",),
    "azurerm_windows_function_app": ("app_settings",),
    "azurerm_linux_web_app": ("app_settings",),
    "azurerm_windows_web_app": ("app_settings",),
}
"""Where functions and tasks have their environment: maps, lists of name and value, or JSON with such lists in it."""


def environment_secrets(view: View) -> Iterator[Hit]:
    """Yield a hit for every function or task that is given a secret as a plain environment variable."""
    for type_, paths in _ENVIRONMENTS.items():
        for resource in view.of(type_):
            found = {name: value for path in paths for at in resource.all(path) for name, value in _variables(at)}
            given = {name: value for name, value in found.items() if _is_secret(resource, name, value)}
            for name, value in given.items():
                message = f"{resource.address} gets {name[:80]} as a plain environment variable."
                yield resource.hit(message, value)


def _variables(value: Value) -> Iterator[tuple[str, Value]]:
    """Yield the variables of an environment. Only under `environment` where the value is a whole container."""
    document = embedded_json(value) if value.kind in (Kind.TEXT, Kind.TEMPLATE) else None
    for item in (document or value).items():
        name, inner = plain(item.get("name", "Name")), item.get("value", "Value")
        for key, entry in item.entries:
            if key in ("environment", "Environment", "Variables"):
                yield from _variables(entry)
            elif inner is None and entry.kind is not Kind.LIST:
                yield key, entry
        if name and inner is not None and plain(item.get("type", "Type")) not in ("PARAMETER_STORE", "SECRETS_MANAGER"):
            yield name, inner


_NAMES_IT = re.compile(
    r"\.(?:arn|id|name|path|secret_id|key_vault_id|versionless_id|version|url|endpoint)\W*$|SecretUri=|KeyVault"
)


def _is_secret(resource: Resource, name: str, value: Value) -> bool:
    """Whether a variable surely holds a secret that is not written down: a literal is another rule's."""
    if not is_sure(name) or snake(name).endswith("key_id"):
        return False
    if resource.form is Form.CLOUDFORMATION:
        referred = value.get("Ref")
        return value.text.startswith("{{resolve:secretsmanager") or (referred is not None and is_sure(referred.text))
    return is_computed(value) and not (_NAMES_IT.search(value.text) or "KeyVault" in value.text)


RULES = (
    Rule(
        id="PLB_SECRET_3",
        title="Input takes a secret and is not marked as sensitive",
        severity=Severity.MEDIUM,
        why="Its value is printed in plans, logs and comments on pull requests (in a stack's parameters for "
        "CloudFormation), where many more people read than may know the secret.",
        remedy="Set sensitive = true, or ephemeral = true where the value need not be stored; NoEcho: true in "
        "CloudFormation.",
        references=(
            "https://developer.hashicorp.com/terraform/language/values/variables#suppressing-values-in-cli-output",
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html",
        ),
        check=check_variables,
    ),
    Rule(
        id="PLB_SECRET_4",
        title="Output shows a secret",
        severity=Severity.MEDIUM,
        why="Outputs are printed after every run, stay in state, and can be read by every root that reads this state.",
        remedy="Remove the output and let who needs the secret read it from the secret store; at least set "
        "sensitive = true.",
        references=("https://developer.hashicorp.com/terraform/language/values/outputs",),
        check=check_outputs,
    ),
    Rule(
        id="PLB_SECRET_7",
        title="Secret in the environment of a function or task",
        severity=Severity.MEDIUM,
        why="Whoever may look at the function's configuration reads the secret, and so does everything that the "
        "function starts or logs. It also stands in state.",
        remedy="Pass where the secret lies and read it at start: secrets (valueFrom) of ECS, Secrets Manager or the "
        "Parameter Store for Lambda, secret_key_ref of Cloud Run, a Key Vault reference in Azure.",
        references=(
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
            "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar.html",
        ),
        check=on_resources(environment_secrets),
        concept=environment_secrets,
    ),
)
