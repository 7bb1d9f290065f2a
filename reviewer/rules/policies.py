"""What IAM policies allow that they should not, in every form that a policy is written in.

Checkov says most of what one action or one resource says (CKV_AWS_62, 63, 107 to 111, 286 to 290, 355); these rules
speak of whole services, of what is left out, of ways through several statements, and of forms that it does not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.grants import Policy, is_wide, names, read_policies
from reviewer.rules.privilege import allowed, escalations, scored
from reviewer.rules.resource import View, on_resources, plain
from reviewer.rules.rule import Hit, Rule
from reviewer.rules.statements import Statement

_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"
_EVERYTHING = re.compile(r"(?!kms:)(?:[\w-]+|\*):\*|\*")
_UNLIMITED = frozenset({"ssmmessages", "ec2messages", "xray", "cloudwatch", "translate", "polly", "textract"})
"""Services that have to be allowed on every resource, and hold little."""

_SAM = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
"""Types whose policies Checkov does not read."""


def _identities(view: View) -> Iterator[Policy]:
    return (policy for policy in read_policies(view) if policy.is_identity)


def _services(policy: Policy, *, wide: bool) -> Iterator[tuple[Statement, Value]]:
    """Statements, and the first of their actions that is a whole service."""
    for statement in policy.allowing:
        if statement.conditions != () or is_wide(statement) is not wide:
            continue
        found = next((action for action in statement.actions if _is_service(plain(action) or "")), None)
        if found is not None and (wide or names(statement.resources)):
            yield statement, found


def _is_service(action: str) -> bool:
    """Whether an action is a whole service that can be limited to resources."""
    service, _, rest = action.partition(":")
    return rest == "*" and service != "*" and service.lower() not in _UNLIMITED


def whole_service(view: View) -> Iterator[Hit]:
    """Yield a hit for each policy that allows all actions of a service on every resource."""
    yield from _service_hits(view, wide=True)


def whole_service_somewhere(view: View) -> Iterator[Hit]:
    """Yield a hit for each policy that allows all actions of a service on resources that it names."""
    yield from _service_hits(view, wide=False)


def _service_hits(view: View, *, wide: bool) -> Iterator[Hit]:
    for policy in _identities(view):
        for statement, action in list(_services(policy, wide=wide))[:1]:
            where = "every resource" if wide else ", ".join(names(statement.resources)[:2])[:120]
            message = f"{policy.resource.address} allows {action.text} on {where}. {scored(policy.allowing)}"
            yield policy.resource.hit(message, action)


SERVICE = Rule(
    id="PLB_IAM_1",
    title="A policy allows everything of a service on every resource",
    severity=Severity.MEDIUM,
    why="Reading, changing, deleting and opening to others are all in it, for everything there is and will be. A "
    "mistake or a stolen credential has no bounds.",
    remedy="Name the actions that are used (IAM Access Analyzer generates them from CloudTrail) and the resources.",
    references=(_REFERENCE,),
    check=on_resources(whole_service),
    concept=whole_service,
)

SERVICE_SOMEWHERE = Rule(
    id="PLB_IAM_2",
    title="A policy allows everything of a service on a resource",
    severity=Severity.LOW,
    why="Deleting the resource and opening it to others are in it, too.",
    remedy="Name the actions that are used; IAM Access Analyzer generates them from CloudTrail.",
    references=(_REFERENCE,),
    check=on_resources(whole_service_somewhere),
    concept=whole_service_somewhere,
)


def administrator(view: View) -> Iterator[Hit]:
    """Yield a hit for each function of SAM whose own policy allows every action (elsewhere CKV_AWS_62, 63)."""
    for policy in _identities(view):
        for statement in policy.allowing if policy.resource.type in _SAM else ():
            action = next((a for a in statement.actions if plain(a) in ("*", "*:*")), None)
            if action is not None and statement.conditions == ():
                message = f"{policy.resource.address} may do everything. {scored((statement,))}"
                yield policy.resource.hit(message, action)


ADMINISTRATOR = Rule(
    id="PLB_IAM_3",
    title="A function may do everything",
    severity=Severity.CRITICAL,
    why="A flaw in the function, or in anything that it imports, is power over the whole account.",
    remedy="Name the actions and resources that the function uses, or take one of SAM's policy templates.",
    references=(
        "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html",
    ),
    check=on_resources(administrator),
    concept=administrator,
)


def everything_but(view: View) -> Iterator[Hit]:
    """Yield a hit for each statement that allows what it does not name."""
    for policy in read_policies(view):
        for statement in policy.allowing:
            for left_out, what in ((statement.not_actions, "action"), (statement.not_resources, "resource")):
                if left_out and statement.conditions == ():
                    listed = ", ".join(names(left_out)[:3]) or "some"
                    message = f"{policy.resource.address} allows every {what} but {listed}. {scored((statement,))}"
                    yield policy.resource.hit(message, left_out[0])


EVERYTHING_BUT = Rule(
    id="PLB_IAM_4",
    title="A policy allows everything but what it names",
    severity=Severity.MEDIUM,
    why="Every service and action that AWS adds, and every resource that is made later, is allowed from its first day.",
    remedy="Name what is allowed in Action and Resource, and put what must never be into a statement with Effect Deny.",
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",),
    check=on_resources(everything_but),
    concept=everything_but,
)


def escalation(view: View) -> Iterator[Hit]:
    """Yield a hit for each policy whose holder can take more rights than it gives."""
    for policy in _identities(view):
        found = list(escalations(policy.allowing))
        if found:
            ways = "; ".join(f"{words} ({' + '.join(actions)})" for actions, words in found[:3])
            more = f"; and {len(found) - 3} more ways" if len(found) > 3 else ""
            place = _first(policy, found[0][0])
            yield policy.resource.hit(f"Whoever holds {policy.resource.address} can {ways}{more}.", place)


def _first(policy: Policy, actions: tuple[str, ...]) -> Value:
    """The line of the first action of a way, or the first statement."""
    values = [value for statement in policy.allowing for value in statement.actions]
    return next((value for value in values if plain(value) in actions), policy.allowing[0].at)


ESCALATION = Rule(
    id="PLB_IAM_5",
    title="A policy is a way to more rights than it gives",
    severity=Severity.HIGH,
    why="With these actions on every resource its holder makes itself an administrator, step by step and by the book.",
    remedy="Name in Resource the roles that may be passed, with a condition on iam:PassedToService, and the users, "
    "groups and policies that may be changed; or demand a permissions boundary.",
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    ),
    supersedes=("CKV_AWS_110", "CKV_AWS_286"),
    check=on_resources(escalation),
    concept=escalation,
)


_ERASING = (
    *("cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"),
    *("logs:DeleteLogGroup", "logs:DeleteLogStream", "guardduty:DeleteDetector", "guardduty:UpdateDetector"),
    *("config:DeleteConfigurationRecorder", "config:StopConfigurationRecorder", "ec2:DeleteFlowLogs"),
)


def erases_logs(view: View) -> Iterator[Hit]:
    """Yield a hit for each policy that names actions which stop or delete the record of what happens, on everything."""
    for policy in _identities(view):
        found = allowed(policy.allowing, _ERASING)
        if found:
            message = f"Whoever holds {policy.resource.address} can erase its traces: {', '.join(found[:4])}."
            yield policy.resource.hit(message, _first(policy, found))


ERASES_LOGS = Rule(
    id="PLB_IAM_8",
    title="A policy allows to stop or delete the record of what happens",
    severity=Severity.MEDIUM,
    why="The first thing an intruder does is to stop the logs and delete what stands in them.",
    remedy="Take these actions away, or name the log groups and trails. Deny them to everybody else by a service "
    "control policy.",
    references=("https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",),
    check=on_resources(erases_logs),
    concept=erases_logs,
)


def everything_to_guests(view: View) -> Iterator[Hit]:
    """Yield a hit for each policy of a resource that allows all actions to somebody it names. A key's has to."""
    for policy in read_policies(view):
        if policy.is_trust or policy.is_identity or "kms" in " ".join((policy.resource.type, *policy.used_by)).lower():
            continue
        for statement in policy.allowing:
            guests = names(statement.principals_of("AWS"))
            found = next((a for a in statement.actions if _EVERYTHING.fullmatch(plain(a) or "")), None)
            if found is not None and guests and "*" not in guests and statement.conditions == ():
                message = f"{policy.resource.address} allows {found.text} to {', '.join(guests[:2])[:120]}."
                yield policy.resource.hit(message, found)


EVERYTHING_TO_GUESTS = Rule(
    id="PLB_IAM_10",
    title="A resource's policy allows everything to those it lets in",
    severity=Severity.LOW,
    why="Deleting the resource and changing the policy itself are in it, too.",
    remedy="Name the actions that they use, such as sqs:SendMessage or s3:GetObject.",
    references=(_REFERENCE,),
    check=on_resources(everything_to_guests),
    concept=everything_to_guests,
)

RULES = (SERVICE, SERVICE_SOMEWHERE, ADMINISTRATOR, EVERYTHING_BUT, ESCALATION, ERASES_LOGS, EVERYTHING_TO_GUESTS)
