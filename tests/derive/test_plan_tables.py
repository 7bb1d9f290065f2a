"""From packages of bindings to the tables that plans are made with."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reviewer.derive import plan_bindings
from reviewer.derive.plan_command import plan_tables
from reviewer.derive.plan_pulumi import Told, matched, plain
from reviewer.derive.schemas import NoSchemas

JAVASCRIPT = """\
class Disk extends cdktf.TerraformResource {
    constructor(scope, id, config) {
        // encryption - computed: false, optional: true, required: false
        this._encryption = new DiskEncryptionOutputReference(this, "encryption");
        // rules - computed: true, optional: true, required: false
        this._rules = new DiskRulesList(this, "rules", true);
        // parts - computed: true, optional: false, required: false
        this._parts = new DiskPartsList(this, "parts", false);
    }
    // arn - computed: true, optional: false, required: false
    get arn() {
        return this.getStringAttribute('arn');
    }
    // zones - computed: true, optional: false, required: false
    get zones() {
        return cdktf.Fn.tolist(this.getListAttribute('zones'));
    }
    synthesizeHclAttributes() {
        const attrs = {
            name: {
                value: cdktf.stringToHclTerraform(this._name),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            groups: {
                value: cdktf.listMapperHcl(cdktf.numberToHclTerraform, false)(this._groups),
                isBlock: false,
                type: "set",
                storageClassType: "numberList",
            },
            secret_wo: {
                value: cdktf.stringToHclTerraform(this._secretWo),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            encryption: {
                value: diskEncryptionToHclTerraform(this._encryption.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "DiskEncryptionList",
            },
            rules: {
                value: cdktf.listMapperHcl(diskRulesToHclTerraform, false)(this._rules.internalValue),
                isBlock: true,
                type: "set",
                storageClassType: "DiskRulesList",
            },
        };
        return attrs;
    }
}
Disk.tfResourceType = "aws_disk";
class DiskEncryptionOutputReference extends cdktf.ComplexObject {
    // state - computed: true, optional: false, required: false
    get state() {
        return this.getBooleanAttribute('state');
    }
}
class DiskPartsOutputReference extends cdktf.ComplexObject {
    // size - computed: true, optional: false, required: false
    get size() {
        return this.getNumberAttribute('size');
    }
}
function diskEncryptionToHclTerraform(struct) {
    const attrs = {
        key: {
            value: cdktf.stringToHclTerraform(struct.key),
            isBlock: false,
            type: "simple",
            storageClassType: "string",
        },
    };
}
function diskRulesToHclTerraform(struct) {
    const attrs = {
        port: {
            value: struct.port === undefined ? null : cdktf.numberToHclTerraform(struct.port),
            isBlock: false,
            type: "simple",
            storageClassType: "number",
        },
    };
}
"""

DECLARATIONS = """\
export interface DiskConfig extends cdktf.TerraformMetaArguments {
    /**
    * Docs at Terraform Registry: {@link https://example.test/providers/x/aws/6.25.0/docs/resources/disk#name Disk#name}
    */
    readonly name?: string;
    /**
    * Docs at Terraform Registry: {@link https://example.test/docs/resources/disk#groups Disk#groups}
    */
    readonly groups: number[];
    /**
    * Docs at Terraform Registry: {@link https://example.test/docs/resources/disk#secret_wo Disk#secret_wo}
    */
    readonly secretWo?: string;
    /**
    * encryption block
    *
    * Docs at Terraform Registry: {@link https://example.test/docs/resources/disk#encryption Disk#encryption}
    */
    readonly encryption?: DiskEncryption;
    /**
    * Docs at Terraform Registry: {@link https://example.test/docs/resources/disk#rules Disk#rules}
    */
    readonly rules?: DiskRules[] | cdktf.IResolvable;
}
export interface DiskEncryption {
    /**
    * Docs at Terraform Registry: {@link https://example.test/docs/resources/disk#key Disk#key}
    */
    readonly key: string;
}
export interface DiskRules {
    /**
    * Docs at Terraform Registry: {@link https://example.test/docs/resources/disk#port Disk#port}
    */
    readonly port?: number;
}
"""

PULUMI = '''\
class Disk(pulumi.CustomResource):
    def __init__(__self__):
        secret_opts = pulumi.ResourceOptions(additional_secret_outputs=["secretWo"])
        super(Disk, __self__).__init__(
            'aws:store/disk:Disk',
            resource_name,
            __props__,
            opts)

    @_builtins.property
    @pulumi.getter
    def arn(self) -> pulumi.Output[_builtins.str]:
        """
        Its name at large.
        """
        return pulumi.get(self, "arn")

    @_builtins.property
    @pulumi.getter
    def name(self) -> pulumi.Output[_builtins.str]:
        """
        Its name. Changing this forces a new resource to be created.
        """
        return pulumi.get(self, "name")

    @_builtins.property
    @pulumi.getter
    def groups(self) -> pulumi.Output[Sequence[_builtins.int]]:
        """
        Changing this forces a new resource to be created when there are more than two.
        """
        return pulumi.get(self, "groups")

    @_builtins.property
    @pulumi.getter(name="secretWo")
    def secret_wo(self) -> pulumi.Output[Optional[_builtins.str]]:
        return pulumi.get(self, "secret_wo")

    @_builtins.property
    @pulumi.getter
    def encryption(self) -> pulumi.Output['outputs.DiskEncryption']:
        return pulumi.get(self, "encryption")

    @_builtins.property
    @pulumi.getter
    def rules(self) -> pulumi.Output[Sequence['outputs.DiskRule']]:
        return pulumi.get(self, "rules")

    @_builtins.property
    @pulumi.getter
    def parts(self) -> pulumi.Output[Sequence['outputs.DiskPart']]:
        return pulumi.get(self, "parts")

    @_builtins.property
    @pulumi.getter
    def zones(self) -> pulumi.Output[Sequence[_builtins.str]]:
        return pulumi.get(self, "zones")
'''


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with bindings of a provider of one type, and Pulumi's package of it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in (("index.js", JAVASCRIPT), ("index.d.ts", DECLARATIONS)):
            entry = tarfile.TarInfo(f"package/lib/disk/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    folder = tmp_path / "packages"
    folder.mkdir()
    with zipfile.ZipFile(folder / "bindings_provider_aws-1.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("bindings-1.0.0.dist-info/METADATA", "Name: bindings-aws\nVersion: 1.0.0\nLicense: MPL-2.0\n")
        wheel.writestr("bindings/_jsii/provider-aws@1.0.0.jsii.tgz", archive.getvalue())
    with zipfile.ZipFile(folder / "pulumi_aws-7.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pulumi_aws/store/disk.py", PULUMI)
    return folder


def derived(packages: Path, into: Path) -> dict[str, Any]:
    done = CliRunner().invoke(
        plan_tables, ["derive", "--only", "aws", "--packages", str(packages), "--into", str(into)]
    )
    assert done.exit_code == 0, done.output
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in into.glob("*.json")}


def test_packages_become_a_table(packages: Path, tmp_path: Path) -> None:
    found = derived(packages, tmp_path / "into")
    assert (found["aws"]["provider"], found["aws"]["version"]) == ("aws", "6.25.0")
    assert found["aws"]["types"]["aws_disk"] == {
        "arn": "c",
        "encryption": ["=list ..1 c", {"key": "r", "state": "c bool"}],
        "groups": "r set number",
        "name": "oc",
        "parts": ["c", ["list", ["object", {"size": "number"}]]],
        "rules": ["oc", ["set", ["object", {"port": "number"}]]],
        "secret_wo": "osw",
        "zones": "c set",
    }
    assert found["replaces"]["types"] == {"aws_disk": ["name"]}


def test_what_a_real_provider_answered_and_what_people_reviewed_is_put_in(packages: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    asked = {
        "defaults": {"gone": 1, "name": "none", "encryption.key": "own"},
        "replaces": ["gone", "groups"],
        "filled": ["encryption"],
        "sensitive": ["encryption.key"],
    }
    (into / "asked-aws.json").write_text(json.dumps({"types": {"aws_disk": asked}}), encoding="utf-8")
    reviewed = "types:\n  aws_disk:\n    replaces: [encryption]\n    updates: [name]\n"
    (into / "reviewed.yml").write_text(reviewed, encoding="utf-8")
    found = derived(packages, into)
    assert found["aws"]["types"]["aws_disk"]["encryption"] == ["=list ..1 c", {"key": "rs", "state": "c bool"}]
    assert found["defaults"]["types"] == {"aws_disk": {"name": "none"}}
    assert found["replaces"]["types"] == {"aws_disk": ["encryption", "groups"]}


def test_other_providers_keep_what_is_said_of_them(packages: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    others = {"types": {"google_disk": ["name"], "aws_gone": ["name"]}}
    (into / "replaces.json").write_text(json.dumps(others), encoding="utf-8")
    assert derived(packages, into)["replaces"]["types"] == {"aws_disk": ["name"], "google_disk": ["name"]}


def test_a_folder_without_a_package_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(plan_tables, ["derive", "--only", "aws", "--packages", str(tmp_path)])
    assert isinstance(done.exception, NoSchemas)
    assert "expected a package *provider_aws-*.whl" in str(done.exception)


def test_a_package_tells_the_release_that_it_is_for(packages: Path) -> None:
    assert plan_bindings.version(next(packages.glob("bindings*"))) == "6.25.0"


@pytest.mark.parametrize(
    ("terraform", "pulumi"),
    [("subnet_ids", "subnetIds"), ("cors_rule", "corsRules"), ("policy", "policies"), ("address", "addresses")],
)
def test_names_compare_without_the_plural(terraform: str, pulumi: str) -> None:
    assert plain(terraform) == plain(pulumi)


def test_of_two_types_with_the_same_attributes_the_name_decides() -> None:
    attributes: dict[str, Any] = {"attributes": {"name": {}, "vpc_id": {}}, "block_types": {}}
    names = frozenset({"name", "vpcid"})
    group = Told(token="aws:ec2/securityGroup:SecurityGroup", names=names)
    default = Told(token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", names=names)
    types = {"aws_security_group": attributes, "aws_default_security_group": attributes}
    found = matched([default, group], types)
    assert {type_: told.token.rpartition(":")[2] for type_, told in found.items()} == {
        "aws_security_group": "SecurityGroup",
        "aws_default_security_group": "DefaultSecurityGroup",
    }


def test_what_is_like_no_class_stays_unmatched() -> None:
    told = Told(token="aws:ec2/vpc:Vpc", names=frozenset({"cidrblock", "name", "tag"}))
    assert not matched([told], {"aws_queue": {"attributes": {"name": {}, "delay": {}, "url": {}}, "block_types": {}}})
