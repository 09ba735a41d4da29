"""The skill package: read by Amazon's own classes, held against the store's rules, and its examples asked."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from ask_sdk_core.serialize import DefaultSerializer
from ask_smapi_model.v1.skill.manifest.skill_manifest_envelope import SkillManifestEnvelope

from skill.adapters.local import LocalSkill
from skill.deploy.package import ICONS, write_package
from skill.errors import UsageError
from skill.places import MODELS, PROJECT

ENDPOINT = "arn:aws:lambda:eu-west-1:123456789012:function:body-signals-SkillFunction-ab12:live"

PRIVACY = "https://example.com/PRIVACY.md"

LOCALES = {"en-US", "en-GB", "en-CA", "en-AU", "en-IN"}

PROMISES = r"\b(cures?|heals?|save your life|life-saving|diagnoses?|we treat|guarantees?|100 ?%|hipaa)\b"
"""What no health skill may claim."""


@pytest.fixture(scope="module")
def package(skill: LocalSkill, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build") / "skill-package"
    write_package(folder, skill.app.knowledge.locales, ENDPOINT, PRIVACY)
    return folder


@pytest.fixture(scope="module")
def manifest(package: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((package / "skill.json").read_text(encoding="utf-8"))["manifest"]
    return found


def shown(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = manifest["publishingInformation"]["locales"]
    return found


def read_back(text: str, kind: type) -> Any:
    """Read with Amazon's classes and write again: what they do not know would be lost."""
    serializer = DefaultSerializer()
    return serializer.serialize(serializer.deserialize(text, kind))


def test_amazons_classes_read_every_part_of_the_manifest(package: Path) -> None:
    text = (package / "skill.json").read_text(encoding="utf-8")
    assert read_back(text, SkillManifestEnvelope) == json.loads(text)


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_the_model_of_each_locale_is_the_committed_one(package: Path, locale: str) -> None:
    file = package / "interactionModels" / "custom" / f"{locale}.json"
    assert file.read_bytes() == (MODELS / f"{locale}.json").read_bytes()


def test_it_holds_what_amazons_tool_looks_for(package: Path) -> None:
    files = {str(file.relative_to(package)) for file in package.rglob("*") if file.is_file()}
    assert files == {
        "skill.json",
        *(f"interactionModels/custom/{locale}.json" for locale in LOCALES),
        *(f"assets/images/{name}" for name, _ in ICONS.values()),
    }
    resources = json.loads((package.parent / "ask-resources.json").read_text(encoding="utf-8"))
    assert (package.parent / resources["profiles"]["default"]["skillMetadata"]["src"]).resolve() == package
    assert "skillInfrastructure" not in json.dumps(resources)


def test_it_shows_itself_in_five_locales_within_the_stores_lengths(manifest: dict[str, Any]) -> None:
    assert shown(manifest).keys() == LOCALES
    for texts in shown(manifest).values():
        assert 2 <= len(texts["name"]) <= 50
        assert 0 < len(texts["summary"]) <= 160
        assert 0 < len(texts["description"]) <= 4_000
        assert 0 < len(texts["keywords"]) <= 30
        assert len(texts["examplePhrases"]) == 3
        assert all(len(phrase) <= 200 for phrase in texts["examplePhrases"])


def test_it_promises_nothing_and_says_what_it_is_not(manifest: dict[str, Any]) -> None:
    for locale, texts in shown(manifest).items():
        everything = " ".join(
            [texts["name"], texts["summary"], texts["description"], *texts["keywords"], *texts["examplePhrases"]]
        )
        assert not re.search(PROMISES, everything, re.IGNORECASE), locale
        assert "alexa" not in texts["name"].lower()
        assert "{" not in everything
        for needed in ("no medical advice", "education only", "does not replace", "ask your", "In an emergency, call"):
            assert needed in texts["description"], locale


def test_each_locale_names_its_own_number(skill: LocalSkill, manifest: dict[str, Any]) -> None:
    for locale, texts in shown(manifest).items():
        assert f"call {skill.app.knowledge.locales[locale].words['emergency']}." in texts["description"]


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_each_example_phrase_is_answered(skill: LocalSkill, manifest: dict[str, Any], locale: str) -> None:
    first, *questions = shown(manifest)[locale]["examplePhrases"]
    assert re.match(r"Alexa, open body signals$", first)
    assert skill.say(skill.device(locale), first).answer_id == "launch"
    for question in questions:
        assert question.startswith("Alexa, ask body signals ")
        assert skill.say(skill.device(locale), question).answer_id in skill.app.knowledge.answers


def test_it_asks_for_nothing_about_a_person(manifest: dict[str, Any]) -> None:
    assert manifest["permissions"] == []
    compliance = manifest["privacyAndCompliance"]
    assert [name for name, value in compliance.items() if value is True] == ["isExportCompliant"]
    assert {each["privacyPolicyUrl"] for each in compliance["locales"].values()} == {PRIVACY}
    assert (PROJECT / "PRIVACY.md").is_file()


def test_the_icons_are_png_of_the_stores_sizes(package: Path, manifest: dict[str, Any]) -> None:
    for key, (name, size) in ICONS.items():
        data = (package / "assets" / "images" / name).read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", data[16:24]) == (size, size)
        assert {texts[key] for texts in shown(manifest).values()} == {f"file://assets/images/{name}"}


def test_a_new_skill_begins_without_an_endpoint(skill: LocalSkill, tmp_path: Path) -> None:
    write_package(tmp_path / "package", skill.app.knowledge.locales)
    custom = json.loads((tmp_path / "package" / "skill.json").read_text(encoding="utf-8"))["manifest"]["apis"]["custom"]
    assert "endpoint" not in custom
    assert custom["interfaces"] == [{"type": "ALEXA_PRESENTATION_APL"}]


@pytest.mark.parametrize(
    ("endpoint", "privacy", "cure"),
    [
        (ENDPOINT.removesuffix(":live"), "", "SkillEndpoint"),
        ("https://example.com", "", "SkillEndpoint"),
        (ENDPOINT, "PRIVACY.md", "https://"),
    ],
)
def test_what_alexa_would_refuse_is_told_before(
    skill: LocalSkill, tmp_path: Path, endpoint: str, privacy: str, cure: str
) -> None:
    with pytest.raises(UsageError, match=cure):
        write_package(tmp_path / "package", skill.app.knowledge.locales, endpoint, privacy)
    assert list(tmp_path.iterdir()) == []
