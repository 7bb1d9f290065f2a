"""The plan as a whole: drift, checks, blast radius, cost."""

from __future__ import annotations

from reviewer.model import Severity, Span
from reviewer.rules.plan import PlanThresholds
from reviewer.rules.plan.rule import SharedModule
from reviewer.tfplan.model import CheckResult
from tests.rules.plan.builders import bad, change, good, kept, replaced, view

ASIDE = (
    bad(
        "PLB_PLAN_DRIFT_1",
        "a group of rules",
        view(drift=(change("aws_security_group.a", {"ingress": [], "name": "a"}, {"ingress": [1], "name": "a"}),)),
        "aws_security_group.a differs in ingress; it changed outside of Terraform, not by this pull request.",
        severity=Severity.LOW,
    ),
    bad(
        "PLB_PLAN_DRIFT_1",
        "what is gone",
        view(drift=(change("aws_instance.a", {"id": "i"}),)),
        "aws_instance.a is gone",
        severity=Severity.INFO,
    ),
    good("PLB_PLAN_DRIFT_1", "nothing drifted", view(kept("aws_instance.a", {"id": "i"}))),
    good("PLB_PLAN_DRIFT_1", "only read", view(drift=(kept("aws_instance.a", {"id": "i"}),))),
    bad(
        "PLB_PLAN_CHECK_1",
        "fails",
        view(checks=(CheckResult(address="check.health", status="fail", problems=("The site is down.",)),)),
        "check.health fails and says: The site is down.",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_CHECK_1",
        "cannot be told",
        view(checks=(CheckResult(address="output.url", status="error"),)),
        "output.url cannot be evaluated.",
    ),
    good("PLB_PLAN_CHECK_1", "passes", view(checks=(CheckResult(address="check.health", status="pass"),))),
    good("PLB_PLAN_CHECK_1", "unknown", view(checks=(CheckResult(address="check.health", status="unknown"),))),
)


def _taken_down(number, allowed):
    changes = [change(f"aws_instance.a[{index}]", {"ami": "a"}) for index in range(number - 1)]
    last = replaced("aws_instance.b", {"ami": "a"}, {"ami": "b"}, "ami")
    return view(*changes, last, thresholds=PlanThresholds(max_destroys=allowed))


def _shared(*roots):
    place = Span(path="modules/net/main.tf", start_line=3, end_line=3)
    return view(shared=(SharedModule(directory="modules/net", roots=roots, place=place),))


BLAST = (
    bad(
        "PLB_PLAN_BLAST_1",
        "one too many",
        _taken_down(4, 3),
        "In envs/prod 3 resources are deleted and 1 replaced, and the policy allows 3",
        "4 of aws_instance",
        severity=Severity.HIGH,
    ),
    bad("PLB_PLAN_BLAST_1", "none is allowed", _taken_down(1, 0), "0 resources are deleted and 1 replaced"),
    good("PLB_PLAN_BLAST_1", "just as many", _taken_down(3, 3)),
    bad(
        "PLB_PLAN_BLAST_2",
        "two environments",
        _shared("envs/dev", "envs/prod"),
        "modules/net is used by 2 roots, and this change of it alone changes what they make: envs/dev and envs/prod.",
        severity=Severity.LOW,
    ),
    bad("PLB_PLAN_BLAST_2", "and the repository's own root", _shared("", "a", "b"), "used by 3 roots"),
    good("PLB_PLAN_BLAST_2", "nothing is shared", view(kept("aws_instance.a", {"id": "i"}))),
    good("PLB_PLAN_BLAST_2", "a root's own code", view(change("null_resource.a", None, {}))),
    good("PLB_PLAN_BLAST_1", "only created", view(*(change(f"null_resource.a[{n}]", None, {}) for n in range(20)))),
)


def _guard(past, now, allowed, **more):
    document = {"pastTotalMonthlyCost": past, "totalMonthlyCost": now, "currency": "EUR", **more}
    return view(infracost=document, thresholds=PlanThresholds(cost_increase_percent=allowed))


NAT = {"connectivity_type": "public"}

COST = (
    bad(
        "PLB_PLAN_COST_1",
        "a bigger class",
        change("aws_db_instance.a", {"instance_class": "db.t3.small"}, {"instance_class": "db.r5.4xlarge"}),
        "aws_db_instance.a costs more with instance_class from db.t3.small to db.r5.4xlarge.",
        severity=Severity.LOW,
    ),
    bad(
        "PLB_PLAN_COST_1",
        "more nodes on a bigger machine, in two zones",
        change(
            "aws_elasticache_replication_group.a",
            {"num_cache_clusters": 2, "node_type": "cache.t3.micro", "multi_az_enabled": False},
            {"num_cache_clusters": 6, "node_type": "cache.r6g.large", "multi_az_enabled": True},
        ),
        "node_type from cache.t3.micro to cache.r6g.large; num_cache_clusters from 2 to 6; multi_az_enabled",
    ),
    bad(
        "PLB_PLAN_COST_1",
        "in Google Cloud",
        change(
            "google_sql_database_instance.a",
            {"settings": [{"tier": "db-custom-2-7680"}]},
            {"settings": [{"tier": "db-custom-8-30720"}]},
        ),
        "settings.tier from db-custom-2-7680 to db-custom-8-30720",
    ),
    bad(
        "PLB_PLAN_COST_1",
        "capacity that is provisioned",
        change(
            "aws_dynamodb_table.a",
            {"billing_mode": "PAY_PER_REQUEST"},
            {"billing_mode": "PROVISIONED", "read_capacity": 5},
        ),
        "billing_mode from PAY_PER_REQUEST to PROVISIONED",
    ),
    good(
        "PLB_PLAN_COST_1",
        "smaller",
        change("aws_instance.a", {"instance_type": "m5.4xlarge"}, {"instance_type": "m5.large"}),
    ),
    good(
        "PLB_PLAN_COST_1",
        "names that do not tell",
        change("aws_instance.a", {"instance_type": "a"}, {"instance_type": "b"}),
    ),
    good("PLB_PLAN_COST_1", "created", change("aws_instance.a", None, {"instance_type": "m5.4xlarge"})),
    bad(
        "PLB_PLAN_COST_2",
        "three instead of one",
        view(
            kept("aws_instance.a[0]", {"instance_type": "m5.large"}),
            change("aws_instance.a[1]", None, {"instance_type": "m5.large"}),
            change("aws_instance.a[2]", None, {"instance_type": "m5.large"}),
        ),
        "There are 3 instances of aws_instance.a after this change; before it there was 1.",
        severity=Severity.LOW,
    ),
    bad(
        "PLB_PLAN_COST_2",
        "a module more",
        view(
            kept('module.db["a"].aws_db_instance.this', {"instance_class": "db.t3.small"}),
            kept('module.db["b"].aws_db_instance.this', {"instance_class": "db.t3.small"}),
            change('module.db["c"].aws_db_instance.this', None, {"instance_class": "db.t3.small"}),
        ),
        "There are 3 instances of module.db.aws_db_instance.this after this change; before it there were 2.",
    ),
    good(
        "PLB_PLAN_COST_2",
        "one goes, one comes",
        view(
            kept('aws_instance.a["x"]', {"instance_type": "m5.large"}),
            change('aws_instance.a["y"]', {"instance_type": "m5.large"}),
            change('aws_instance.a["z"]', None, {"instance_type": "m5.large"}),
        ),
    ),
    good(
        "PLB_PLAN_COST_2",
        "more that costs nothing",
        view(kept("aws_iam_user.a[0]", {}), change("aws_iam_user.a[1]", None, {})),
    ),
    bad(
        "PLB_PLAN_COST_3",
        "a NAT gateway",
        change("aws_nat_gateway.a", None, NAT),
        "a NAT gateway, is paid by the hour",
        severity=Severity.INFO,
    ),
    bad(
        "PLB_PLAN_COST_3",
        "an interface endpoint",
        change("aws_vpc_endpoint.a", None, {"vpc_endpoint_type": "Interface"}),
        "an interface endpoint",
    ),
    good(
        "PLB_PLAN_COST_3",
        "an endpoint that is free",
        change("aws_vpc_endpoint.a", None, {"vpc_endpoint_type": "Gateway"}),
    ),
    good("PLB_PLAN_COST_3", "one that was there", change("aws_nat_gateway.a", NAT, NAT | {"tags": {"a": "b"}})),
    bad(
        "PLB_PLAN_COST_4",
        "by more than is allowed",
        _guard("100", "150.5", 20, projects=[{"name": "envs/prod", "diff": {"totalMonthlyCost": "50.5"}}]),
        "costs 150.50 EUR a month after this change, 100.00 before it: a rise by 50 %; the policy allows 20 %",
        "It rises in envs/prod (+50.50).",
        severity=Severity.HIGH,
    ),
    bad("PLB_PLAN_COST_4", "from nothing", _guard("0", "10", 50), "a rise from nothing"),
    bad(
        "PLB_PLAN_COST_4",
        "only the rise is told",
        _guard(None, "300", 20, diffTotalMonthlyCost="100"),
        "200.00 before it",
    ),
    good("PLB_PLAN_COST_4", "by less", _guard("100", "110", 20)),
    good("PLB_PLAN_COST_4", "cheaper", _guard("100", "50", 20)),
    good("PLB_PLAN_COST_4", "no guard in the policy", _guard("100", "500", None)),
    good("PLB_PLAN_COST_4", "no figures", _guard("many", None, 20)),
)

EXAMPLES = (*ASIDE, *BLAST, *COST)
