"""Generated pages are those of the tree; names of settings and of operations are known ones."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from contracts.topics import TOPICS
from ops.sandbox.settings import SandboxSettings
from tests.arch.generate import OTHER_NAMES, PAGES, marked_tests, operations, settings_class, variables
from tests.arch.tree import ROOT, SERVICES, sources, texts

_NAME: Final = re.compile(
    r"^KAITSU_(?!TOY_)[A-Z0-9_]*[A-Z0-9]$"
)  # the toy is the service of the chassis's own tests


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_that_of_the_tree(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_described_and_named_after_its_service(service: str) -> None:
    for name, field in variables(settings_class(service)).items():
        assert name.startswith(f"KAITSU_{service.upper()}_")
        assert field.description, name


def test_every_name_that_the_code_reads_is_known() -> None:
    known = {name for service in SERVICES for name in variables(settings_class(service))}
    known |= {f"KAITSU_{service.upper()}_URL" for service in SERVICES}
    known |= set(variables(SandboxSettings)) | set(OTHER_NAMES)

    used = {
        text
        for source in sources("services", "ops", "chassis", "tests")
        for _, text in texts(source.tree)
        if _NAME.match(text)
    }

    assert not used - known


def test_cis_markers_name_operations_of_the_table() -> None:
    assert set(marked_tests()) <= {row["id"] for row in operations()}


def test_the_table_of_operations_is_whole() -> None:
    ids = [row["id"] for row in operations()]

    assert len(ids) == len(set(ids)) == 82
    assert all(re.fullmatch(r"[A-Z]{3}-\d\d", id_) for id_ in ids)


@pytest.mark.parametrize("script", ["deploy/kafka/topics.sh", "deploy/kafka/acls.sh"])
def test_the_scripts_for_kafka_call_its_tools_with_the_servers_given(script: str, tmp_path: Path) -> None:
    for tool in ("kafka-topics.sh", "kafka-acls.sh"):
        (tmp_path / tool).write_text(f'#!/bin/sh\necho {tool} "$@"\n')
        (tmp_path / tool).chmod(0o755)

    done = subprocess.run(
        ["sh", str(ROOT / script)],
        env={**os.environ, "KAFKA": "broker:9092", "KAFKA_BIN": str(tmp_path), "REPLICATION": "3"},
        capture_output=True,
        text=True,
        check=True,
    )

    lines = done.stdout.splitlines()
    assert len(lines) >= len(TOPICS)
    assert all("--bootstrap-server broker:9092" in line for line in lines)
    if script.endswith("topics.sh"):
        for line, topic in zip(lines, TOPICS.values(), strict=True):
            words = line.split()
            assert words[words.index("--topic") + 1] == topic.name
            assert words[words.index("--partitions") + 1] == str(topic.partitions)
            assert words[words.index("--replication-factor") + 1] == "3"
            assert {f"{key}={value}" for key, value in topic.config.items()} <= set(words)
