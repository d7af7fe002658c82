"""Compose file, cluster manifests and unit files: valid by their schemas, and as careful as they claim to be."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app.attachments import MOST_BYTES, MOST_FILES
from bot.settings_table import ROWS
from bot.web.inbox.forms import MOST_TEXT
from tests.conftest import in_ci

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE, MANIFESTS = DEPLOY / "compose" / "compose.yaml", DEPLOY / "kubernetes" / "clearshot.yaml"
UNIT = DEPLOY / "systemd" / "clearshot.service"
KUBERNETES = ("1.34", "1.37")
RELAY_AND_REQUESTS = 15
"""Seconds that a bot takes at most to end what is under way (Relay.stop, the server's shutdown)."""


def manifests() -> dict[str, dict[str, Any]]:
    found = [one for one in yaml.safe_load_all(MANIFESTS.read_text()) if one]
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def test_the_compose_file_is_valid(outside_python: Path) -> None:
    done = subprocess.run(
        [outside_python, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", KUBERNETES)
def test_the_manifests_are_valid(outside_python: Path, version: str) -> None:
    done = subprocess.run(
        [outside_python, "-m", "kubernetes_validate", "--strict", "-k", version, MANIFESTS],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed for resource") == len(manifests())


def test_no_image_floats() -> None:
    images = [one["image"] for one in services().values()]
    images += re.findall(r"image: (\S+)", MANIFESTS.read_text())

    for image in images:
        assert re.search(r":v?\d+\.\d+", image), image


def test_every_setting_in_the_files_is_one() -> None:
    known = {row.variable for row in ROWS} | {"CLEARSHOT_SETTINGS", "CLEARSHOT_HOST"}
    files = [
        path
        for path in DEPLOY.rglob("*")
        if path.suffix in {".yaml", ".service", ".env"} or path.name == "Dockerfile"
    ]

    assert len(files) >= 6
    for path in files:
        assert set(re.findall(r"\bCLEARSHOT_[A-Z_]+", path.read_text())) <= known, path


def test_no_secret_stands_in_a_file() -> None:
    for path in (COMPOSE, MANIFESTS, UNIT, DEPLOY / "compose" / "example.env"):
        for name, value in re.findall(
            r"(?m)^ *([A-Z_]*(?:KEY|PASSWORD|TOKEN|HASH)[A-Z_]*) *[:=] *(\S*)", path.read_text()
        ):
            assert value == "" or value.startswith("/run/secrets/"), (path.name, name)


@pytest.mark.parametrize("name", ["bot", "upgrade", "proxy", "bot-api", "bucket"])
def test_what_we_start_beside_a_database_is_hardened(name: str) -> None:
    service = services()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_only_the_proxy_is_reached_from_outside_and_it_lets_no_metrics_out() -> None:
    proxied = (DEPLOY / "compose" / "Caddyfile").read_text()
    paths = [
        path["path"]
        for rule in manifests()["Ingress/clearshot"]["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]

    assert [name for name, service in services().items() if "ports" in service] == ["proxy"]
    assert services()["database"]["networks"] == ["back"]
    assert "9090" not in proxied
    assert "/metrics" not in proxied
    assert set(paths) == {"/telegram", "/hooks/", "/copies/", "/inbox", "/console"}
    assert all(f" {path}" in proxied for path in paths)


def test_the_files_that_a_seller_may_send_pass_every_proxy() -> None:
    proxied = (DEPLOY / "compose" / "Caddyfile").read_text()
    ingress = manifests()["Ingress/clearshot"]["metadata"]["annotations"]
    [caddy] = re.findall(r"max_size (\d+)MB", proxied)  # of 10^6 bytes
    [nginx] = re.findall(r"^(\d+)m$", ingress["nginx.ingress.kubernetes.io/proxy-body-size"])  # of 2^20 bytes
    form = MOST_FILES * MOST_BYTES + MOST_TEXT

    assert int(caddy) * 1_000_000 > form
    assert int(nginx) * 2**20 > form


def test_whoever_reads_a_secret_owns_it() -> None:
    said = (DEPLOY / "compose" / "example.env").read_text()
    files = {name: one["file"] for name, one in yaml.safe_load(COMPOSE.read_text())["secrets"].items()}
    owners = {
        file: user for user, names in re.findall(r"chown (\d+) ([^;]+)", said) for file in names.split()
    }

    for service in services().values():
        user = service.get("user", "999:999").partition(":")[0]  # PostgreSQL's in its image of Debian
        assert all(owners[files[name]] == user for name in service.get("secrets", ()))


def test_a_pod_is_restricted_probed_and_given_time_to_end() -> None:
    found = manifests()
    pod = found["Deployment/clearshot"]["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= pause + RELAY_AND_REQUESTS + 10
    assert found["Deployment/clearshot"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert "replicas" not in found["Deployment/clearshot"]["spec"]  # the autoscaler's


def test_every_selector_finds_the_pods_and_two_replicas_stay() -> None:
    found = manifests()
    labels = found["Deployment/clearshot"]["spec"]["template"]["metadata"]["labels"]

    for name in ("Service/clearshot", "Service/clearshot-metrics"):
        assert found[name]["spec"]["selector"].items() <= labels.items()
    for name, key in (
        ("PodDisruptionBudget/clearshot", "selector"),
        ("NetworkPolicy/clearshot", "podSelector"),
    ):
        assert found[name]["spec"][key]["matchLabels"].items() <= labels.items()
    upgrade = found["CronJob/clearshot-upgrade"]["spec"]["jobTemplate"]["spec"]["template"]["metadata"][
        "labels"
    ]
    confined = found["NetworkPolicy/clearshot"]["spec"]["podSelector"]["matchLabels"]
    assert confined.items() <= upgrade.items()
    assert not found["Service/clearshot"]["spec"]["selector"].items() <= upgrade.items()
    assert found["HorizontalPodAutoscaler/clearshot"]["spec"]["minReplicas"] >= 2
    policy = found["NetworkPolicy/clearshot"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert all(rule.get("from") for rule in policy["ingress"])


def test_alerts_and_dashboard_ask_for_the_job_that_is_scraped() -> None:
    [job] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())["scrape_configs"]
    asked = (DEPLOY / "prometheus" / "alerts.yaml").read_text() + (
        DEPLOY / "grafana" / "clearshot.json"
    ).read_text()

    assert set(re.findall(r'job=\\?"(\w+)', asked)) == {job["job_name"]}
    assert job["static_configs"][0]["targets"] == [f"bot:{services_metrics_port()}"]


def test_counters_alone_are_asked_how_they_grow_and_no_gauge_of_the_store_is_added_up_over_replicas() -> None:
    asked = (DEPLOY / "prometheus" / "alerts.yaml").read_text() + (
        DEPLOY / "grafana" / "clearshot.json"
    ).read_text()
    grown = re.findall(r"(?:rate|increase)\((\w+)", asked)
    added = re.findall(r"sum(?: by \(\w+\))? \((clearshot_\w+)", asked)

    assert grown
    assert all(re.search(r"_(total|bucket)$", name) for name in grown)
    assert added == []


def services_metrics_port() -> str:
    """The port that the image serves metrics on."""
    [port] = re.findall(r"CLEARSHOT_METRICS=\S+:(\d+)", (DEPLOY / "Dockerfile").read_text())
    return str(port)


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        if in_ci():
            pytest.fail("unit files must not go unchecked here: install systemd")
        pytest.skip("no systemd-analyze")
    return found


def test_the_unit_is_confined(analyze: str) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", "--threshold=15", UNIT],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-300:]


def calls_of(analyze: str, name: str) -> set[str]:
    """The system calls that a name of systemd's stands for."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(
        [analyze, "--no-pager", "syscall-filter", name], capture_output=True, text=True, check=True
    )
    inner = [line.strip() for line in said.stdout.splitlines()[1:] if line.strip() and "#" not in line]
    return set().union(*(calls_of(analyze, one) for one in inner))


def test_the_unit_lets_a_photo_worker_bound_itself(analyze: str) -> None:
    allowed: set[str] = calls_of(analyze, "@default")
    for value in re.findall(r"(?m)^SystemCallFilter=(.*)$", UNIT.read_text()):
        named = set().union(*(calls_of(analyze, one) for one in value.removeprefix("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named

    assert {"setpriority", "prlimit64"} <= allowed


def test_the_units_say_what_they_start_and_when_it_is_killed() -> None:
    unit = UNIT.read_text()

    assert "ExecStart=/opt/clearshot/bin/clearshot run" in unit
    named = set(re.findall(r"(?m)^#.*?(/etc/clearshot/[a-z.]+)", unit))
    assert "CLEARSHOT_SELLERS=%d/sellers" in unit
    assert named == set(re.findall(r"LoadCredential=\w+:(\S+)", unit))
    assert set(re.findall(r"=%d/(\w+)", unit)) == set(re.findall(r"LoadCredential=(\w+):", unit))
    [seconds] = re.findall(r"TimeoutStopSec=(\d+)", unit)
    assert int(seconds) >= RELAY_AND_REQUESTS + 10
    assert "clearshot backup " in (DEPLOY / "systemd" / "clearshot-backup.service").read_text()
