"""A whole journey at level DEBUG with canaries for every secret and everything personal: none of them gets out of place."""

import json
import re
from pathlib import Path

import aiohttp
import pytest
import yaml

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.journeys.running_bot import RunningBot
from tests.journeys.undelivered import as_far_as_it_goes, as_far_as_the_first_shot
from tests.mail_server import free_port
from tests.span_collector import SpanCollector

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SECRETS = {
    "webhook secret": "canary-telegram-secret",
    "seller's key": "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWNhbmFyeQ==",
    "mail password": "canary-mail-password",
    "database password": "canary-database-password",
    "access key": "canary-access-key",
    "secret key": "canary-secret-key",
}
PERSONAL = {
    "name": "Zebedee",
    "words": "canarywords about a lamp",
    "mail": "anna@example.com",
    "camera": "Canary",
}
SELLERS = """\
sellers:
  acme: {{name: Acme, inbox: webhook, settings: {{url: "https://127.0.0.1:{closed}/hook", secrets: ["{key}"], allow_private: true, timeout: 1}}}}
  lumen: {{name: Lumen, inbox: email, settings: {{host: 127.0.0.1, port: {closed}, security: none, username: bot, password: {mail},
           sender: bot@shop.example, recipient: claims@shop.example, timeout: 1}}}}
"""


def leaks(text: str, *, token: str) -> list[str]:
    """Name what is to be found in a text and should not be."""
    wanted = {**SECRETS, **PERSONAL, "token": token, "half a token": token.partition(":")[2]}
    return [name for name, canary in wanted.items() if canary.casefold() in text.casefold()]


async def pages(bot: RunningBot, metrics: int) -> dict[str, str]:
    """Everything that can be asked of the bot by whoever has no business with it."""
    base, good = (
        f"http://127.0.0.1:{bot.port}",
        {"X-Telegram-Bot-Api-Secret-Token": SECRETS["webhook secret"]},
    )
    asked = {
        "health": ("GET", f"{base}/health", {}, None),
        "nothing there": ("GET", f"{base}/{PERSONAL['name'][:2]}nothing", {}, None),
        "forged update": ("POST", f"{base}/telegram", {"X-Telegram-Bot-Api-Secret-Token": "x"}, b"{}"),
        "no JSON": ("POST", f"{base}/telegram", {**good, "Content-Type": "application/json"}, b"{"),
        "strange update": ("POST", f"{base}/telegram", {**good, "Content-Type": "application/json"},
                           b'{"update_id": 9, "message": {"text": "canarywords about a lamp", "chat": {"id": "x"}}}'),
        "forged hook": ("POST", f"{base}/hooks/acme", {"webhook-id": "1"}, b"{}"),
        "copy": ("GET", f"{base}/copies/K7F3QX/x.jpg", {}, None),
        "inbox": ("GET", f"{base}/inbox", {}, None),
        "no metrics here": ("GET", f"{base}/metrics", {}, None),
        "metrics": ("GET", f"http://127.0.0.1:{metrics}/metrics", {}, None),
    }  # fmt: skip
    found = {}
    async with aiohttp.ClientSession() as session:
        for name, (method, url, headers, body) in asked.items():
            async with session.request(method, url, headers=headers, data=body) as answer:
                found[name] = f"{answer.status} {dict(answer.headers)} {await answer.text()}"
    return found


def named_metrics() -> set[str]:
    """The metrics that dashboard and alert rules speak of."""
    dashboard = json.loads((DEPLOY / "grafana" / "clearshot.json").read_text())
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return {
        name.removesuffix("_bucket")
        for one in asked
        for name in re.findall(r"\b(?:clearshot|process)_\w+", one)
    }


@pytest.fixture
def metrics() -> int:
    return free_port()


async def test_no_secret_and_nothing_personal_is_logged_measured_traced_or_shown(
    tmp_path: Path, sandbox: Sandbox, client: SandboxClient, metrics: int, collector: SpanCollector
) -> None:
    closed = free_port()
    bot = RunningBot(
        folder=tmp_path, sandbox=sandbox, database=f"sqlite:///{tmp_path / 'c.db'}", webhook=True,
        sellers=SELLERS.format(closed=closed, key=SECRETS["seller's key"], mail=SECRETS["mail password"]),
        extra={
            "CLEARSHOT_ORDERS": str(SAMPLE), "CLEARSHOT_TELEGRAM_SECRET": SECRETS["webhook secret"],
            "CLEARSHOT_LOG_LEVEL": "debug", "CLEARSHOT_LOG_FORMAT": "json",
            "CLEARSHOT_METRICS": f"127.0.0.1:{metrics}", **collector.environment,
        },
    )  # fmt: skip
    await bot.start()
    try:
        anna = await as_far_as_the_first_shot(client, name=PERSONAL["name"], mail=PERSONAL["mail"])
        await as_far_as_it_goes(anna, words=PERSONAL["words"])
        shown = await pages(bot, metrics)
    finally:
        await bot.stop()

    assert {name: found for name, text in shown.items() if (found := leaks(text, token=sandbox.token))} == {}
    assert leaks(bot.log, token=sandbox.token) == []
    assert "Traceback" not in bot.log
    lines = [json.loads(line) for line in bot.log.splitlines()]
    of_a_case = [line for line in lines if line.get("case")]
    [case] = {line["case"] for line in of_a_case}
    assert any(line["message"].startswith("update ") for line in of_a_case)
    assert any(line["message"] == "a bundle for acme: again" for line in of_a_case)

    traced = "".join(map(str, collector.requests))
    assert leaks(traced, token=sandbox.token) == []
    told = {str(value) for one in collector.spans for value in one.said.values()} & {case, "acme", "again"}
    assert told == {case, "acme", "again"}
    for personal in (str(anna.chat["id"]), "A-1017", "Receipt", "http", "127.0.0.1"):
        assert personal not in traced, personal

    assert shown["no metrics here"].startswith("404")
    served = set(re.findall(r"^# TYPE (\w+) ", shown["metrics"], re.MULTILINE))
    assert named_metrics() - served == set()
    assert case not in shown["metrics"]
    assert 'clearshot_deliveries_total{inbox="acme",outcome="again"} 1.0' in shown["metrics"]
    assert "clearshot_photos_judged_total 2.0" in shown["metrics"]
    assert 'clearshot_outbox_rows{kind="case"} 1.0' in shown["metrics"]


async def test_the_doctor_tells_no_secret_when_everything_is_out_of_reach(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    closed = free_port()
    bot = RunningBot(
        folder=tmp_path, sandbox=sandbox, webhook=False,
        database=f"postgresql://bot:{SECRETS['database password']}@127.0.0.1:{closed}/x",
        sellers=SELLERS.format(closed=closed, key=SECRETS["seller's key"], mail=SECRETS["mail password"]),
        extra={
            "CLEARSHOT_TELEGRAM_API": f"http://127.0.0.1:{closed}", "CLEARSHOT_BLOBS": "s3://photos/x",
            "CLEARSHOT_PUBLIC_URL": f"http://127.0.0.1:{closed}",
            "CLEARSHOT_LOG_LEVEL": "debug", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed}",
            "AWS_ACCESS_KEY_ID": SECRETS["access key"], "AWS_SECRET_ACCESS_KEY": SECRETS["secret key"],
        },
    )  # fmt: skip

    said = await bot.command("doctor", fails=True)

    for what in ("telegram", "database", "photos", "inbox of acme", "inbox of lumen"):
        assert f"FAIL  {what}: " in said
    assert "Traceback" not in said
    assert leaks(said, token=sandbox.token) == []
