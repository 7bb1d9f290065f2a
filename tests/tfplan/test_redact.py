from __future__ import annotations

import copy
import json
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.read import read
from reviewer.tfplan.redact import redact
from reviewer.tfplan.secret_names import SENSITIVE, is_public, is_secret
from tests.tfplan.documents import entry, plan, recorded

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ8PLEKEY0"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "secretsmanager:GetSecretValue", "iam:CreateAccessKey"],
                "Resource": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/infra:*"}},
            }
        ],
    }
)


def values(document, address):
    (found,) = [one for one in document["resource_changes"] if one["address"] == address]
    return found["change"]["after"]


def test_nothing_sensitive_is_left_of_a_plan_of_the_real_terraform():
    for name in ("base", "head", "change"):
        text = json.dumps(redact(recorded(name)))
        for secret in ("hunter2secret", "constant-of-call", "default-of-module"):
            assert secret in json.dumps(recorded(name))
            assert secret not in text


def test_what_a_review_needs_stays_readable():
    readable = {
        "policy": POLICY,
        "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/50dc6c495c0c9188",
        "secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
        "owner_id": "123456789012",
        "cidr_blocks": ["0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32"],
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/app@sha256:" + "0a1b2c3d" * 8,
        "image_uri": "ghcr.io/acme/app:" + "9f8e7d6c5b" * 4,
        "source_code_hash": "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A+4XSmaGSpEc=",
        "thumbprint_list": ["6938fd4d98bab03faadb97b34396831e3780aea1"],
        "subnet_id": "subnet-0123456789abcdef0",
        "kms_key_id": "alias/aws/s3",
        "metadata_options": [{"http_tokens": "required", "http_endpoint": "enabled"}],
        "authorization": "NONE",
        "manage_master_user_password": True,
        "password_policy": [{"minimum_length": 14, "require_symbols": True}],
        "acl": "public-read",
        "id": "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg/providers/Microsoft.Web/sites/a",
        "public_key": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQD3F6tyPEFEzV0LX3X8BsXdMsQz1x2cEikKDEY0aIj41qgxMCP",
    }
    document = plan(entry("aws_x.y", after=readable))
    assert redact(document) == document


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2"),
        ("master_password", "admin"),
        ("password_wo", "x"),
        ("db_passwd", "abc def"),
        ("secret_string", "plain"),
        ("client_secret", "short"),
        ("auth_token", "abc"),
        ("access_key", "abc"),
        ("private_key_pem", "-----BEGIN"),
        ("primary_connection_string", "Endpoint=sb://x/;SharedAccessKey=abc"),
        ("sas_token", "https://x.blob.core.windows.net/?sig=abc"),
        ("user_data", "#!/bin/sh\necho hello"),
        ("user_data_base64", "IyEvYmluL3No"),
        ("custom_data", "abc"),
        ("tunnel1_preshared_key", "abc"),
        ("dbPassword", "x y"),
        ("API_KEY", "abc"),
        ("passwords", ["a", "b"]),
        ("pin_token", 123456),
    ],
)
def test_what_is_named_like_a_secret_goes(name, value):
    redacted = values(redact(plan(entry("aws_x.y", after={name: value}))), "aws_x.y")[name]
    assert redacted == ([SENSITIVE] * 2 if isinstance(value, list) else SENSITIVE)


@pytest.mark.parametrize(
    "name", ["password_length", "secret_name", "token_url", "kms_key_id", "key", "key_name", "bypass"]
)
def test_names_that_only_speak_of_secrets_hold_none(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        KEY,
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "0123456789abcdef0123456789abcdef",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_goes_under_any_name(text):
    after = {"description": f"use {text} here", "list": [[text]], "map": {text: "x"}, "json": json.dumps({"a": [text]})}
    document = redact(plan(entry("aws_x.y", after=after), terraform_version=text))
    left = json.dumps(document)
    assert text.split("\n")[1 if "\n" in text else 0] not in left
    assert json.loads(values(document, "aws_x.y")["json"])


def test_a_policy_that_terraform_calls_sensitive_stays_json():
    document = redact(plan(entry("aws_x.y", after={"policy": POLICY}, after_sensitive={"policy": True})))
    policy = json.loads(values(document, "aws_x.y")["policy"])
    assert policy["Statement"][0]["Effect"] == SENSITIVE
    assert "123456789012" not in json.dumps(policy)


def test_a_secret_inside_a_policy_goes_and_the_rest_stays():
    definitions = [
        {
            "name": "app",
            "image": "app:1",
            "environment": [{"name": "DB_PASSWORD", "value": "tiger"}, {"name": "MODE", "value": "fast"}],
            "secrets": [{"name": "X", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/x"}],
        }
    ]
    document = redact(plan(entry("aws_x.y", after={"container_definitions": json.dumps(definitions)})))
    (container,) = json.loads(values(document, "aws_x.y")["container_definitions"])
    assert container["environment"] == [{"name": "DB_PASSWORD", "value": SENSITIVE}, {"name": "MODE", "value": "fast"}]
    assert container["secrets"] == definitions[0]["secrets"]


def test_the_schema_knows_more_than_names():
    attributes = {"aws_x": {"plain", "auth.code"}}
    configuration = {
        "root_module": {
            "resources": [
                {
                    "address": "aws_x.y",
                    "type": "aws_x",
                    "name": "y",
                    "expressions": {"plain": {"constant_value": "tiger"}},
                }
            ]
        }
    }
    after = {"plain": "tiger", "auth": [{"code": "lion7", "user": "joe"}], "other": "tiger"}
    document = redact(
        plan(entry("aws_x.y", after=after), configuration=configuration), lambda type_: attributes.get(type_, ())
    )
    assert values(document, "aws_x.y") == {
        "plain": SENSITIVE,
        "auth": [{"code": SENSITIVE, "user": "joe"}],
        "other": SENSITIVE,
    }
    assert "tiger" not in json.dumps(document)


def test_a_secret_goes_wherever_else_it_stands():
    document = plan(
        entry("aws_db_instance.d", after={"password": "tiger99-lily", "script": "login -p tiger99-lily --now"}),
        variables={"pw": {"value": "tiger99-lily"}},
        checks=[{"status": "fail", "problems": [{"message": "wrong: tiger99-lily"}]}],
    )
    redacted = redact(document)
    assert "tiger99" not in json.dumps(redacted)
    assert values(redacted, "aws_db_instance.d")["script"] == "login -p **** --now"
    assert redacted["variables"]["pw"]["value"] == SENSITIVE


def test_common_words_are_no_secrets_elsewhere():
    document = plan(
        entry(
            "aws_db_instance.postgres",
            after={"username": "postgres", "engine": "postgres", "name": "postgres"},
            after_sensitive={"username": True},
        )
    )
    redacted = redact(document)
    assert values(redacted, "aws_db_instance.postgres") == {
        "username": SENSITIVE,
        "engine": "postgres",
        "name": "postgres",
    }
    assert redacted["resource_changes"][0]["address"] == "aws_db_instance.postgres"


def test_the_keys_of_for_each_are_redacted_alike_in_address_and_index():
    address = f'aws_x.y["{KEY}"]'
    (change,) = read(redact(plan(entry(address, after={"a": 1}))), approximate=True).changes
    assert KEY not in change.address
    assert change.address == f'aws_x.y["{change.index}"]'
    assert change.config_address == "aws_x.y"


def test_two_secret_keys_stay_two():
    document = redact(plan(entry("aws_x.y", after={"map": {KEY: 1, KEY[::-1]: 2}})))
    assert sorted(values(document, "aws_x.y")["map"].values()) == [1, 2]


def test_marks_of_another_shape_hide_too_much_rather_than_too_little():
    for marks in ({"a": [True]}, {"a": {"b": True}}, True):
        document = redact(plan(entry("aws_x.y", after={"a": "tiger"}, after_sensitive=marks)))
        assert values(document, "aws_x.y") == {"a": SENSITIVE}


def test_sensitive_numbers_go_and_switches_stay():
    after = {"pin": 4711, "on": True, "none": None}
    document = redact(plan(entry("aws_x.y", after=after, after_sensitive={"pin": True, "on": True, "none": True})))
    assert values(document, "aws_x.y") == {"pin": SENSITIVE, "on": True, "none": None}


def everywhere(secret):
    """A plan with `secret` in every place that Terraform may put it, each place marked as Terraform marks it."""
    marked = {"after_sensitive": {"odd": True, "block": [{"inner": True}], "set": True, "map": {"k": True}}}
    after = {
        "odd": secret,
        "block": [{"inner": secret}],
        "set": [secret],
        "map": {"k": secret},
        "json": json.dumps({"token": secret}),
    }
    one = entry("aws_x.y", after=after, **marked)
    changed = entry("aws_x.z", before=after, after=after, before_sensitive=marked["after_sensitive"], **marked)
    child = entry('module.m["k"].aws_x.y', after=after, **marked)
    module = {
        "variables": {"v": {"default": secret, "sensitive": True}},
        "outputs": {"o": {"sensitive": True, "expression": {"constant_value": secret}}},
        "resources": [
            {
                "address": "aws_x.y",
                "type": "aws_x",
                "name": "y",
                "expressions": {"declared": {"constant_value": secret}, "password": {"constant_value": secret}},
                "provisioners": [
                    {"type": "local-exec", "expressions": {"environment": {"constant_value": {"TOKEN": secret}}}}
                ],
            }
        ],
        "module_calls": {
            "m": {
                "source": "./m",
                "expressions": {"v": {"constant_value": secret}},
                "module": {"variables": {"v": {"default": secret, "sensitive": True}}},
            }
        },
    }
    document = plan(
        one,
        changed,
        child,
        entry("aws_x.w", after={"declared": secret}),
        variables={"v": {"value": secret}},
        output_changes={
            "o": {
                "actions": ["update"],
                "before": secret,
                "after": [secret],
                "before_sensitive": True,
                "after_sensitive": True,
            }
        },
        resource_drift=[changed],
        deferred_changes=[{"reason": "unknown", "resource_change": one}],
        configuration={
            "root_module": module,
            "provider_config": {"x": {"name": "x", "expressions": {"secret_key": {"constant_value": secret}}}},
        },
        relevant_attributes=[{"resource": "aws_x.y", "attribute": ["odd"]}],
    )
    document["planned_values"]["outputs"] = {"o": {"sensitive": True, "type": "string", "value": secret}}
    document["prior_state"] = {"format_version": "1.0", "values": copy.deepcopy(document["planned_values"])}
    return document


# What stands in the frame of the plan itself is no secret, and what is public is none whatever its name.
FRAME = json.dumps([everywhere("\0"), redact(everywhere("\0"))])
PLAIN_SECRETS = st.text(string.ascii_letters + string.digits + "!#%^&_+-./ ", min_size=8, max_size=30).filter(
    lambda text: text not in FRAME and text.strip() == text and any(c.isdigit() for c in text)
)
ANY_SECRETS = st.text(st.characters(exclude_categories=("Cs",)), min_size=4, max_size=20).filter(
    lambda text: text not in FRAME and not is_public(text)
)


@settings(max_examples=60, deadline=None)
@given(PLAIN_SECRETS | ANY_SECRETS)
def test_no_secret_survives_where_terraform_schema_or_name_tell_of_it(secret):
    document = everywhere(secret)
    redacted = redact(document, lambda type_: {"declared"} if type_ == "aws_x" else set())
    assert not is_visible(secret, redacted)
    assert shape(redacted) == shape(document)
    assert redact(redacted, lambda type_: {"declared"} if type_ == "aws_x" else set()) == redacted


def is_visible(secret, document):
    text = json.dumps(document, ensure_ascii=False)
    return secret in text or json.dumps(secret, ensure_ascii=False)[1:-1] in text


def leaves(value, path=()):
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, step))
    elif isinstance(value, str):
        yield path


WHOLE = everywhere("not-a-secret")
LEAVES = list(leaves(WHOLE))
RANDOM = st.text(string.ascii_letters + string.digits, min_size=40, max_size=40)
SHAPED = st.one_of(
    st.text(string.ascii_letters + string.digits, min_size=36, max_size=36).map("ghp_".__add__),
    st.text(string.ascii_uppercase + "234567", min_size=16, max_size=16).map("AKIA".__add__),
    st.text("0123456789abcdef", min_size=24, max_size=24).map("sk_live_".__add__),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LEAVES), SHAPED, st.sampled_from(["{}", "say {}, please", "a/{}"]))
def test_a_token_survives_nowhere(path, token, form):
    document = copy.deepcopy(WHOLE)
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = form.format(token)
    assert token not in json.dumps(redact(document))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["password", "name", "value", "a b", "policy", "type", "sensitive", "values"])
            | st.text(max_size=6),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, VALUES, VALUES)
def test_any_document_keeps_its_structure_and_redacting_twice_is_once(after, marks, configuration):
    document = plan(
        entry("aws_x.y", after={"a": after, "json": json.dumps(after)}, after_sensitive={"a": marks}),
        configuration={"x": configuration},
    )
    before = copy.deepcopy(document)
    redacted = redact(document)
    assert document == before
    assert shape(redacted) == shape(document)
    assert redact(redacted) == redacted


def shape(value):
    """Objects by the number of their keys, lists by their length, switches as they are; text and numbers alike."""
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return value if value is None or isinstance(value, bool) else "..."


def test_checkov_can_read_what_is_left():
    document = redact(everywhere("tiger99-lily"), lambda type_: {"declared"})
    for name in ("address", "type", "mode", "name"):
        assert [one[name] for one in document["resource_changes"]] == [one[name] for one in WHOLE["resource_changes"]]
    assert document["configuration"]["root_module"]["resources"][0]["type"] == "aws_x"


def test_more_sensitive_values_than_can_be_looked_for_are_refused():
    secrets = [f"secret-number-{n}" for n in range(20_000)]
    after = {"passwords": secrets, "text": "x" * 1_000_000}
    with pytest.raises(PlanFormatError, match="20,000 sensitive values"):
        redact(plan(entry("aws_x.y", after=after)))


def test_too_deep_is_refused_and_deep_json_in_text_is_text():
    deep = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(PlanFormatError, match="deeper"):
        redact(plan(entry("aws_x.y", after={"a": deep})))
    text = "[" * 5_000 + TOKEN + "]" * 5_000
    assert TOKEN not in json.dumps(redact(plan(entry("aws_x.y", after={"a": text}))))


def test_a_plan_of_five_hundred_resources_takes_little_time():
    after = {"policy": POLICY, "tags": {"a": "b"}, "cidr_blocks": ["10.0.0.0/8"] * 5, "password": "tiger99-lily"}
    document = plan(*(entry(f"aws_x.n{n}", after={**after, "name": f"name-{n}"}) for n in range(500)))
    started = time.process_time()
    redact(document)
    assert time.process_time() - started < 10
