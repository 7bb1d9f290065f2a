"""Plans as a review would have them, for the tests of what it says about them."""

from reviewer.model import (
    AttributeChange,
    PlanAction,
    PlannedChange,
    PlanOrigin,
    RootPlan,
    Severity,
    Span,
)


def at(line: int) -> Span:
    return Span(path="envs/prod/main.tf", start_line=line, end_line=line + 8)


ORDERS = PlannedChange(
    address="aws_db_instance.orders",
    action=PlanAction.REPLACE,
    attributes=(
        AttributeChange(path="storage_encrypted", before="false", after="true"),
        AttributeChange(path="arn", before="arn:aws:rds:x", after="(known after apply)"),
    ),
    span=at(12),
    severity=Severity.HIGH,
)
SITE = PlannedChange(
    address='module.bucket["site"].aws_s3_bucket.this',
    action=PlanAction.CREATE,
    attributes=(AttributeChange(path="bucket", before="", after="site | live"),),
)
POLICY = PlannedChange(
    address="aws_iam_policy.renamed", action=PlanAction.NO_OP, previous_address="aws_iam_policy.p", span=at(40)
)
GONE = PlannedChange(address="aws_sqs_queue.jobs", action=PlanAction.DELETE)

PROD = RootPlan(
    root="envs/prod",
    changes=(ORDERS, GONE, SITE, POLICY),
    counts=((PlanAction.CREATE, 3), (PlanAction.UPDATE, 1), (PlanAction.REPLACE, 1), (PlanAction.DELETE, 1)),
    left_out=0,
    edges=(("aws_db_instance.orders", "aws_sqs_queue.jobs"),),
)
EU = RootPlan(
    root="envs/prod",
    workspace="eu",
    origin=PlanOrigin.WORKFLOW,
    changes=(SITE,),
    counts=((PlanAction.CREATE, 1),),
    drifted=2,
)
BROKEN = RootPlan(root="envs/old", not_planned="main.tf:3: for_each depends on what is not known before apply")
