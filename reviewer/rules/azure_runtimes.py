"""Runtimes of Azure's apps that get no fixes any more: a table of languages, versions and the day of the last fix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reviewer.model import Severity
from reviewer.rules.resource import View, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_ENDED = {
    "PHP": {
        **dict.fromkeys(("5.6", "7.0"), date(2019, 1, 10)),
        **{"7.1": date(2019, 12, 1), "7.2": date(2020, 11, 30), "7.3": date(2021, 12, 6), "7.4": date(2022, 11, 28)},
        **{"8.0": date(2023, 11, 26), "8.1": date(2025, 12, 31)},
    },
    "Python": {
        **{"2.7": date(2020, 1, 1), "3.4": date(2019, 3, 18), "3.5": date(2020, 9, 30), "3.6": date(2021, 12, 23)},
        **{"3.7": date(2023, 6, 27), "3.8": date(2024, 10, 7), "3.9": date(2025, 10, 31)},
    },
    "Node.js": {
        **dict.fromkeys(("4", "6", "8"), date(2019, 12, 31)),
        **{"10": date(2021, 4, 30), "12": date(2022, 4, 30), "14": date(2023, 4, 30), "16": date(2023, 9, 11)},
        **{"18": date(2025, 4, 30), "20": date(2026, 4, 30)},
    },
    ".NET": {
        **{"2.1": date(2021, 8, 21), "3.0": date(2020, 3, 3), "3.1": date(2022, 12, 13), "5.0": date(2022, 5, 10)},
        **{"6.0": date(2024, 11, 12), "7.0": date(2024, 5, 14)},
    },
    "Ruby": {"2.6": date(2022, 4, 12), "2.7": date(2023, 3, 31)},
    "Java": {"7": date(2022, 7, 19), "1.7": date(2022, 7, 19)},
    "The Functions runtime": dict.fromkeys(("1", "2", "3"), date(2022, 12, 13)),
}
"""The last fixes, as the languages' own calendars have them."""

_LONG_AGO = date(2025, 1, 1)

_NAMES = {
    "php_version": "PHP",
    "python_version": "Python",
    "node_version": "Node.js",
    "dotnet_version": ".NET",
    "dotnet_framework_version": ".NET",
    "dotnet_core_version": ".NET",
    "ruby_version": "Ruby",
    "java_version": "Java",
}
_APPS = ("azurerm_app_service", "azurerm_app_service_slot", "azurerm_function_app", "azurerm_function_app_slot")
_STACKED = tuple(
    f"azurerm_{system}_{kind}_app{slot}"
    for system in ("linux", "windows")
    for kind in ("web", "function")
    for slot in ("", "_slot")
)


def check_long_dead(view: View) -> Iterator[Hit]:
    """Yield a hit for every app on a runtime whose fixes ended long ago."""
    yield from _ended(view, date.min, _LONG_AGO)


def check_dead(view: View) -> Iterator[Hit]:
    """Yield a hit for every app on a runtime whose fixes ended not so long ago."""
    yield from _ended(view, _LONG_AGO, date.max)


def _ended(view: View, since: date, before: date) -> Iterator[Hit]:
    for type_, base in (
        *((type_, "site_config") for type_ in _APPS),
        *((type_, "site_config.application_stack") for type_ in (*_STACKED, "azurerm_function_app_flex_consumption")),
    ):
        for app in view.of(type_):
            stated = [(language, app.get(f"{base}.{name}")) for name, language in _NAMES.items()]
            stated.append(("The Functions runtime", app.get("version") or app.get("functions_extension_version")))
            for language, value in stated:
                version = (plain(value) or "").lower().removeprefix("~").removeprefix("v").removesuffix("-lts")
                ended = _last_fix(language, version)
                if ended is not None and since <= ended < before:
                    what = f"{language} {version}"
                    yield app.hit(f"{app.address} runs on {what}, which got its last fix on {ended}.", value)


def _last_fix(language: str, version: str) -> date | None:
    """When a version got its last fix: `3.8.10` is a 3.8, and `14.x` a 14."""
    return next(
        (day for name, day in _ENDED[language].items() if version == name or version.startswith(f"{name}.")), None
    )


_EOL = "https://learn.microsoft.com/en-us/azure/app-service/language-support-policy"

RULES = (
    Rule(
        id="PLB_AZRUN_1",
        title="An app runs on a language version that has been without fixes for long",
        severity=Severity.MEDIUM,
        why="Holes that were found since stay open, and are known to everybody.",
        remedy="Move to a version that gets fixes; try it in a slot first.",
        references=(_EOL, "https://endoflife.date"),
        check=on_resources(check_long_dead),
        concept=check_long_dead,
        supersedes=("CKV_AZURE_80", "CKV_AZURE_81", "CKV_AZURE_82", "CKV_AZURE_83"),
    ),
    Rule(
        id="PLB_AZRUN_2",
        title="An app runs on a language version that gets no more fixes",
        severity=Severity.LOW,
        why="The next hole that is found in it will stay open.",
        remedy="Plan the move to a version that gets fixes.",
        references=(_EOL, "https://endoflife.date"),
        check=on_resources(check_dead),
        concept=check_dead,
        supersedes=("CKV_AZURE_80", "CKV_AZURE_81", "CKV_AZURE_82", "CKV_AZURE_83"),
    ),
)
