"""Pages that are made from the tree, so that they cannot lie: `python -m tests.arch.generate` writes them.

docs/machine/ from a walk through provisioning's machine, docs/settings.md from the settings classes, docs/topics.md
and deploy/kafka/*.sh from the catalogue of topics,
docs/cis-coverage.md from the tests that carry a `cis` marker.
"""

from __future__ import annotations

import ast
import csv
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from chassis.settings import ServiceSettings
from contracts.registry import EVENT_TYPES
from contracts.topics import TOPICS
from ops.sandbox.settings import SandboxSettings
from tests.arch.machine_pages import PAGES as MACHINE_PAGES
from tests.arch.tree import ROOT, SERVICES, sources

MADE: Final = "Made by `make docs`; do not edit."
# Names that are no service's setting: what they are for stands here, once.
OTHER_NAMES: Final = {
    "KAITSU_KAFKA": "`kaitsu` uses these Kafka servers instead of starting one.",
    "KAITSU_POSTGRES": "`kaitsu` uses this PostgreSQL (an administrator's DSN) instead of starting one.",
    "KAITSU_OPS_TOKEN": "`kaitsu` shows this token to services that it did not start.",
    "KAITSU_<SERVICE>_URL": "Where `kaitsu` finds a service that it did not start.",
    "KAITSU_TEST_RUNTIME": "Engines of the tests: `embedded`, `containers` or `external`; unset: containers where "
    "an engine answers, else embedded.",
    "KAITSU_TEST_KAFKA": "With `external`: the Kafka servers of the tests.",
    "KAITSU_TEST_POSTGRES": "With `external`: DSN of a PostgreSQL role that may make roles and databases.",
    "KAITSU_MAVEN_REPOSITORY": "Address of a Maven repository of yours, for Kafka's jars.",
    "KAITSU_CONTRACT_BASE": "Commit that the contracts are compared with; else where the branch left `main`.",
}


def settings_class(service: str) -> type[ServiceSettings]:
    """Return the settings class of a service: the one subclass in its settings module."""
    module = importlib.import_module(f"services.{service}.settings")
    (found,) = {
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, ServiceSettings) and each.__module__ == module.__name__
    }
    return found


def variables(cls: type[BaseSettings]) -> dict[str, FieldInfo]:
    """Return the environment variables of the class with their fields."""
    prefix = cls.model_config.get("env_prefix", "")
    return {f"{prefix}{name.upper()}": field for name, field in cls.model_fields.items()}


def settings_page() -> str:
    """Return docs/settings.md."""
    parts = [
        "# Settings\n\nEvery service reads its settings from the environment when it starts, and only its `main` "
        f"does. {MADE}\n"
    ]
    common = set(ServiceSettings.model_fields)
    parts += [
        "\n## What every service needs\n\n"
        "`<SERVICE>` is `INTAKE`, `PROVISIONING`, `BILLING` or `NOTIFY`.\n\n"
        + _table({f"KAITSU_<SERVICE>_{name.upper()}": f for name, f in ServiceSettings.model_fields.items()})
    ]
    for service in SERVICES:
        cls = settings_class(service)
        own = {
            name: field
            for (name, field), plain in zip(variables(cls).items(), cls.model_fields, strict=True)
            if plain not in common
        }
        parts.append(f"\n## {service}\n\n" + (_table(own) if own else "Nothing more.\n"))
    parts.append("\n## The sandbox\n\nPlays carrier and desk; `kaitsu` starts it and gives it these.\n\n")
    parts.append(_table(variables(SandboxSettings)))
    parts.append("\n## The command, the demonstration and the tests\n\n| name | meaning |\n|---|---|\n")
    parts.append("".join(f"| `{name}` | {about} |\n" for name, about in OTHER_NAMES.items()))
    return "".join(parts)


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = "".join(
        f"| `{name}` | {_default(field)} | {field.description} |\n" for name, field in fields.items()
    )
    return f"| name | default | meaning |\n|---|---|---|\n{rows}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value: object = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined:
        return "none"
    if isinstance(value, SecretStr):
        return "set"
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT) if value.is_absolute() else value}`"
    return f"`{value if isinstance(value, int | float) else json.dumps(str(value), ensure_ascii=False)}`"


def topics_page() -> str:
    """Return docs/topics.md."""
    parts = [
        f"# Topics and events\n\nThe whole bus on a page; [asyncapi.json](asyncapi.json) has every field. {MADE}\n"
    ]
    for topic in TOPICS.values():
        readers = ", ".join(topic.consumers) or "nobody here"
        parts.append(
            f"\n## {topic.name}\n\n{topic.about} Written by **{topic.owner}**, read by {readers}; "
            f"{topic.partitions} partitions, key `{topic.key}`, kept for {topic.retention_days} days.\n\n"
            "| type | what it says |\n|---|---|\n"
        )
        parts += [
            f"| `{type_}` | {(cls.__doc__ or '').partition(chr(10))[0]} |\n"
            for type_, cls in EVENT_TYPES.items()
            if cls.topic == topic.name
        ]
    return "".join(parts)


_SCRIPT: Final = """#!/bin/sh
# {about}
# Made from contracts/topics.py by `make docs`; do not edit.
# KAFKA: servers, host:port; KAFKA_BIN: folder of Kafka's scripts; COMMAND_CONFIG: client settings (SASL, TLS), if any.
set -eu
run() {{
  tool=$1
  shift
  "${{KAFKA_BIN:-/opt/kafka/bin}}/$tool" --bootstrap-server "$KAFKA" \\
    ${{COMMAND_CONFIG:+--command-config "$COMMAND_CONFIG"}} "$@"
}}
"""


def topics_script() -> str:
    """Return deploy/kafka/topics.sh: makes the topics that are missing; may run again."""
    lines = [
        _SCRIPT.format(
            about="Makes the topics of the catalogue that are missing. REPLICATION: copies of each, 1 unless set."
        )
    ]
    for topic in TOPICS.values():
        configs = " ".join(f"--config {key}={value}" for key, value in sorted(topic.config.items()))
        lines.append(
            f"run kafka-topics.sh --create --if-not-exists --topic {topic.name} --partitions {topic.partitions} "
            f'--replication-factor "${{REPLICATION:-1}}" {configs}\n'
        )
    return "".join(lines)


def acls_script() -> str:
    """Return deploy/kafka/acls.sh: what each principal may do, and nothing else."""
    lines = [
        _SCRIPT.format(
            about="Gives each principal (a service, a partner) exactly its rights. Needs an authorizer on the brokers."
        )
    ]
    for topic in TOPICS.values():
        lines.append(
            f"run kafka-acls.sh --add --allow-principal User:{topic.owner} --producer --topic {topic.name}\n"
        )
        lines += [
            f"run kafka-acls.sh --add --allow-principal User:{reader} --consumer --topic {topic.name} "
            f"--group {reader}.{topic.name}\n"
            for reader in topic.consumers
        ]
    return "".join(lines)


def marked_tests() -> dict[str, list[str]]:
    """Return the tests that exercise each operation, by its id, from their `cis` markers."""
    found: dict[str, list[str]] = {}
    for source in sources("tests"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for id_ in _marked(node.decorator_list):
                    found.setdefault(id_, []).append(f"{source.name}::{node.name}")
    return {id_: sorted(tests) for id_, tests in found.items()}


def _marked(decorators: list[ast.expr]) -> Iterator[str]:
    for decorator in decorators:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.cis":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def operations() -> list[dict[str, str]]:
    """Return the rows of tests/arch/cis-operations.csv."""
    with (ROOT / "tests/arch/cis-operations.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def coverage_page() -> str:
    """Return docs/cis-coverage.md: which of a utility's 82 operations a test exercises, and which none does."""
    marked, rows = marked_tests(), operations()
    covered = sum(row["id"] in marked for row in rows)
    parts = [
        "# Operations that are covered\n\n"
        f"The {len(rows)} operations that a customer information system (CIS) serves, and the tests that exercise each "
        f"(marker `cis`). **{covered} are covered, {len(rows) - covered} are gaps.** {MADE}\n"
    ]
    category = ""
    for row in rows:
        if row["category_ja"] != category:
            category = row["category_ja"]
            parts.append(f"\n## {category}\n\n| id | operation | ours | tests |\n|---|---|---|---|\n")
        tests = "<br>".join(f"`{test}`" for test in marked.get(row["id"], [])) or "**gap**"
        parts.append(f"| {row['id']} | {row['operation_ja']} | {row['owner_ours']} | {tests} |\n")
    return "".join(parts)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/settings.md": settings_page,
    "docs/topics.md": topics_page,
    "docs/cis-coverage.md": coverage_page,
    **MACHINE_PAGES,
    "deploy/kafka/topics.sh": topics_script,
    "deploy/kafka/acls.sh": acls_script,
}


if __name__ == "__main__":
    for name, make in PAGES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        if name.endswith(".sh"):
            path.chmod(0o755)
