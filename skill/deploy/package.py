"""Writes the skill package that Amazon's command line tool takes: manifest, interaction models and icons."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skill.deploy.icon import icon
from skill.errors import UsageError
from skill.knowledge.model import Locale
from skill.places import MODELS
from skill.speech import fill

LISTING = Path(__file__).parent / "listing.toml"

ICONS = {"smallIconUri": ("small-icon.png", 108), "largeIconUri": ("large-icon.png", 512)}

ENDPOINT = re.compile(r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+:live")

RESOURCES = {"askcliResourcesVersion": "2020-03-31", "profiles": {"default": {"skillMetadata": {"src": "./skill-package"}}}}
"""Beside the package: what `ask deploy` deploys. The function is SAM's, so it is left out."""


def write_package(folder: Path, locales: Mapping[str, Locale], endpoint: str = "", privacy: str = "") -> None:
    """Write the package anew. Without an endpoint it is what a new skill begins with, to get its id.

    `privacy` is the public address of PRIVACY.md.
    """
    if endpoint and not ENDPOINT.fullmatch(endpoint):
        raise UsageError(f"{endpoint} is no alias of a function; give the stack's output SkillEndpoint, which ends in :live")
    if privacy and not privacy.startswith("https://"):
        raise UsageError(f"{privacy} is no public address; give one that begins with https://")
    shutil.rmtree(folder, ignore_errors=True)
    known = {name: locale for name, locale in locales.items() if name != "unknown"}
    images, models = folder / "assets" / "images", folder / "interactionModels" / "custom"
    images.mkdir(parents=True)
    models.mkdir(parents=True)
    for name, size in ICONS.values():
        (images / name).write_bytes(icon(size))
    for name in known:
        shutil.copyfile(MODELS / f"{name}.json", models / f"{name}.json")
    _write(folder / "skill.json", {"manifest": manifest(known, endpoint, privacy)})
    _write(folder.parent / "ask-resources.json", RESOURCES)


def manifest(locales: Mapping[str, Locale], endpoint: str, privacy: str) -> dict[str, Any]:
    """What Amazon has to know of the skill."""
    listing = tomllib.loads(LISTING.read_text(encoding="utf-8"))
    custom: dict[str, Any] = {"interfaces": [{"type": "ALEXA_PRESENTATION_APL"}]}
    if endpoint:
        custom["endpoint"] = {"uri": endpoint}
    compliance: dict[str, Any] = {
        "allowsPurchases": False,
        "usesPersonalInfo": False,
        "isChildDirected": False,
        "isExportCompliant": True,
        "containsAds": False,
        "usesHealthInfo": False,
    }
    if privacy:
        compliance["locales"] = {name: {"privacyPolicyUrl": privacy} for name in locales}
    return {
        "manifestVersion": "1.0",
        "publishingInformation": {
            "locales": {name: _shown(listing, locale) for name, locale in locales.items()},
            "category": listing["category"],
            "distributionMode": "PUBLIC",
            "isAvailableWorldwide": True,
            "testingInstructions": listing["testing_instructions"].strip(),
        },
        "privacyAndCompliance": compliance,
        "apis": {"custom": custom},
        # None: a permission would give the skill something about a person.
        "permissions": [],
    }


def _shown(listing: Mapping[str, Any], locale: Locale) -> dict[str, Any]:
    return {
        "name": listing["name"],
        "summary": listing["summary"],
        "description": fill(listing["description"].strip(), locale.words),
        "examplePhrases": listing["examples"],
        "keywords": listing["keywords"],
        **{key: f"file://assets/images/{name}" for key, (name, _) in ICONS.items()},
    }


def _write(file: Path, data: Any) -> None:
    file.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
