"""One thing is said once: what a rule on plans says of a change, and Checkov of how things stand after it.

Works on what a change introduced: of older findings each is there for itself. Tables for people to read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from reviewer.model import Finding
from reviewer.tfplan.model import without_indexes


def _ids(words: str) -> frozenset[str]:
    return frozenset(words.split())


MENDED = {
    "PLB_PLAN_DATA_3": _ids(
        "CKV_AWS_139 CKV_AWS_150 CKV_AWS_172 CKV_AWS_293 CKV_AWS_344 CKV_GCP_119 CKV_GCP_121 CKV_GCP_122"
    ),
    "PLB_PLAN_DATA_5": _ids(
        "CKV_AWS_21 CKV_AWS_28 CKV_AWS_133 CKV_AWS_134 CKV_AWS_343 CKV_AWS_360 CKV_AWS_361 CKV_GCP_14 CKV_GCP_78"
    ),
    "PLB_PLAN_IAM_9": _ids(
        """
        CKV_GCP_28 CKV_GCP_98 CKV_GCP_99 CKV_GCP_100 CKV_GCP_101 CKV_GCP_102 CKV_GCP_112 CKV_GCP_113 CKV2_GCP_6
        CKV2_GCP_8 CKV2_GCP_9
        """
    ),
    "PLB_PLAN_PUBLIC_1": _ids(
        """
        CKV_AWS_24 CKV_AWS_25 CKV_AWS_260 CKV_AWS_277 CKV_AZURE_9 CKV_AZURE_10 CKV_AZURE_160 CKV_GCP_2 CKV_GCP_3
        CKV_GCP_75 CKV_GCP_77 CKV_GCP_88 CKV_GCP_106 CKV2_GCP_12
        """
    ),
    "PLB_PLAN_PUBLIC_2": _ids("CKV_AZURE_11"),
    "PLB_PLAN_PUBLIC_3": _ids(
        """
        CKV_AWS_20 CKV_AWS_53 CKV_AWS_54 CKV_AWS_55 CKV_AWS_56 CKV_AWS_57 CKV_AZURE_34 CKV_AZURE_35 CKV_AZURE_138
        CKV_AZURE_190 CKV_GCP_114
        """
    ),
    "PLB_PLAN_PUBLIC_4": _ids(
        """
        CKV_AWS_17 CKV_AWS_38 CKV_AWS_39 CKV_AWS_69 CKV_AWS_87 CKV_AWS_89 CKV_AWS_102 CKV_AWS_122 CKV_AWS_164
        CKV_AWS_291 CKV_AZURE_6 CKV_AZURE_48 CKV_AZURE_53 CKV_AZURE_59 CKV_AZURE_68 CKV_AZURE_89 CKV_AZURE_99
        CKV_AZURE_101 CKV_AZURE_106 CKV_AZURE_108 CKV_AZURE_109 CKV_AZURE_113 CKV_AZURE_115 CKV_AZURE_124
        CKV_AZURE_134 CKV_AZURE_139 CKV_AZURE_144 CKV_AZURE_158 CKV_AZURE_162 CKV_AZURE_174 CKV_AZURE_189
        CKV_AZURE_193 CKV_AZURE_204 CKV_AZURE_221 CKV_AZURE_222 CKV_GCP_11 CKV_GCP_18 CKV_GCP_20 CKV_GCP_25
        CKV_GCP_60 CKV_GCP_64
        """
    ),
    "PLB_PLAN_PUBLIC_5": _ids("CKV_AWS_88 CKV_AWS_130 CKV_AWS_389 CKV_AZURE_119 CKV_AZURE_143 CKV_GCP_40"),
    "PLB_PLAN_PUBLIC_6": _ids("CKV_AWS_59 CKV_AWS_258 CKV_AWS_309"),
    "PLB_PLAN_PUBLIC_7": _ids("CKV_AWS_205 CKV_AWS_302 CKV_AWS_303"),
    "PLB_PLAN_CRYPT_1": _ids(
        """
        CKV_AWS_2 CKV_AWS_3 CKV_AWS_5 CKV_AWS_6 CKV_AWS_7 CKV_AWS_8 CKV_AWS_16 CKV_AWS_26 CKV_AWS_27 CKV_AWS_29
        CKV_AWS_30 CKV_AWS_42 CKV_AWS_44 CKV_AWS_47 CKV_AWS_58 CKV_AWS_64 CKV_AWS_74 CKV_AWS_96
        CKV_AWS_119 CKV_AWS_146 CKV_AWS_156 CKV_AWS_214 CKV_AWS_215 CKV_AWS_235 CKV_AWS_279 CKV_AWS_292 CKV_AZURE_3
        CKV_AZURE_14 CKV_AZURE_28 CKV_AZURE_29 CKV_AZURE_47 CKV_AZURE_73 CKV_AZURE_75 CKV_AZURE_91 CKV_AZURE_93
        CKV_AZURE_96 CKV_AZURE_97 CKV_AZURE_130 CKV_AZURE_151 CKV_AZURE_153 CKV_GCP_6 CKV_GCP_37 CKV_GCP_38
        """
    ),
    "PLB_PLAN_LOG_1": _ids(
        """
        CKV_AWS_18 CKV_AWS_36 CKV_AWS_37 CKV_AWS_67 CKV_AWS_71 CKV_AWS_76 CKV_AWS_80 CKV_AWS_84 CKV_AWS_86 CKV_AWS_91
        CKV_AWS_92 CKV_AWS_129 CKV_AWS_238 CKV_AWS_251 CKV_AWS_317 CKV_AWS_324 CKV_GCP_1 CKV_GCP_26 CKV_GCP_62
        """
    ),
    "PLB_PLAN_KEY_1": _ids("CKV_AZURE_42 CKV_AZURE_110 CKV_AZURE_187"),
    "PLB_PLAN_KEY_2": _ids("CKV_AWS_227"),
}
"""Rules of Checkov that ask for the same attribute and mostly have an edit: they stay, in the words of the change."""

_WIDE = "CKV_AWS_62 CKV_AWS_63 CKV_AWS_286 CKV_AWS_287 CKV_AWS_288 CKV_AWS_289 CKV_AWS_290 CKV_AWS_355"
SUPERSEDED = {
    "PLB_PLAN_IAM_1": _ids(f"{_WIDE} CKV2_AWS_40"),
    "PLB_PLAN_IAM_2": _ids("CKV_AWS_286 CKV_AWS_289 CKV_AWS_290 CKV_AWS_355"),
    "PLB_PLAN_IAM_3": _ids("CKV_AWS_287 CKV_AWS_288 CKV_AWS_290 CKV_AWS_355"),
    "PLB_PLAN_IAM_4": _ids("CKV_AWS_60 CKV_AWS_61"),
    "PLB_PLAN_IAM_5": _ids("CKV_AWS_32 CKV_AWS_33 CKV_AWS_70 CKV_AWS_167 CKV_AWS_168 CKV_AWS_169 CKV_AWS_301"),
    "PLB_PLAN_IAM_6": _ids("CKV_AWS_274 CKV2_AWS_56"),
    "PLB_PLAN_IAM_9": _ids(
        "CKV_GCP_41 CKV_GCP_42 CKV_GCP_44 CKV_GCP_45 CKV_GCP_49 CKV_GCP_115 CKV_GCP_116 CKV_GCP_117"
    ),
    "PLB_PLAN_IAM_10": _ids("CKV_K8S_49"),
}
"""Rules of Checkov that say the same less well and have no edit: they fall silent, unless they are more severe."""

_Key = tuple[str, str]
"""Root and resource."""


def told_once(introduced: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what a change introduced, each thing once, in the same order.

    Where exactly one finding of MENDED stands beside exactly one of ours on the same resource (of several: on the same
    line), it takes over our message and the higher severity, and keeps its own fingerprint and thus its fix.
    """
    listed = tuple(introduced)
    by_resource: defaultdict[_Key, list[Finding]] = defaultdict(list)
    for finding in listed:
        by_resource[finding.root, without_indexes(finding.resource)].append(finding)
    changed: dict[int, Finding | None] = {}  # by identity
    for group in by_resource.values():
        changed.update(_merged(group))
    told = (changed.get(id(finding), finding) for finding in listed)
    return tuple(finding for finding in told if finding is not None)


def _merged(group: list[Finding]) -> dict[int, Finding | None]:
    """What becomes of the findings on one block: others in their place, None for those that fall silent."""
    changed: dict[int, Finding | None] = {}
    numbers = Counter((finding.rule, finding.resource) for finding in group)
    for ours in group:
        if ours.rule in SUPERSEDED:
            milder = [f for f in group if f.rule in SUPERSEDED[ours.rule] and f.severity <= ours.severity]
            changed.update((id(f), None) for f in milder if _same(f, ours))
        if ours.rule in MENDED:
            alone = numbers[ours.rule, ours.resource] == 1
            near = [f for f in group if f.rule in MENDED[ours.rule] and _same(f, ours) and id(f) not in changed]
            line = sum(f.rule == ours.rule and f.resource == ours.resource and f.span == ours.span for f in group) == 1
            echoes = [f for f in near if alone or (line and f.span == ours.span)]
            if len(echoes) == 1:
                severity = max(echoes[0].severity, ours.severity)
                changed[id(echoes[0])] = replace(echoes[0], message=ours.message, severity=severity)
                changed[id(ours)] = None
    return changed


def _same(finding: Finding, ours: Finding) -> bool:
    """Whether both speak of one instance, or the other one of all instances."""
    return finding.resource in (ours.resource, without_indexes(ours.resource))
