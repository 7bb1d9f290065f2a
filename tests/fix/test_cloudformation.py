"""Edits of templates: properties, parameters that stand for choices, values that come from elsewhere."""

from __future__ import annotations

import json
import time

import pytest
import yaml

from reviewer.fix import cloudformation
from reviewer.fix.editing import CannotEdit
from reviewer.model import Finding
from tests.fix.editors import edited, finding, outcome, recipe, values

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Encrypt:
    Type: String
    Default: 'false' # for now
    AllowedValues: ['true', 'false']
  Stage:
    Type: String
Resources:
  Logs:
    Type: AWS::S3::Bucket

  Data:
    Type: AWS::RDS::DBInstance
    Properties:
      StorageEncrypted: !Ref Encrypt
      MultiAZ: !If [IsProd, true, false]
      Engine: !FindInMap [Engines, !Ref Stage, Name]
      Port: !ImportValue db-port
      Name: !Sub "${Stage}-data"
      BackupRetentionPeriod: !Ref Stage
"""


def on(name: str, type_: str = "AWS::S3::Bucket", path: str = "t.yaml") -> Finding:
    return finding("cloudformation", path, f"{type_}.{name}", (10, 12))


DATA = on("Data", "AWS::RDS::DBInstance")


def test_properties_are_added_to_a_resource_that_has_none() -> None:
    new = edited(
        cloudformation, TEMPLATE, on("Logs"), recipe({"set": {"VersioningConfiguration": {"Status": "Enabled"}}})
    )
    added = "    Properties:\n      VersioningConfiguration:\n        Status: Enabled\n"
    assert new == TEMPLATE.replace("AWS::S3::Bucket\n", f"AWS::S3::Bucket\n{added}")


def test_a_choice_becomes_a_parameter_with_a_reference_to_it() -> None:
    row = recipe({"set": {"KmsKeyId": "choice.kms_key_arn"}})
    made = outcome(cloudformation, TEMPLATE, DATA, row, values(kms_key_arn="string"))
    new = made.files["t.yaml"].decode()
    assert made.inputs == ("KmsKeyArn",)
    assert "  KmsKeyArn:\n    Type: String\n    Description: What kms_key_arn is.\nResources:" in new
    assert new.endswith("      KmsKeyId: !Ref KmsKeyArn\n")


def test_a_value_of_the_policy_needs_no_parameter() -> None:
    row = recipe({"set": {"SubnetIds": "choice.subnet_ids"}})
    given = values({"subnet_ids": ["a", "b"]}, subnet_ids="list(string)")
    made = outcome(cloudformation, TEMPLATE, on("Logs"), row, given)
    assert made.inputs == ()
    assert b"      SubnetIds:\n        - a\n        - b\n" in made.files["t.yaml"]


def test_a_template_without_parameters_gets_them_before_its_resources() -> None:
    text = "Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n"
    row = recipe({"set": {"Name": "choice.log_bucket"}})
    new = edited(cloudformation, text, on("Logs"), row, values(log_bucket="string"))
    assert new.startswith(
        "Parameters:\n  LogBucket:\n    Type: String\n    Description: What log_bucket is.\n\nResources:\n"
    )


def test_the_default_of_a_parameter_that_nothing_else_uses_is_changed() -> None:
    new = edited(cloudformation, TEMPLATE, DATA, recipe({"set": {"StorageEncrypted": True}}))
    assert new == TEMPLATE.replace("Default: 'false' # for now", "Default: 'true' # for now")


def test_a_parameter_that_others_use_is_left_alone() -> None:
    text = TEMPLATE + "      Other: !Sub '${Encrypt}-x'\n"
    with pytest.raises(CannotEdit, match="parameter `Encrypt` on line 3, which other resources use too"):
        edited(cloudformation, text, DATA, recipe({"set": {"StorageEncrypted": True}}))


def test_a_value_that_the_parameter_does_not_allow_is_not_set() -> None:
    with pytest.raises(CannotEdit, match="AllowedValues exclude"):
        edited(cloudformation, TEMPLATE, DATA, recipe({"set": {"StorageEncrypted": "yes"}}))


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("MultiAZ", "line 17 is made by Fn::If"),
        ("Engine", "looked up in a mapping"),
        ("Port", "imported from another stack"),
        ("Name", "made by Fn::Sub"),
        ("BackupRetentionPeriod", "parameter `Stage` on line 7, which every deployment sets"),
    ],
)
def test_where_a_value_comes_from_is_said(key: str, says: str) -> None:
    with pytest.raises(CannotEdit, match=says):
        edited(cloudformation, TEMPLATE, DATA, recipe({"set": {key: True}}))


def test_short_tags_survive_and_new_functions_are_written_like_them() -> None:
    row = recipe({"set": {"A": {"Fn::GetAtt": ["Logs", "Arn"]}, "B": {"Fn::Sub": "${Stage}-b"}, "C": {"Ref": "Logs"}}})
    new = edited(cloudformation, TEMPLATE, DATA, row)
    assert new == TEMPLATE + '      A: !GetAtt Logs.Arn\n      B: !Sub "${Stage}-b"\n      C: !Ref Logs\n'


def test_a_file_with_functions_in_full_gets_them_in_full() -> None:
    text = "Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n    Properties:\n      Name:\n        Ref: Stage\n"
    new = edited(cloudformation, text, on("Logs"), recipe({"set": {"Other": {"Ref": "Stage"}}}))
    assert new == text + "      Other:\n        Ref: Stage\n"


def test_json_gets_parameters_references_and_resources_as_json() -> None:
    text = json.dumps({"Resources": {"Logs": {"Type": "AWS::S3::Bucket"}, "Other": {"Type": "X"}}}, indent=2)
    edit = {
        "set": {"KmsKeyId": "choice.kms_key_arn"},
        "add": {"{{name}}Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "{{name}}"}}}},
    }
    new = edited(cloudformation, text, on("Logs", path="t.json"), recipe(edit), values(kms_key_arn="string"))
    made = {
        "Parameters": {"KmsKeyArn": {"Type": "String", "Description": "What kms_key_arn is."}},
        "Resources": {
            "Logs": {"Type": "AWS::S3::Bucket", "Properties": {"KmsKeyId": {"Ref": "KmsKeyArn"}}},
            "LogsPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Logs"}}},
            "Other": {"Type": "X"},
        },
    }
    assert new == json.dumps(made, indent=2)


def test_an_added_resource_stands_right_after_the_one_it_is_for() -> None:
    edit = {"add": {"{{name}}Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "{{name}}"}}}}}
    new = edited(cloudformation, TEMPLATE, on("Logs"), recipe(edit))
    added = "  LogsPolicy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Logs\n"
    assert new == TEMPLATE.replace("AWS::S3::Bucket\n\n", f"AWS::S3::Bucket\n\n{added}\n")


def test_open_rules_are_replaced_and_references_beside_them_stay() -> None:
    text = TEMPLATE + "      Rules:\n        - CidrIp: 0.0.0.0/0\n        - CidrIp: !Ref Stage\n"
    edit = {"replace": [{"at": "Rules.CidrIp", "old": ["0.0.0.0/0"], "new": "choice.private_cidr"}]}
    made = outcome(cloudformation, text, DATA, recipe(edit), values(private_cidr="string"))
    assert made.files["t.yaml"].endswith(b"        - CidrIp: !Ref PrivateCidr\n        - CidrIp: !Ref Stage\n")


SSH = """\
Parameters:
  SSHLocation:
    Description: Who may connect
    Type: String
    Default: 0.0.0.0/0  # all
    AllowedPattern: '[0-9./]+'
Resources:
  Logs:
    Type: AWS::EC2::SecurityGroup
    Properties:
      Rules:
        - CidrIp: !Ref SSHLocation
          FromPort: 22
        - CidrIp: !Ref SSHLocation
          FromPort: 3389
"""
CLOSED = recipe({"replace": [{"at": "Rules.CidrIp", "old": ["0.0.0.0/0"], "new": "choice.private_cidr"}]})


def test_a_default_that_is_open_to_choose_goes_so_that_every_deployment_decides() -> None:
    made = outcome(cloudformation, SSH, on("Logs"), CLOSED, values(private_cidr="string"))
    assert made.files["t.yaml"].decode() == SSH.replace("    Default: 0.0.0.0/0  # all\n", "")
    assert made.inputs == ("SSHLocation",)


def test_a_default_becomes_the_value_of_the_policy() -> None:
    for type_, given in (("string", "10.0.0.0/8"), ("list(string)", ["10.0.0.0/8"])):
        chosen = values({"private_cidr": given}, private_cidr=type_)
        made = outcome(cloudformation, SSH, on("Logs"), CLOSED, chosen)
        assert made.files["t.yaml"].decode() == SSH.replace("0.0.0.0/0", "10.0.0.0/8")
        assert made.inputs == ()


def test_a_default_goes_in_json_too() -> None:
    parameter = {"Type": "String", "Default": "0.0.0.0/0", "Description": "Who"}
    rule = {"CidrIp": {"Ref": "SSHLocation"}}
    template = {
        "Parameters": {"SSHLocation": parameter},
        "Resources": {"Logs": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"Rules": [rule]}}},
    }
    found = on("Logs", path="t.json")
    new = edited(cloudformation, json.dumps(template, indent=2), found, CLOSED, values(private_cidr="string"))
    del parameter["Default"]
    assert new == json.dumps(template, indent=2)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "Resources:",
            "Conditions:\n  Open: !Equals [!Ref SSHLocation, x]\nResources:",
            "which other resources use too",
        ),
        ("FromPort: 3389", "Description: !Sub 'from ${SSHLocation}'", "which other resources use too"),
        ("FromPort: 3389", "Description: !Ref SSHLocation", "which other resources use too"),
        ("Type: String", "Type: AWS::SSM::Parameter::Value<String>", "sets for itself"),
        ("AllowedPattern: '[0-9./]+'", "AllowedValues: [0.0.0.0/0]", "AllowedValues exclude"),
        ("    Description: Who may connect\n    Type: String\n", "", "Nothing would be left"),
        ("  SSHLocation:\n", "  Other: *p\n  SSHLocation: &p\n", "another one shares"),
    ],
)
def test_a_default_stays_where_more_hangs_on_it(old: str, new: str, says: str) -> None:
    text = SSH.replace(old, new)
    if "Nothing" in says:
        text = text.replace("    AllowedPattern: '[0-9./]+'\n", "")
    if "shares" in says:
        text = text.replace("  Other: *p\n", "").replace("Resources:", "  Other: *p\nResources:")
    row = recipe({"replace": [{"at": "Rules.CidrIp", "old": ["0.0.0.0/0", "x"], "new": "choice.private_cidr"}]})
    if "SSM" in new:
        row = recipe({"set": {"Rules": {"CidrIp": "choice.private_cidr"}}})
    with pytest.raises(CannotEdit, match=says):
        edited(cloudformation, text, on("Logs"), row, values(private_cidr="string"))


@pytest.mark.slow
def test_ten_thousand_references_to_one_parameter_are_soon_looked_through() -> None:
    text = SSH + "        - CidrIp: !Ref SSHLocation\n" * 10_000
    started = time.process_time()
    made = outcome(cloudformation, text, on("Logs"), CLOSED, values(private_cidr="string"))
    assert made.inputs == ("SSHLocation",)
    assert time.process_time() - started < 5


def test_a_list_that_is_open_to_choose_does_not_stand_for_one_value() -> None:
    text = SSH.replace("!Ref SSHLocation", "0.0.0.0/0")
    with pytest.raises(CannotEdit, match="takes one value"):
        edited(cloudformation, text, on("Logs"), CLOSED, values(private_cidr="list(string)"))


@pytest.mark.parametrize(
    ("type_", "becomes"), [("string", "\n            - !Ref Nets"), ("list(string)", " !Ref Nets")]
)
def test_a_list_gets_one_reference_as_an_item_and_a_reference_to_a_list_instead(type_: str, becomes: str) -> None:
    text = SSH.replace("!Ref SSHLocation", "[0.0.0.0/0]")
    row = recipe({"replace": [{"at": "Rules.CidrIp", "old": ["0.0.0.0/0"], "new": "choice.nets"}]})
    made = outcome(cloudformation, text, on("Logs"), row, values(nets=type_))
    assert f"        - CidrIp:{becomes}\n          FromPort: 22" in made.files["t.yaml"].decode()


def test_items_to_include_are_not_written_into_a_default() -> None:
    row = recipe({"include": {"Rules.CidrIp": ["a", "b"]}})
    text = SSH.replace("Type: String", "Type: CommaDelimitedList")
    with pytest.raises(CannotEdit, match="sets for itself"):
        edited(cloudformation, text, on("Logs"), row)


def test_a_parameter_is_added_where_those_after_the_resources_begin() -> None:
    tail = "Parameters:\n  Stage:\n    Type: String\n\n  Other:\n    Type: String\n"
    text = "Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n    Properties:\n      A: 1\n" + tail
    row = recipe({"set": {"Name": "choice.log_bucket"}})
    new = edited(cloudformation, text, on("Logs"), row, values(log_bucket="string"))
    added = "  LogBucket:\n    Type: String\n    Description: What log_bucket is.\n"
    assert new == text.replace("A: 1\n", "A: 1\n      Name: !Ref LogBucket\n").replace("  Stage:", f"{added}  Stage:")


def test_another_resource_of_the_same_name_is_not_overwritten() -> None:
    edit = {"add": {"Logs": {"Type": "AWS::KMS::Key"}}}
    with pytest.raises(CannotEdit, match="name of another resource on line 11"):
        edited(cloudformation, TEMPLATE, DATA, recipe(edit))


@pytest.mark.parametrize("edit", [{"at": "container"}, {"add": {"A": {}}}, {"add": "text"}, {"instruction": {}}])
def test_edits_that_are_not_for_templates_are_refused(edit: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        cloudformation.check(recipe(edit))


@pytest.mark.parametrize("top", ["Parameters:\n  A:\n    Type: String\n", ""])
@pytest.mark.parametrize("below", ["", "Outputs: {}\n", "Metadata:\n  a: é\n"])
def test_several_choices_become_parameters_at_once(top: str, below: str) -> None:
    row = recipe({"set": {"KmsMasterKeyId": "choice.kms_key_arn", "QueueName": "choice.queue_name"}})
    text = f"{top}Resources:\n  Q:\n    Type: AWS::SQS::Queue\n{below}"
    made = outcome(
        cloudformation, text, on("Q", "AWS::SQS::Queue"), row, values(kms_key_arn="string", queue_name="string")
    )
    after = made.files["t.yaml"].decode()
    assert made.inputs == ("KmsKeyArn", "QueueName")
    assert list(yaml.safe_load(after.replace("!Ref ", ""))["Parameters"])[-2:] == ["KmsKeyArn", "QueueName"]
    assert after.endswith(below)
