"""What keeps no record in AWS: access logs, flow logs, traces, and watchers that are switched off.

In Terraform Checkov says nearly all of this, so the tables are mostly CloudFormation and SAM. Trails have a module of
their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Resource, View, hits, is_beside, is_false, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_LOGS = (
    ("AWS::AmazonMQ::Broker", "Logs.General", "its general log"),
    ("AWS::ECS::Cluster", "Configuration.ExecuteCommandConfiguration.Logging", "a log of commands that are run in it"),
    ("AWS::CodeBuild::Project", "LogsConfig.CloudWatchLogs.Status", "logs of its builds in CloudWatch"),
    ("AWS::EC2::ClientVpnEndpoint", "ConnectionLogOptions.Enabled", "a log of its connections"),
    ("AWS::MWAA::Environment", "LoggingConfiguration", "logs"),
    ("AWS::RDS::DBCluster", "EnableCloudwatchLogsExports", "logs in CloudWatch"),
    ("AWS::RDS::DBInstance", "EnableCloudwatchLogsExports", "logs in CloudWatch"),
    ("AWS::Serverless::StateMachine", "Logging.Level", "a log of its executions"),
    ("AWS::StepFunctions::StateMachine", "LoggingConfiguration.Level", "a log of its executions"),
    ("aws_ec2_client_vpn_endpoint", "connection_log_options.enabled", "a log of its connections"),
)
"""Type, where logging is said, and what is missing without. Types that Checkov has in that form are not here."""

_BARE = (
    ("AWS::EKS::Cluster", "a log of its control plane"),
    ("AWS::S3::Bucket", "a log of who accesses it"),
)
"""Types that Checkov looks at (CKV_AWS_37, CKV_AWS_18), but not when they are written without any property."""

_ON_BY_DEFAULT = frozenset({"AWS::CodeBuild::Project", "AWS::ECS::Cluster"})
_OFF = frozenset({"off", "disabled", "false", "none"})


def no_log(view: View) -> Iterator[Hit]:
    """Yield a hit for each resource that surely keeps no log of what it does."""
    for type_, path, what in _LOGS:
        for resource in view.of(type_):
            if _is_off(resource, path, type_ in _ON_BY_DEFAULT) and not resource.get("DBClusterIdentifier"):
                yield resource.hit(f"{resource.address} does not keep {what}.", resource.get(path))
    for type_, what in _BARE:
        for resource in view.of(type_):
            if not resource.value.entries:
                yield resource.hit(f"{resource.address} does not keep {what}.")


def _is_off(resource: Resource, path: str, is_default: bool) -> bool:
    if resource.lacks(path):
        return not is_default
    return (resource.text(path) or "").lower() in _OFF


LOG = Rule(
    id="PLB_LOG_1",
    title="It keeps no log",
    severity=Severity.LOW,
    why="When something goes wrong, logs are what tells who did what. They cannot be made afterwards.",
    remedy="Switch on its log, send it to CloudWatch Logs or a bucket of another account, and say how long it is kept.",
    references=("https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/detection.html",),
    check=on_resources(no_log),
    concept=no_log,
)

_TRACES = (
    ("AWS::Lambda::Function", "TracingConfig.Mode"),
    ("AWS::Serverless::Function", "Tracing"),
    ("AWS::Serverless::StateMachine", "Tracing.Enabled"),
    ("AWS::StepFunctions::StateMachine", "TracingConfiguration.Enabled"),
    ("AWS::AppSync::GraphQLApi", "XrayEnabled"),
)
_NO_TRACE = frozenset({"passthrough", "false", "disabled"})


def no_trace(view: View) -> Iterator[Hit]:
    """Yield a hit for each function or state machine whose calls are not traced."""
    for type_, path in _TRACES:
        for resource in view.of(type_):
            if resource.lacks(path) or (resource.text(path) or "").lower() in _NO_TRACE:
                yield resource.hit(f"{resource.address} is not traced by X-Ray.", resource.get(path))


TRACE = Rule(
    id="PLB_LOG_2",
    title="Calls are not traced",
    severity=Severity.INFO,
    why="Without traces it is slow to find which call of many failed, or what a stranger's request touched.",
    remedy="Switch on active tracing with X-Ray.",
    references=("https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html",),
    check=on_resources(no_trace),
    concept=no_trace,
)


def no_flow_log(view: View) -> Iterator[Hit]:
    """Yield a hit for each VPC of a template of CloudFormation that no flow log of it speaks of (CKV2_AWS_11)."""
    flow_logs = view.of("AWS::EC2::FlowLog")
    for vpc in view.of("AWS::EC2::VPC"):
        beside = [log for log in flow_logs if is_beside(log, vpc)]
        if not any(view.refers(log, vpc) or _is_elsewhere(log.get("ResourceId")) for log in beside):
            yield vpc.hit(f"Nobody writes down the traffic of {vpc.address}: the template has no flow log for it.")


def _is_elsewhere(value: Value | None) -> bool:
    """Whether a flow log's resource is not told by a plain reference."""
    return value is not None and value.get("Ref", "Fn::GetAtt") is None and plain(value) is None


FLOW_LOG = Rule(
    id="PLB_LOG_3",
    title="A network without flow logs",
    severity=Severity.MEDIUM,
    why="Flow logs are the only record of who talked to whom. After an intrusion nothing else tells where data went.",
    remedy="Add an AWS::EC2::FlowLog for the VPC with TrafficType ALL (or REJECT at least).",
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",),
    check=on_resources(no_flow_log),
    concept=no_flow_log,
)

_WATCHERS = (
    ("AWS::CloudTrail::Trail", "IsLogging", "the trail"),
    ("AWS::GuardDuty::Detector", "Enable", "GuardDuty"),
    ("aws_guardduty_detector", "enable", "GuardDuty"),
    ("aws_config_configuration_recorder_status", "is_enabled", "AWS Config"),
    ("AWS::Macie::Session", "Status", "Macie"),
    ("aws_macie2_account", "status", "Macie"),
)


def watcher_off(view: View) -> Iterator[Hit]:
    """Yield a hit for each detector, recorder or trail that is written down and switched off."""
    for type_, path, what in _WATCHERS:
        for resource in view.of(type_):
            value = resource.get(path)
            if is_false(value) or plain(value) == "PAUSED":
                yield resource.hit(f"{resource.address} is there, but {what} is switched off.", value)


WATCHER = Rule(
    id="PLB_LOG_4",
    title="Something that watches the account is switched off",
    severity=Severity.MEDIUM,
    why="Trails, recorders and detectors are what notices an intruder. Everybody who reads the code believes that "
    "this one runs.",
    remedy="Switch it on, or take it away so that nobody counts on it.",
    references=(
        "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_settingup.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",
    ),
    check=on_resources(watcher_off),
    concept=watcher_off,
)

_AGGREGATORS = (
    ("AWS::Config::ConfigurationAggregator", "AccountAggregationSources", "AllAwsRegions"),
    ("AWS::Config::ConfigurationAggregator", "OrganizationAggregationSource", "AllAwsRegions"),
    ("aws_config_configuration_aggregator", "account_aggregation_source", "all_regions"),
    ("aws_config_configuration_aggregator", "organization_aggregation_source", "all_regions"),
)


def some_regions(view: View) -> Iterator[Hit]:
    """Yield a hit for each aggregator of AWS Config that leaves regions out, or gathers from nowhere."""
    for type_ in ("AWS::Config::ConfigurationAggregator", "aws_config_configuration_aggregator"):
        sources = [(source, flag) for of, source, flag in _AGGREGATORS if of == type_]
        for aggregator in view.of(type_):
            if all(aggregator.lacks(source) for source, _ in sources):
                yield aggregator.hit(f"{aggregator.address} gathers from no account and no region.")
            for source, flag in sources:
                if not aggregator.lacks(source) and aggregator.is_off(f"{source}.{flag}"):
                    message = f"{aggregator.address} does not gather from all regions."
                    yield aggregator.hit(message, aggregator.get(f"{source}.{flag}") or aggregator.get(source))


REGIONS = Rule(
    id="PLB_LOG_5",
    title="AWS Config is not gathered from all regions",
    severity=Severity.LOW,
    why="Intruders like regions that nobody uses and nobody looks at.",
    remedy="Set AllAwsRegions (all_regions) in the sources of the aggregator.",
    references=("https://docs.aws.amazon.com/config/latest/developerguide/aggregate-data.html",),
    check=on_resources(some_regions),
    concept=some_regions,
)


def no_insights(view: View) -> Iterator[Hit]:
    """Yield a hit for each database of CloudFormation without Performance Insights (CKV_AWS_353 in Terraform)."""
    yield from hits(
        view, ("AWS::RDS::DBInstance",), "{} runs without Performance Insights.", "EnablePerformanceInsights"
    )


INSIGHTS = Rule(
    id="PLB_LOG_6",
    title="A database without Performance Insights",
    severity=Severity.INFO,
    why="Without it, nobody sees which queries load the database, those of an intruder included.",
    remedy="Set EnablePerformanceInsights to true; seven days are free.",
    references=("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.html",),
    check=on_resources(no_insights),
    concept=no_insights,
)

RULES = (LOG, TRACE, FLOW_LOG, WATCHER, REGIONS, INSIGHTS)
