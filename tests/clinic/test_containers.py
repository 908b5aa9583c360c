"""docker-compose.yml and the Dockerfile, as far as they can be checked without an engine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinic.management.commands import run

ROOT = Path(__file__).parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCUMENTED = set(
    re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
)


def test_every_variable_is_documented() -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "docker/Caddyfile").read_text()
    named = set(re.findall(r"\$?\{\$?([A-Z_]+)", text))
    named |= {name for service in OURS.values() for name in service["environment"]}
    assert named - DOCUMENTED == set()


def test_every_process_of_one_machine_has_its_service() -> None:
    commands = {name: " ".join(service.get("command", [])) for name, service in OURS.items()}
    assert OURS.keys() == {"migrate", "web", "worker", "beat"}
    assert commands["worker"].startswith(" ".join(run.WORKER[2:5]))
    assert commands["beat"].startswith(" ".join(run.BEAT[2:5]))
    assert '"granian", "--interface", "wsgi"' in DOCKERFILE
    assert DOCKERFILE.rstrip().endswith('"clinic.wsgi:application"]')


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"migrate"}))
def test_every_service_that_stays_says_how_it_is(name: str) -> None:
    assert "healthcheck" in SERVICES[name] or (name == "web" and "HEALTHCHECK" in DOCKERFILE)
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(OURS))
def test_ours_run_with_as_little_as_they_need(name: str) -> None:
    assert OURS[name]["read_only"] is True
    assert OURS[name]["cap_drop"] == ["ALL"]
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)


def test_only_the_proxy_is_reached_from_outside() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports.keys() == {"proxy", "web"}
    assert all(port.startswith("127.0.0.1:") for port in ports["web"])
    assert SERVICES["proxy"]["profiles"] == ["tls"]


def test_what_must_outlive_a_container_lies_in_a_volume() -> None:
    mounted = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert mounted == COMPOSE["volumes"].keys()


def test_nothing_is_served_before_the_database_is_up_to_date() -> None:
    for name in ("web", "worker", "beat"):
        waits = OURS[name]["depends_on"]["migrate"]
        assert waits == {"condition": "service_completed_successfully"}
