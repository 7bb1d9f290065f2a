"""What a rule on plans and Checkov both say is told once."""

from reviewer.masking import mask_secrets
from reviewer.model import Finding, Severity, Source, Span
from reviewer.rules.plan import PLAN_RULES, run_plan_rules
from reviewer.rules.plan.echoes import MENDED, SUPERSEDED, told_once
from tests.rules.plan.test_examples import BAD

SPAN = Span(path="main.tf", start_line=1, end_line=9)


def finding(rule, resource="aws_db_instance.a", severity=Severity.MEDIUM, **more):
    scanner = "plumbrule" if rule.startswith("PLB") else "checkov"
    fields = {"title": rule, "message": f"{rule} speaks.", "span": SPAN, "block": SPAN} | more
    return Finding(rule=rule, resource=resource, severity=severity, scanner=scanner, fingerprint=rule, **fields)


def test_checkov_keeps_its_fix_and_takes_our_words_and_the_higher_severity():
    ours = finding("PLB_PLAN_PUBLIC_4", severity=Severity.HIGH, source=Source.PLAN)
    other = finding("CKV_AWS_16")
    (told, left) = told_once((ours, finding("CKV_AWS_17"), other))
    assert (told.rule, told.fingerprint, told.severity) == ("CKV_AWS_17", "CKV_AWS_17", Severity.HIGH)
    assert told.message == "PLB_PLAN_PUBLIC_4 speaks."
    assert left == other


def test_an_instance_of_a_block_echoes_what_is_said_of_the_block_and_not_another_instance():
    block = finding("CKV_AWS_17", "module.a.aws_db_instance.a")
    (told,) = told_once((finding("PLB_PLAN_PUBLIC_4", "module.a.aws_db_instance.a[0]"), block))
    assert told.rule == "CKV_AWS_17"
    apart = (finding("PLB_PLAN_PUBLIC_4", "aws_db_instance.a[0]"), finding("CKV_AWS_17", "aws_db_instance.a[1]"))
    assert told_once(apart) == apart


def test_other_resources_other_roots_and_what_cannot_be_told_apart_stay():
    ours = finding("PLB_PLAN_CRYPT_1")
    for others in (
        (finding("CKV_AWS_16", "aws_db_instance.b"),),
        (finding("CKV_AWS_16", root="envs/dev"),),
        (finding("CKV_AWS_29"), finding("CKV_AWS_30")),
        (finding("CKV_AWS_30"), finding("PLB_PLAN_CRYPT_1", message="Another attribute.")),
        (),
    ):
        assert told_once((ours, *others)) == (ours, *others)


def test_of_several_attributes_each_is_told_on_its_own_line():
    lines = [Span(path="main.tf", start_line=n, end_line=n) for n in (2, 3)]
    ours = [finding("PLB_PLAN_PUBLIC_3", message=f"Line {line.start_line}.", span=line) for line in lines]
    theirs = [finding("CKV_AWS_53", span=lines[0]), finding("CKV_AWS_54", span=lines[1])]
    told = told_once((*ours, *theirs))
    assert [(one.rule, one.message) for one in told] == [("CKV_AWS_53", "Line 2."), ("CKV_AWS_54", "Line 3.")]


def test_what_checkov_says_of_a_policy_less_well_falls_silent():
    ours = (finding("PLB_PLAN_IAM_1", "aws_iam_policy.a"), finding("PLB_PLAN_IAM_2", "aws_iam_policy.a"))
    echoes = (finding("CKV_AWS_355", "aws_iam_policy.a"), finding("CKV_AWS_290", "aws_iam_policy.a"))
    elsewhere = finding("CKV_AWS_355", "aws_iam_policy.b")
    assert told_once((*ours, *echoes, elsewhere)) == (*ours, elsewhere)
    worse = finding("CKV_AWS_62", "aws_iam_policy.a", severity=Severity.CRITICAL)
    assert told_once((*ours, worse)) == (*ours, worse)


def test_without_a_finding_of_ours_checkov_speaks():
    alone = (finding("CKV_AWS_355", "aws_iam_policy.a"), finding("CKV_AWS_17"))
    assert told_once(alone) == alone


def test_the_tables_name_rules_that_there_are():
    assert set(MENDED) | set(SUPERSEDED) <= set(PLAN_RULES)
    assert all(not ids & SUPERSEDED.get(rule, frozenset()) for rule, ids in MENDED.items())


def test_no_message_reads_like_a_secret_and_is_masked():
    for example in BAD:
        (found,) = run_plan_rules(example.view)
        assert mask_secrets(found.message) == found.message
        renamed = found.message.replace(found.resource, "aws_secretsmanager_secret.token")
        assert mask_secrets(renamed) == renamed
