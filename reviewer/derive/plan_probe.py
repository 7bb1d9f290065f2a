"""A real provider, asked offline what it would plan: at build time, a binary that whoever builds trusts.

Owns the client's side of the plugin protocol, version 5 (the messages are those of version 6, the names differ).
Nothing is validated, read or applied: PlanResourceChange works on values alone, so made-up ones do.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from tf.gen import tfplugin_pb2 as pb

from reviewer import process
from reviewer.errors import PlumbruleError
from reviewer.plan.provider_values import decode, encode

COOKIE = {
    "TF_PLUGIN_MAGIC_COOKIE": "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
    "PLUGIN_PROTOCOL_VERSIONS": "5",
}
"""What go-plugin wants to see before it talks (Terraform's plugin.Handshake); no secret."""

OFFLINE = {
    "region": "eu-central-1",
    "access_key": "none",
    "secret_key": "none",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_requesting_account_id": True,
    "skip_get_ec2_platforms": True,
    "skip_region_validation": True,
    "max_retries": 0,
}
"""What an aws provider is configured with so that it asks nobody."""

_NOWHERE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
"""Some plans ask the cloud all the same: they are refused at once, on this machine."""

_NESTINGS = {1: "single", 2: "list", 3: "set", 4: "map", 5: "group"}
_SECONDS = 10.0

Block = dict[str, Any]


class NoProvider(PlumbruleError):
    """A program is no provider, or does not talk as one. The message says how far it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a provider plans: the new value, and whether the resource is created anew; None when it refused."""

    value: Mapping[str, Any]
    replaces: bool


class Provider:
    """A running provider, asked with made-up values: it may die of them, and is started again. Knows its schemas."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary, self._folder = binary, folder
        self._settings: Mapping[str, Any] = {}
        self._start()
        answer = self._call("GetSchema", "GetProviderSchema", pb.GetProviderSchema.Request())
        self.resources = {name: block_of(schema.block) for name, schema in answer.resource_schemas.items()}
        self.data = {name: block_of(schema.block) for name, schema in answer.data_source_schemas.items()}
        self.config = block_of(answer.provider.block)

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Configure it with `settings`, as far as it has such. Raises NoProvider."""
        self._settings = settings
        config = empty(self.config) | {k: v for k, v in settings.items() if k in self.config["attributes"]}
        value = pb.DynamicValue(msgpack=encode(config))
        request = pb.ConfigureProvider.Request(terraform_version="1.11.4", config=value)
        for one in self._call("Configure", "ConfigureProvider", request).diagnostics:
            if one.severity == 1:
                raise NoProvider(f"the provider refuses its configuration: {one.summary}")

    def plan(self, type_: str, config: Mapping[str, Any], prior: Mapping[str, Any] | None = None) -> Planned | None:
        """Return what it plans for a resource of `type_`, None when it refuses these values."""
        after = {k: v if v is not None or not prior else prior.get(k) for k, v in config.items()}
        prior_state, proposed, written = (
            pb.DynamicValue(msgpack=encode(value))
            for value in (None if prior is None else dict(prior), after, dict(config))
        )
        request = pb.PlanResourceChange.Request(
            type_name=type_, prior_state=prior_state, proposed_new_state=proposed, config=written
        )
        try:
            answer = self._call("PlanResourceChange", "PlanResourceChange", request)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                self.stop()
                self._start()
                self.configure(self._settings)
            return None
        if any(diagnostic.severity == 1 for diagnostic in answer.diagnostics):
            return None
        return Planned(value=decode(answer.planned_state.msgpack) or {}, replaces=bool(answer.requires_replace))

    def stop(self) -> None:
        """End it."""
        self._channel.close()
        _end(self._program)

    def _start(self) -> None:
        env = process.clean_environment(COOKIE | _NOWHERE | {"TMPDIR": str(self._folder), "HOME": str(self._folder)})
        with (self._folder / "log").open("wb") as log:
            self._program = process.start([str(self._binary)], env=env, stderr=log.fileno())
        assert self._program.stdout  # noqa: S101
        told = self._program.stdout.readline().decode("ascii", "replace").strip().split("|")
        if len(told) < 5 or told[1] != "5" or told[2] != "unix":
            _end(self._program)
            raise NoProvider(f"{self._binary.name}: expected a provider of protocol 5 on a UNIX socket")
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(f"unix:{told[3]}", options=options)

    def _call(self, method: str, messages: str, request: Any) -> Any:
        message = getattr(pb, messages)
        call = self._channel.unary_unary(
            f"/tfplugin5.Provider/{method}",
            request_serializer=message.Request.SerializeToString,
            response_deserializer=message.Response.FromString,
        )
        return call(request, timeout=_SECONDS)


def _end(program: Any) -> None:
    process.kill(program)
    for stream in (program.stdin, program.stdout):
        stream.close()


@contextmanager
def running(binary: Path) -> Iterator[Provider]:
    """Start a provider and talk to it. Raises NoProvider, process.ProgramFailed."""
    with tempfile.TemporaryDirectory() as folder:
        provider = Provider(binary, Path(folder))
        try:
            yield provider
        finally:
            provider.stop()


def block_of(message: Any) -> Block:
    """Return a Schema.Block message in the form of `terraform providers schema -json`."""
    flags = ("required", "optional", "computed", "sensitive")
    attributes = {
        one.name: {"type": json.loads(one.type)} | {flag: True for flag in flags if getattr(one, flag)}
        for one in message.attributes
    }
    return {"attributes": attributes, "block_types": {one.type_name: _nested(one) for one in message.block_types}}


def _nested(message: Any) -> Block:
    limits = {key: getattr(message, key) for key in ("min_items", "max_items") if getattr(message, key)}
    return {"nesting_mode": _NESTINGS[message.nesting], "block": block_of(message.block)} | limits


def empty(block: Mapping[str, Any]) -> Block:
    """Return the value of a block in which nothing is written."""
    blocks = block.get("block_types", {})
    nothing: Block = {name: [] if one["nesting_mode"] in {"list", "set"} else None for name, one in blocks.items()}
    return dict.fromkeys(block.get("attributes", {})) | nothing
