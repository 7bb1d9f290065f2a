"""Encryption, logging, keys and secrets."""

from __future__ import annotations

from reviewer.model import PlanAction, Severity
from reviewer.tfplan.model import OutputChange
from tests.rules.plan.builders import bad, change, good, kept, view

HIDDEN = "(sensitive value)"


def output(name, after=None, **more):
    return OutputChange(name=name, action=more.pop("action", PlanAction.CREATE), after=after, **more)


CRYPT = (
    bad(
        "PLB_PLAN_CRYPT_1",
        "a database",
        change(
            "aws_db_instance.a",
            {"storage_encrypted": True, "kms_key_id": "arn:key"},
            {"storage_encrypted": False, "kms_key_id": None},
            action=PlanAction.UPDATE,
        ),
        "storage_encrypted of ",
        "goes from true to false",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_CRYPT_1",
        "a machine's disk",
        change(
            "aws_instance.a", {"root_block_device": [{"encrypted": True}]}, {"root_block_device": [{"encrypted": None}]}
        ),
        "root_block_device.encrypted of ",
        "goes from true to false",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_CRYPT_1",
        "the key",
        change("aws_sns_topic.a", {"kms_master_key_id": "alias/x"}, {"kms_master_key_id": None}),
        "no longer has kms_master_key_id",
    ),
    bad(
        "PLB_PLAN_CRYPT_1",
        "what stands beside the bucket",
        view(
            change("aws_s3_bucket_server_side_encryption_configuration.a", {"bucket": "orders"}),
            kept("aws_s3_bucket.a", {"bucket": "orders"}),
        ),
        "is deleted while what it encrypts stays",
    ),
    bad(
        "PLB_PLAN_CRYPT_1",
        "a listener",
        change("aws_lb_listener.a", {"protocol": "HTTPS", "port": 443}, {"protocol": "HTTP", "port": 80}),
        "protocol of ",
        "goes from HTTPS to HTTP",
    ),
    good(
        "PLB_PLAN_CRYPT_1", "created, as Checkov says", change("aws_db_instance.a", None, {"storage_encrypted": False})
    ),
    good(
        "PLB_PLAN_CRYPT_1",
        "another key",
        change("aws_sns_topic.a", {"kms_master_key_id": "alias/x"}, {"kms_master_key_id": "alias/y"}),
    ),
    good(
        "PLB_PLAN_CRYPT_1",
        "a key that is not known yet",
        change("aws_sns_topic.a", {"kms_master_key_id": "alias/x"}, {}, after_unknown={"kms_master_key_id": True}),
    ),
    good(
        "PLB_PLAN_CRYPT_1",
        "never on",
        change("aws_instance.a", {"root_block_device": []}, {"root_block_device": [{"encrypted": False}]}),
    ),
)

LOG = (
    bad(
        "PLB_PLAN_LOG_1",
        "the trail",
        change("aws_cloudtrail.a", {"enable_logging": None}, {"enable_logging": False}),
        "enable_logging of ",
        "goes from true to false",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_LOG_1",
        "the trail is deleted",
        change("aws_cloudtrail.a", {"name": "all"}),
        "what it recorded is not recorded any more",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_LOG_1",
        "a block",
        change("aws_cloudfront_distribution.a", {"logging_config": [{"bucket": "b"}]}, {"logging_config": []}),
        "is no longer logged, for logging_config goes",
        severity=Severity.LOW,
    ),
    bad(
        "PLB_PLAN_LOG_1",
        "one of the logs",
        change(
            "aws_eks_cluster.a",
            {"enabled_cluster_log_types": ["api", "audit"]},
            {"enabled_cluster_log_types": ["api"]},
        ),
        "no longer logs audit",
    ),
    good(
        "PLB_PLAN_LOG_1", "switched on", change("aws_cloudtrail.a", {"enable_logging": False}, {"enable_logging": True})
    ),
    good(
        "PLB_PLAN_LOG_1",
        "a flow log goes with its network",
        view(change("aws_flow_log.a", {"vpc_id": "vpc-1"}), change("aws_vpc.a", {"id": "vpc-1"})),
    ),
    good(
        "PLB_PLAN_LOG_1",
        "a flow log goes with its network, and nothing says which",
        view(
            change("module.net.aws_flow_log.a", {}),
            change("module.net.aws_vpc.a", {}),
        ),
    ),
)

KEYS = (
    bad(
        "PLB_PLAN_KEY_1",
        "a key",
        change("aws_kms_key.a", {"deletion_window_in_days": None}, {"deletion_window_in_days": 7}),
        "deletion_window_in_days of ",
        "goes from 30 to 7 days",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_KEY_1",
        "a secret, at once",
        change("aws_secretsmanager_secret.a", {"recovery_window_in_days": 30}, {"recovery_window_in_days": 0}),
        "recovery_window_in_days of ",
        "goes from 30 to 0 days",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_KEY_1",
        "in Google Cloud, in seconds",
        change(
            "google_kms_crypto_key.a",
            {"destroy_scheduled_duration": "2592000s"},
            {"destroy_scheduled_duration": "86400s"},
        ),
        "goes from 30 to 1 days",
    ),
    good(
        "PLB_PLAN_KEY_1",
        "longer",
        change("aws_kms_key.a", {"deletion_window_in_days": 7}, {"deletion_window_in_days": 30}),
    ),
    good(
        "PLB_PLAN_KEY_1",
        "shorter, and still long",
        change("azurerm_key_vault.a", {"soft_delete_retention_days": 90}, {"soft_delete_retention_days": 60}),
    ),
    bad(
        "PLB_PLAN_KEY_2",
        "in AWS",
        change("aws_kms_key.a", {"is_enabled": True}, {"is_enabled": False}),
        "is_enabled of ",
        "goes from true to false",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_KEY_2",
        "in Google Cloud",
        change("google_kms_crypto_key_version.a", {"state": "ENABLED"}, {"state": "DISABLED"}),
        "state of ",
        "goes from ENABLED to DISABLED",
    ),
    good("PLB_PLAN_KEY_2", "enabled", change("aws_kms_key.a", {"is_enabled": False}, {"is_enabled": True})),
    good("PLB_PLAN_KEY_2", "described", change("aws_kms_key.a", {"description": "a"}, {"description": "b"})),
)

SECRETS = (
    bad(
        "PLB_PLAN_SECRET_1",
        "in the environment of a function",
        change(
            "aws_lambda_function.a", None, {"environment": [{"variables": {"STRIPE_TOKEN": HIDDEN, "REGION": "eu"}}]}
        ),
        "what looks like a secret in environment[0].variables.STRIPE_TOKEN",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_SECRET_1",
        "inside a text, added",
        change(
            "aws_ecs_task_definition.a",
            {"container_definitions": "[]"},
            {"container_definitions": '[{"environment": [{"name": "KEY", "value": "(sensitive value)"}]}]'},
        ),
        "in container_definitions",
    ),
    good(
        "PLB_PLAN_SECRET_1",
        "marked",
        change("aws_db_instance.a", None, {"password": HIDDEN}, after_sensitive={"password": True}),
    ),
    good(
        "PLB_PLAN_SECRET_1",
        "marked as a whole",
        change(
            "aws_lambda_function.a",
            None,
            {"environment": [{"variables": {"A": HIDDEN}}]},
            after_sensitive={"environment": [{"variables": True}]},
        ),
    ),
    good(
        "PLB_PLAN_SECRET_1",
        "there before",
        change("null_resource.a", {"triggers": {"t": HIDDEN}}, {"triggers": {"t": HIDDEN, "u": "v"}}),
    ),
    good("PLB_PLAN_SECRET_1", "a script", change("aws_instance.a", None, {"user_data": HIDDEN})),
    bad(
        "PLB_PLAN_SECRET_2",
        "by its value",
        view(outputs=(output("login", {"user": "a", "pass": HIDDEN}),)),
        "output.login is not marked as sensitive, and its value looks like a secret",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_SECRET_2",
        "by its name",
        view(outputs=(output("db_password", unknown=True),)),
        "output.db_password is not marked as sensitive, and its name says that it is a secret",
    ),
    good("PLB_PLAN_SECRET_2", "marked", view(outputs=(output("db_password", HIDDEN, sensitive=True),))),
    good("PLB_PLAN_SECRET_2", "where a secret is", view(outputs=(output("api_secret", "arn:aws:secretsmanager:x"),))),
    good("PLB_PLAN_SECRET_2", "as it was", view(outputs=(output("token", "x", action=PlanAction.NO_OP),))),
    good("PLB_PLAN_SECRET_2", "a name", view(outputs=(output("secret_name", "x"),))),
)

EXAMPLES = (*CRYPT, *LOG, *KEYS, *SECRETS)
