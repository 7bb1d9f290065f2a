"""Schemas of providers, from either source, become one compact form."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from reviewer.derive import schemas

TYPES = ("aws_cluster", "aws_unwanted")

EXPECTED: dict[str, Any] = {
    "encryption": ["block", {"key_arn": "string!", "resources": "list(string)"}],
    "ingress": ["either", {"from_port": "number", "self": "bool"}],
    "labels": "map",
    "name": "string!",
    "public": "bool",
    "volume": ["blocks!", {"size": "number!"}],
}

DECLARATIONS = """\
export interface ClusterConfig extends cdktf.TerraformMetaArguments {
    /**
    * Whether the world may connect (read * and / with care).
    *
    * Docs: {@link https://example.com/providers/example/aws/6.25.0/docs/resources/cluster#public Cluster#public}
    */
    readonly public?: boolean | cdktf.IResolvable;
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#name Cluster#name}
    */
    readonly name: string;
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#labels Cluster#labels}
    */
    readonly labels?: {
        [key: string]: string;
    };
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#ingress Cluster#ingress}
    */
    readonly ingress?: ClusterIngress[] | cdktf.IResolvable;
    /**
    * encryption block
    *
    * Docs: {@link https://example.com/docs/resources/cluster#encryption Cluster#encryption}
    */
    readonly encryption?: ClusterEncryption;
    /**
    * volume block
    *
    * Docs: {@link https://example.com/docs/resources/cluster#volume Cluster#volume}
    */
    readonly volume: ClusterVolume[] | cdktf.IResolvable;
}
export interface ClusterIngress {
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#from_port Cluster#from_port}
    */
    readonly fromPort?: number;
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#self Cluster#self}
    */
    readonly selfAttribute?: boolean | cdktf.IResolvable;
}
export declare class Cluster extends cdktf.TerraformResource {
    static readonly tfResourceType = "aws_cluster";
}
"""

STRUCTURES = """\
export interface ClusterEncryption {
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#key_arn Cluster#key_arn}
    */
    readonly keyArn: string;
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#resources Cluster#resources}
    */
    readonly resources?: string[];
}
export interface ClusterVolume {
    /**
    * Docs: {@link https://example.com/docs/resources/cluster#size Cluster#size}
    */
    readonly size: number;
}
"""

OUTPUT: dict[str, Any] = {
    "provider_schemas": {
        "registry.example.com/example/aws": {
            "resource_schemas": {
                "aws_other": {"block": {"attributes": {"name": {"type": "string", "optional": True}}}},
                "aws_cluster": {
                    "block": {
                        "attributes": {
                            "arn": {"type": "string", "computed": True},
                            "name": {"type": "string", "required": True},
                            "public": {"type": "bool", "optional": True},
                            "labels": {"type": ["map", "string"], "optional": True},
                            "ingress": {
                                "type": ["set", ["object", {"from_port": "number", "self": "bool"}]],
                                "optional": True,
                                "computed": True,
                            },
                        },
                        "block_types": {
                            "encryption": {
                                "nesting_mode": "list",
                                "max_items": 1,
                                "block": {
                                    "attributes": {
                                        "key_arn": {"type": "string", "required": True},
                                        "resources": {"type": ["set", "string"], "optional": True},
                                    }
                                },
                            },
                            "volume": {
                                "nesting_mode": "set",
                                "min_items": 1,
                                "block": {"attributes": {"size": {"type": "number", "required": True}}},
                            },
                        },
                    }
                },
            }
        }
    }
}


def package(folder: Path) -> None:
    """Write a wheel with a package of bindings."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in (
            ("package/lib/cluster/index-structs/structs0.d.ts", STRUCTURES),
            ("package/lib/cluster/index.d.ts", DECLARATIONS),
            ("package/lib/data-aws-cluster/index.d.ts", DECLARATIONS.replace("name: string", "other: string")),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    with zipfile.ZipFile(folder / "bindings_provider_aws-1.0.0-py3-none-any.whl", "w") as wheel:
        metadata = "Metadata-Version: 2.1\nName: bindings-aws\nVersion: 1.0.0\nLicense: MPL-2.0\n\nText\n"
        wheel.writestr("bindings-1.0.0.dist-info/METADATA", metadata)
        wheel.writestr("bindings/_jsii/provider-aws@1.0.0.jsii.tgz", archive.getvalue())


def test_declarations_say_what_may_be_set_and_what_must_be(tmp_path: Path) -> None:
    package(tmp_path)
    found = schemas.read_folder(tmp_path, "aws", TYPES)
    source = "bindings-aws 1.0.0 MPL-2.0"
    assert found == {"provider": "aws", "version": "6.25.0", "source": source, "types": {"aws_cluster": EXPECTED}}


def test_terraforms_own_output_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "aws.json").write_text(json.dumps(OUTPUT), encoding="utf-8")
    found = schemas.read_folder(tmp_path, "aws", TYPES)
    assert found["types"] == {"aws_cluster": EXPECTED}


def test_what_was_written_can_be_read_again(tmp_path: Path) -> None:
    package(tmp_path)
    found = schemas.read_folder(tmp_path, "aws", TYPES)
    (tmp_path / "aws.json").write_text(schemas.compact_text(found), encoding="utf-8")
    assert schemas.read_folder(tmp_path, "aws", TYPES) == found


def test_the_text_has_one_type_a_line_in_order() -> None:
    text = schemas.compact_text({"provider": "aws", "version": "1", "types": {"b": {"y": "bool"}, "a": {}}})
    assert text == '{"provider": "aws", "version": "1", "types": {\n"a":{},\n"b":{"y":"bool"}\n}}\n'


def test_a_folder_without_a_schema_is_told(tmp_path: Path) -> None:
    with pytest.raises(schemas.NoSchemas, match=r"expected google\.json or a package"):
        schemas.read_folder(tmp_path, "google", TYPES)


def test_a_provider_that_is_not_in_the_output_is_told(tmp_path: Path) -> None:
    (tmp_path / "google.json").write_text(json.dumps(OUTPUT), encoding="utf-8")
    with pytest.raises(schemas.NoSchemas, match="ends in /google"):
        schemas.read_folder(tmp_path, "google", TYPES)
