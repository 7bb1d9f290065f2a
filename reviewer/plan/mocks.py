"""Answers of data sources that nobody is asked about: plain values that are the same for base and head. Pure.

Owns which value stands where. Terraform wants all of them known, so unknown is no answer; what is made up is plain to
see (`mock-...`, account 123456789012, example.com). Nothing here comes from an account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from reviewer.plan import policy_documents
from reviewer.plan.provider_schema import Block
from reviewer.plan.provider_values import plain, typed

ACCOUNT, REGION, ZERO_UUID = "123456789012", "us-east-1", "00000000-0000-0000-0000-000000000000"
EMPTY_POLICY = '{"Version":"2012-10-17","Statement":[]}'
MANY = 3
"""So many values has a list of names or ids: enough for what picks one per zone."""

_MAX_NESTING = 12
_ID_PREFIXES = {
    "aws_vpc": "vpc-",
    "aws_subnet": "subnet-",
    "aws_ami": "ami-",
    "aws_security_group": "sg-",
    "aws_route_table": "rtb-",
    "aws_internet_gateway": "igw-",
    "aws_nat_gateway": "nat-",
    "aws_instance": "i-",
    "aws_ebs_snapshot": "snap-",
    "aws_route53_zone": "Z",
}
_BY_NAME: tuple[tuple[str, str], ...] = (
    (r"(.*_)?(owner_id|account_id|account|owner)", ACCOUNT),
    (r"(.*_)?region", REGION),
    (r"partition", "aws"),
    (r"dns_suffix", "amazonaws.com"),
    (r"(.*_)?ipv6_cidr(_block)?", "2001:db8::/56"),
    (r"(.*_)?(cidr|cidr_block|prefix|ip_cidr_range|address_space)", "10.0.0.0/16"),
    (r"(.*_)?(ip|ip_address|private_ip_address|public_ip)", "192.0.2.10"),
    (r"(.*_)?(policy|policy_json|policy_document)", EMPTY_POLICY),
    (r"(.*_)?(json|response_body|body)", "{}"),
    (r"(.*_)?(endpoint|url|uri|issuer)", "https://mock.example.com"),
    (r"(.*_)?(dns_name|domain_name|fqdn|hostname|domain)", "mock.example.com"),
    (r"(.*_)?(base64|b64|base64sha256|data|ca_certificate|certificate)", "bW9jaw=="),
    (r"(tenant|client|subscription|object|principal)_id|.*_object_id", ZERO_UUID),
    (r"(.*_)?(time|timestamp|date|rfc3339|created_at)", "2024-01-01T00:00:00Z"),
    (r"(.*_)?availability_zone", f"{REGION}a"),
)
_PATTERNS = tuple((re.compile(pattern), value) for pattern, value in _BY_NAME)
_PLURAL = re.compile(r".*(ids|names|arns|zones|cidrs|cidr_blocks|subnets|instances|list|values|addresses|prefixes)")


def read(type_: str, block: Block, config: Mapping[str, Any], region: str = REGION) -> dict[str, Any]:
    """Return a whole answer of the data source `type_` for a configuration that is known as a whole.

    `region` is where the provider is set to work.
    """
    known = _KNOWN.get(type_, _nothing)(plain(config))
    found = dict(config)
    for name, attribute in block["attributes"].items():
        if found.get(name) is not None:
            continue
        if name in known:
            found[name] = _moved(typed(known[name], attribute.get("type")), region)
        elif attribute.get("computed"):
            found[name] = _moved(_value(attribute, type_, name), region)
    return found


def _moved(value: Any, region: str) -> Any:
    """Put an answer that is made up for `REGION` into another."""
    if isinstance(value, str):
        return value.replace(REGION, region)
    if isinstance(value, dict):
        return {key: _moved(item, region) for key, item in value.items()}
    return [_moved(item, region) for item in value] if isinstance(value, list) else value


def _nothing(config: Mapping[str, Any]) -> dict[str, Any]:
    del config
    return {}


def _policy_document(config: Mapping[str, Any]) -> dict[str, Any]:
    text = policy_documents.render(config)
    return {"json": text, "minified_json": json.dumps(json.loads(text), separators=(",", ":")), "id": "mock"}


def _zones(config: Mapping[str, Any]) -> dict[str, Any]:
    del config
    return {
        "names": [f"{REGION}{letter}" for letter in "abc"],
        "zone_ids": [f"use1-az{number}" for number in (1, 2, 3)],
        "group_names": [REGION],
        "id": REGION,
    }


def _region(config: Mapping[str, Any]) -> dict[str, Any]:
    name = config.get("name") or config.get("region") or REGION
    return {"name": name, "id": name, "region": name, "endpoint": f"ec2.{name}.amazonaws.com", "description": "mock"}


def _caller(config: Mapping[str, Any]) -> dict[str, Any]:
    del config
    return {"account_id": ACCOUNT, "id": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/mock", "user_id": "MOCK"}


def _partition(config: Mapping[str, Any]) -> dict[str, Any]:
    del config
    return {"partition": "aws", "id": "aws", "dns_suffix": "amazonaws.com", "reverse_dns_prefix": "com.amazonaws"}


def _external(config: Mapping[str, Any]) -> dict[str, Any]:
    del config
    return {"result": {}, "id": "-"}


_KNOWN: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "aws_iam_policy_document": _policy_document,
    "aws_availability_zones": _zones,
    "aws_region": _region,
    "aws_caller_identity": _caller,
    "aws_partition": _partition,
    "external": _external,
}


def _value(attribute: Mapping[str, Any], source: str, name: str) -> Any:
    if nested := attribute.get("nested_type"):
        members = {inner: _value(value, source, inner) for inner, value in nested["attributes"].items()}
        mode = nested["nesting_mode"]
        return members if mode == "single" else {"mock": members} if mode == "map" else [members]
    return _of_type(attribute["type"], source, name)


def _of_type(type_: Any, source: str, name: str, depth: int = 0) -> Any:
    if isinstance(type_, str):
        return _of_word(type_, source, name)
    if depth > _MAX_NESTING or type_[0] == "map":
        return {}
    if type_[0] == "object":
        return {inner: _of_type(value, source, inner, depth + 1) for inner, value in type_[1].items()}
    if type_[0] == "tuple":
        return [_of_type(value, source, name, depth + 1) for value in type_[1]]
    if type_[1] == "string":
        return _several(source, name)
    return [_of_type(type_[1], source, name, depth + 1)]


def _of_word(type_: str, source: str, name: str) -> Any:
    if type_ == "dynamic":
        return typed(_guess(source, name), "dynamic")
    return {"number": 1, "bool": False}.get(type_, _text(source, name))


def _guess(source: str, name: str) -> Any:
    """A value for an attribute of which only the name is known."""
    if name in ("tags", "labels", "result", "metadata"):
        return {}
    return _several(source, name) if _PLURAL.fullmatch(name) else _text(source, name)


def _several(source: str, name: str) -> list[str]:
    single = re.sub(r"s$", "", name)
    if single.endswith("zone"):
        return [f"{REGION}{letter}" for letter in "abc"]
    if "cidr" in single:
        return [f"10.{number}.0.0/16" for number in range(MANY)]
    text = _text(source, "id" if single.endswith("id") else single)
    return [f"{text}{number}" if text.startswith(("mock", "arn:")) or "-" in text else text for number in range(MANY)]


def _text(source: str, name: str) -> str:
    if name == "id":
        prefix = _ID_PREFIXES.get(source.removesuffix("s"), _ID_PREFIXES.get(source))
        return f"{prefix}0123456789abcdef0" if prefix else f"mock-{source}-id"
    if name == "arn" or name.endswith("_arn"):
        service, _, rest = source.removeprefix("aws_").partition("_")
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest or service}/mock"
    found = next((value for pattern, value in _PATTERNS if pattern.fullmatch(name)), None)
    return f"mock-{source}-{name}" if found is None else found
