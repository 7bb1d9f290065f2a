"""A provider of ours that knows only schemas: it plans, and can create nothing. One server a provider, on UNIX sockets.

Owns the plugin protocol (version 6, https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol) and how
Terraform is told where we listen. Runs in the contained child; what Terraform sends was written by a stranger.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from tf.gen import tfplugin_pb2 as pb

from reviewer.plan import mocks, provider_values
from reviewer.plan.provider_schema import ProviderSchema, to_protobuf
from reviewer.plan.shipped import defaults
from reviewer.plan.worked_out import worked_out

MOST_INSTANCES = 5000
"""More resource instances than this are refused: nobody reads them, and planning them takes minutes."""

TOO_MANY = "More resource instances than are planned"
"""The summary of the error that a plan with more than `MOST_INSTANCES` ends with."""

_SERVICE = "tfplugin6.Provider"
_WORKERS = 4
_MAX_MESSAGE = 64 << 20

Answer = Callable[[Any], Any]


@contextmanager
def serving(schemas: Sequence[ProviderSchema], folder: Path) -> Iterator[str]:
    """Serve providers on sockets in `folder`; the value is what TF_REATTACH_PROVIDERS has to be.

    Starts threads: nothing may be forked from this process afterwards.
    """
    count = _Count()
    pool = ThreadPoolExecutor(_WORKERS)
    options = [("grpc.max_receive_message_length", _MAX_MESSAGE), ("grpc.max_send_message_length", _MAX_MESSAGE)]
    servers, told = [], {}
    for number, schema in enumerate(schemas):
        socket = folder / f"{number}.sock"
        server = grpc.server(pool, options=options)
        server.add_generic_rpc_handlers((_handlers(_Provider(schema, count)),))
        server.add_insecure_port(f"unix:{socket}")
        server.start()
        servers.append(server)
        told[schema.source] = told[_opentofu(schema.source)] = _reattach(socket)
    try:
        yield json.dumps(told)
    finally:
        for server in servers:
            server.stop(None)
        pool.shutdown(wait=False, cancel_futures=True)


def _opentofu(source: str) -> str:
    """The address that OpenTofu gives a provider whose host is not written."""
    return source.replace("registry.terraform.io/", "registry.opentofu.org/")


def _reattach(socket: Path) -> dict[str, Any]:
    """How Terraform finds a provider that runs already (go-plugin's ReattachConfig). Test: it is not ours to end."""
    address = {"Network": "unix", "String": str(socket)}
    return {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True, "Addr": address}


class _Count:
    """How many resource instances were planned, by all providers together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = 0

    def one_more_is_too_many(self) -> bool:
        with self._lock:
            self._seen += 1
            return self._seen > MOST_INSTANCES


class _Provider:
    """The answers of one provider. Methods have the names of the protocol."""

    def __init__(self, schema: ProviderSchema, count: _Count) -> None:
        self._schema, self._count = schema, count
        self._default_tags: list[dict[str, Any] | None] = []
        self._regions: set[Any] = set()

    def GetProviderSchema(self, request: Any) -> Any:
        del request
        return pb.GetProviderSchema.Response(
            provider=to_protobuf(self._schema.config),
            resource_schemas={name: to_protobuf(block) for name, block in self._schema.resources.items()},
            data_source_schemas={name: to_protobuf(block) for name, block in self._schema.data.items()},
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
        )

    def ValidateProviderConfig(self, request: Any) -> Any:
        del request
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any) -> Any:
        del request
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request: Any) -> Any:
        del request
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request: Any) -> Any:
        config = provider_values.plain(provider_values.decode(request.config.msgpack)) or {}
        self._default_tags.append(_default_tags(config))
        region = config.get("region")
        self._regions.add(region if isinstance(region, str) and region else mocks.REGION)
        return pb.ConfigureProvider.Response()

    def PlanResourceChange(self, request: Any) -> Any:
        if self._count.one_more_is_too_many():
            return pb.PlanResourceChange.Response(diagnostics=[pb.Diagnostic(severity=1, summary=TOO_MANY)])
        proposed = provider_values.decode(request.proposed_new_state.msgpack)
        prior = provider_values.decode(request.prior_state.msgpack)
        if proposed is not None and prior is None:
            block = self._schema.resources[request.type_name]
            written, proposed = proposed, provider_values.planned(block, proposed, defaults(request.type_name))
            proposed = self._tagged(worked_out(request.type_name, block, written, proposed))
        return pb.PlanResourceChange.Response(
            planned_state=pb.DynamicValue(msgpack=provider_values.encode(proposed)), legacy_type_system=True
        )

    def ReadDataSource(self, request: Any) -> Any:
        config = provider_values.decode(request.config.msgpack)
        region = next(iter(self._regions)) if len(self._regions) == 1 else mocks.REGION
        answer = mocks.read(request.type_name, self._schema.data[request.type_name], config, region)
        return pb.ReadDataSource.Response(state=pb.DynamicValue(msgpack=provider_values.encode(answer)))

    def ReadResource(self, request: Any) -> Any:
        return pb.ReadResource.Response(new_state=request.current_state, private=request.private)

    def UpgradeResourceState(self, request: Any) -> Any:
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=request.raw_state.json))

    def GetFunctions(self, request: Any) -> Any:
        del request
        return pb.GetFunctions.Response()

    def StopProvider(self, request: Any) -> Any:
        del request
        return pb.StopProvider.Response()

    def _tagged(self, planned: dict[str, Any]) -> dict[str, Any]:
        """Add the provider's default tags to those of the resource, where it is known which they are."""
        if "tags_all" not in planned or not provider_values.is_unknown(planned["tags_all"]):
            return planned
        first = self._default_tags[0] if self._default_tags else {}
        tags = planned.get("tags") or {}
        if first is None or any(other != first for other in self._default_tags) or not isinstance(tags, dict):
            return planned  # of several configurations of one provider it cannot be told whose resource this is
        return planned | {"tags_all": first | tags} if first or tags else planned


def _default_tags(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """The default tags of an aws provider, None when they are not known."""
    blocks = config.get("default_tags") or []
    if not isinstance(blocks, list):
        return None
    found: dict[str, Any] = {}
    for block in blocks:
        tags = (block or {}).get("tags") or {}
        if not isinstance(tags, dict):
            return None
        found |= tags
    return found


def _handlers(provider: _Provider) -> Any:
    names = [name for name in dir(provider) if not name.startswith("_")]
    methods = {name: _method(name, getattr(provider, name)) for name in names}
    for name in ("ApplyResourceChange", "ImportResourceState", "MoveResourceState", "CallFunction"):
        methods[name] = _method(name, None)
    return grpc.method_handlers_generic_handler(_SERVICE, methods)


def _method(name: str, answer: Answer | None) -> Any:
    messages = getattr(pb, name)

    def serve(request: Any, context: Any) -> Any:
        if answer is None:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "this provider can only plan")
            return None
        return answer(request)

    return grpc.unary_unary_rpc_method_handler(
        serve,
        request_deserializer=messages.Request.FromString,
        response_serializer=messages.Response.SerializeToString,
    )
