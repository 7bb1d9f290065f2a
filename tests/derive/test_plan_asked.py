"""Asking a provider what it would plan: a small one that speaks the protocol, started as a program."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from reviewer.derive.plan_command import plan_tables
from reviewer.derive.plan_probe import NoProvider, running

PROVIDER = (
    f"#!{sys.executable}\n"
    + """
import json, os, sys, threading
from concurrent.futures import ThreadPoolExecutor

import grpc, msgpack
from tf.gen import tfplugin_pb2 as pb

assert os.environ["TF_PLUGIN_MAGIC_COOKIE"] and "SECRET" not in os.environ
UNKNOWN = msgpack.ExtType(0, b"\\x00")


def attribute(name, type_, **flags):
    return pb.Schema.Attribute(name=name, type=json.dumps(type_).encode(), **flags)


ENCRYPTION = pb.Schema.Block(attributes=[
    attribute("key", "string", required=True), attribute("mode", "string", optional=True)])
LOGGING = pb.Schema.Block(attributes=[attribute("target", "string", optional=True)])
DISK = pb.Schema(block=pb.Schema.Block(
    attributes=[
        attribute("id", "string", optional=True, computed=True),
        attribute("size", "number", required=True),
        attribute("zone", "string", optional=True),
        attribute("kind", "string", optional=True),
        attribute("label", "string", optional=True),
        attribute("token", "string", optional=True, sensitive=True),
        attribute("address", "string", optional=True, computed=True),
    ],
    block_types=[
        pb.Schema.NestedBlock(type_name="encryption", nesting=2, block=ENCRYPTION),
        pb.Schema.NestedBlock(type_name="logging", nesting=2, block=LOGGING),
    ],
))
DEADLY = pb.Schema(block=pb.Schema.Block(attributes=[attribute("size", "number", required=True, sensitive=True)]))
EMPTY = pb.Schema(block=pb.Schema.Block())


def schema(request, context):
    return pb.GetProviderSchema.Response(provider=EMPTY, resource_schemas={"toy_disk": DISK, "toy_deadly": DEADLY})


def configure(request, context):
    return pb.ConfigureProvider.Response()


def plan(request, context):
    if request.type_name == "toy_deadly":
        os._exit(1)
    planned = msgpack.unpackb(request.proposed_new_state.msgpack, strict_map_key=False)
    prior = msgpack.unpackb(request.prior_state.msgpack, strict_map_key=False)
    if planned["size"] is None:
        return pb.PlanResourceChange.Response(diagnostics=[pb.Diagnostic(severity=1, summary="no size")])
    planned["kind"] = planned["kind"] or "plain"
    for one in planned["encryption"]:
        one["mode"] = one["mode"] or "fast"
    if prior is None:
        planned |= {name: UNKNOWN for name in ("id", "address") if planned[name] is None}
        planned["logging"] = planned["logging"] or UNKNOWN
    changed = [name for name in ("zone", "encryption") if prior and prior[name] != planned[name]]
    return pb.PlanResourceChange.Response(
        planned_state=pb.DynamicValue(msgpack=msgpack.packb(planned)),
        requires_replace=[pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)]) for name in changed],
    )


def method(answer, message):
    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=message.Request.FromString, response_serializer=message.Response.SerializeToString)


server = grpc.server(ThreadPoolExecutor(1))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin5.Provider", {
    "GetSchema": method(schema, pb.GetProviderSchema),
    "Configure": method(configure, pb.ConfigureProvider),
    "PlanResourceChange": method(plan, pb.PlanResourceChange),
}),))
path = os.path.join(os.environ["TMPDIR"], f"plugin{os.getpid()}")
server.add_insecure_port(f"unix:{path}")
server.start()
print(f"1|5|unix|{path}|grpc", flush=True)
server.wait_for_termination()
"""
)


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A provider of two types: one of disks, and one that dies of every question."""
    monkeypatch.setenv("SECRET", "not for providers")
    path = tmp_path / "terraform-provider-toy_v1.2.3_x5"
    path.write_text(PROVIDER, encoding="utf-8")
    path.chmod(0o700)
    return path


def test_a_provider_tells_defaults_and_what_it_fills_in_and_recreates(binary: Path) -> None:
    done = CliRunner().invoke(plan_tables, ["ask", str(binary), "--into", str(binary.parent)])
    assert done.exit_code == 0, done.output
    asked = json.loads((binary.parent / "asked-toy.json").read_text(encoding="utf-8"))
    assert (asked["provider"], asked["version"]) == ("toy", "1.2.3")
    assert asked["types"]["toy_disk"] == {
        "defaults": {"kind": "plain", "encryption.mode": "fast"},
        "null": ["zone", "label", "token"],
        "replaces": ["zone", "encryption.key", "encryption.mode"],
        "filled": ["logging"],
        "computed": ["id", "address"],
        "sensitive": ["token"],
    }


def test_a_provider_that_dies_is_started_again_and_tells_nothing_of_that_type(binary: Path) -> None:
    done = CliRunner().invoke(plan_tables, ["ask", str(binary), "--into", str(binary.parent), "--only", "toy_deadly"])
    assert done.exit_code == 0, done.output
    told = json.loads((binary.parent / "asked-toy.json").read_text(encoding="utf-8"))["types"]["toy_deadly"]
    assert told == {"sensitive": ["size"]}


def test_asking_for_one_type_keeps_the_others(binary: Path) -> None:
    for type_ in ("toy_disk", "toy_deadly"):
        CliRunner().invoke(plan_tables, ["ask", str(binary), "--into", str(binary.parent), "--only", type_])
    types = json.loads((binary.parent / "asked-toy.json").read_text(encoding="utf-8"))["types"]
    assert set(types) == {"toy_disk", "toy_deadly"}


def test_a_program_that_is_no_provider_is_told(tmp_path: Path) -> None:
    path = tmp_path / "terraform-provider-toy_v1.2.3"
    path.write_text("#!/bin/sh\necho This binary is a plugin.\n")
    path.chmod(0o700)
    with pytest.raises(NoProvider, match="expected a provider of protocol 5"), running(path):
        pass


def test_a_file_of_another_name_is_told(tmp_path: Path) -> None:
    path = tmp_path / "toy"
    path.touch()
    done = CliRunner().invoke(plan_tables, ["ask", str(path)])
    assert isinstance(done.exception, NoProvider)
    assert "terraform-provider-NAME_vVERSION" in str(done.exception)
