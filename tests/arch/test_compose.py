"""docker-compose.yml and the Dockerfile, as far as they can be checked without a container engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from tests.arch.generate import settings_class, variables
from tests.arch.tree import ROOT, SERVICES

TEXT: Final = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(TEXT)
PARTS: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
DOCKERFILE: Final = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")

# The part of the compose specification that the file uses; a misspelled or misplaced key is refused.
SCHEMA: Final[dict[str, Any]] = json.loads((ROOT / "tests/arch/compose.schema.json").read_bytes())


def interpolated(text: str) -> str:
    """Return the text as compose reads it when no variable is given: every `${NAME:-default}` is its default."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", r"\2", text)


def environment(part: str) -> dict[str, str]:
    """Return what a container of the part finds in its environment."""
    given = cast("dict[str, str]", PARTS[part].get("environment", {}))
    return {name: interpolated(value) for name, value in given.items()}


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile: name and rest."""
    lines = re.sub(r"\\\n", " ", DOCKERFILE).splitlines()
    return [
        (line.split()[0], line.split(maxsplit=1)[1])
        for line in lines
        if line.strip() and not line.startswith("#")
    ]


def test_the_file_stands_by_the_compose_specification() -> None:
    jsonschema.validate(COMPOSE, SCHEMA)


def test_the_password_for_trying_out_needs_no_escape_in_an_address_and_the_file_says_which_do_not() -> None:
    (named,) = re.findall(r"^# TRIAL_PASSWORD .* only (.*) are allowed", TEXT, re.MULTILINE)
    allowed = re.compile(f"[{named.replace(' ', '').replace('-._~', '._~-')}]+")
    (default,) = set(re.findall(r"\$\{TRIAL_PASSWORD:-([^}]*)\}", TEXT))
    sound = [char for char in map(chr, range(32, 127)) if allowed.fullmatch(char)]

    assert allowed.fullmatch(default)
    assert len(sound) == 26 + 26 + 10 + 4
    assert quote("".join(sound), safe="") == "".join(sound)


def test_a_misspelled_key_would_be_seen() -> None:
    broken = json.loads(json.dumps(COMPOSE))
    broken["services"]["intake"]["depend_on"] = {}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def test_everything_that_is_waited_for_is_there_and_can_say_so() -> None:
    for name, part in PARTS.items():
        for other, wish in part.get("depends_on", {}).items():
            assert other in PARTS, name
            if wish["condition"] == "service_healthy":
                assert "healthcheck" in PARTS[other], other
            if wish["condition"] == "service_completed_successfully":
                assert PARTS[other]["restart"] == "no", other


def test_what_is_mounted_is_there() -> None:
    for part in PARTS.values():
        for source in (volume.split(":")[0] for volume in part.get("volumes", [])):
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_images_are_pinned_to_a_version_and_versions_of_the_house_agree() -> None:
    images = {part["image"] for part in PARTS.values()} | {
        rest.split()[0] for name, rest in instructions() if name == "FROM"
    }

    assert all(re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", image) for image in images), images
    version = re.search(
        r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert version
    assert f"kaitsu:{version[1]}" in images


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_every_setting_that_it_needs_and_no_other(service: str, monkeypatch: Any) -> None:
    known = variables(settings_class(service))
    for part in (service, f"migrate-{service}"):
        given = environment(part)
        assert {name for name in given if name.startswith("KAITSU_")} <= set(known), part
        assert {name for name, field in known.items() if field.is_required()} <= set(given), part
    for name in os.environ:
        if name.startswith("KAITSU_"):
            monkeypatch.delenv(name)
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)

    settings = settings_class(service)()  # pyright: ignore[reportCallIssue] - filled from the environment

    assert settings.kafka_servers == ["kafka:9092"]
    assert f"127.0.0.1:{settings.http_port}:{settings.http_port}" in PARTS[service]["ports"]
    assert str(settings.http_port) in PARTS[service]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("service", SERVICES)
def test_a_missing_setting_would_be_seen(service: str, monkeypatch: Any) -> None:
    for name in os.environ:
        if name.startswith("KAITSU_"):
            monkeypatch.delenv(name)
    for name, value in environment(service).items():
        if not name.endswith("_OPS_TOKEN"):
            monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match="ops_token"):
        settings_class(service)()  # pyright: ignore[reportCallIssue] - filled from the environment


def test_every_service_is_served_migrated_and_has_its_passwords() -> None:
    for service in SERVICES:
        assert PARTS[service]["command"] == [f"services.{service}"]
        assert PARTS[f"migrate-{service}"]["command"] == [f"services.{service}", "migrate"]
        assert PARTS[service]["depends_on"][f"migrate-{service}"]
        assert f"{service.upper()}_OWNER_PASSWORD" in environment("postgres")
        assert f"{service.upper()}_APP_PASSWORD" in environment("postgres")
        assert (ROOT / f"services/{service}/__main__.py").exists()


def test_callers_and_contacts_share_their_tokens() -> None:
    tokens = json.loads(environment("intake")["KAITSU_INTAKE_SERVICE_TOKENS"])

    assert environment("billing")["KAITSU_BILLING_CONTACTS_TOKEN"] == tokens["billing"]
    assert environment("notify")["KAITSU_NOTIFY_CONTACTS_TOKEN"] == tokens["notify"]


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret() -> None:
    names = [name for name, _ in instructions()]
    user = dict(instructions())["USER"]

    assert names.count("FROM") == 2
    assert user.isdigit()
    assert int(user) > 1000
    assert not re.search(r"(?i)password|token|secret", DOCKERFILE)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [rest.split()[0] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    assert ignored[0] == "*"
    assert {f"!{name}" for name in copied} <= set(ignored)


def test_the_steps_of_the_dockerfile_work_in_a_clean_folder(tmp_path: Path) -> None:
    """Replays COPY, RUN and ENV of both stages with this Python, then loads every service from what was made."""
    image = tmp_path / "image"
    workdir, env = image, {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    passed_on = ("PIP_", "SSL_", "REQUESTS_", "LD_LIBRARY_PATH")
    env |= {name: value for name, value in os.environ.items() if name.startswith(passed_on)}
    for name, rest in instructions():
        if name == "WORKDIR":
            workdir = image / rest.lstrip("/")
            workdir.mkdir(parents=True, exist_ok=True)
        elif name == "COPY" and "--from" not in rest:
            source, target = rest.split()
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, workdir / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, workdir / target)
        elif name == "RUN" and not rest.startswith("useradd"):
            words = [
                str(image / word.lstrip("/")) if word.startswith("/venv") else word for word in rest.split()
            ]
            words[0] = sys.executable if words[0] == "python" else words[0]
            subprocess.run(words, cwd=workdir, env=env, check=True, capture_output=True, text=True)
    python = str(image / "venv/bin/python")
    modules = "; ".join(f"import services.{service}.main" for service in SERVICES)

    done = subprocess.run(
        [python, "-c", f"{modules}; import chassis; print(chassis.__file__)"],
        cwd=image / "app",
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(image / "app")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert str(image) in done.stdout
