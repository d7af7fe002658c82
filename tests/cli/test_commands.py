"""Every command on real files and a real database; every fault one line, exit code 1, never a traceback."""

import base64
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from bot.cli.root import COMMANDS, app
from bot.settings_table import ROWS
from tests.cli.conftest import Clearshot, environment, refused
from tests.cli.picture_files import photograph
from tests.photos.scenes import jpeg, scene, unfocused

TOKEN = "123456:canary-token-of-a-test"
ORDERS = """\
number,seller,item,email
A-17,acme,Mug,anna@example.org
A-18,acme,Tent,anna@example.org
"""


def test_help_names_every_command_and_every_setting(clearshot: Clearshot) -> None:
    done = clearshot("--help")

    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name}" in done.stdout
    for row in ROWS:
        assert row.variable in done.stdout


HEAVY = {"PIL", "numpy", "telegram", "sqlalchemy", "aiohttp", "pydantic", "jinja2", "alembic"}


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, runpy; sys.argv = ['clearshot', '--help']\n"
        "try: runpy.run_module('bot', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True, check=True
    )

    loaded = set(done.stdout.rpartition("LOADED ")[2].split())
    assert "bot.cli.root" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("command", list(COMMANDS))
def test_each_command_has_its_own_help(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"], prog_name="clearshot")

    assert done.exit_code == 0
    assert f"clearshot {command}" in done.stdout


def test_the_version_is_told(clearshot: Clearshot) -> None:
    done = clearshot("--version")

    assert done.returncode == 0
    assert done.stdout.startswith("clearshot")


def test_a_missing_token_is_one_line(clearshot: Clearshot) -> None:
    assert refused(clearshot("run")).startswith("CLEARSHOT_TELEGRAM_TOKEN: is not set")


def test_a_wrong_setting_is_one_line(clearshot: Clearshot) -> None:
    assert refused(clearshot("run", listen="nowhere")).startswith("CLEARSHOT_LISTEN: 'nowhere'")


def test_a_settings_file_may_be_named(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "clearshot.yaml").write_text("listen: nowhere\n")

    assert refused(clearshot("--settings", "clearshot.yaml", "run")).startswith("CLEARSHOT_LISTEN")


def test_a_wrong_sellers_file_is_one_line_with_its_place(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "sellers.yaml").write_text("sellers:\n  acme:\n    name: Acme\n    inbox: fax\n")

    line = refused(clearshot("run", telegram_token=TOKEN, sellers="sellers.yaml"))

    assert line.startswith("sellers.yaml:4:5: there is no inbox 'fax'")


def test_a_wrong_block_of_an_inbox_is_one_line_with_its_place(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "sellers.yaml").write_text(
        "sellers:\n  acme:\n    name: Acme\n    inbox: email\n    settings: {sender: a@b.c, recipient: d@e.f}\n"
    )

    assert refused(clearshot("run", telegram_token=TOKEN, sellers="sellers.yaml")) == (
        "sellers.yaml:5:5: acme: 'host' is missing"
    )


def test_a_port_in_use_is_one_line(clearshot: Clearshot) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        demo = refused(clearshot("demo", "--port", port))
        run = refused(clearshot("run", telegram_token=TOKEN, listen=f"127.0.0.1:{port}"))

    assert demo == f"port {port}: the port is in use; choose another with --port"
    assert run == f"CLEARSHOT_LISTEN: 127.0.0.1:{port}: the port is in use"


def test_a_flow_with_a_fault_is_refused_at_start_with_its_place(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.yaml").write_text("flow: mine\nlocales: [en]\nstesp: {}\n")

    done = clearshot("run", telegram_token=TOKEN, flows="own")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert any(line.startswith("own/mine.yaml:3:1: unknown key 'stesp'") for line in done.stderr.splitlines())


def test_flows_check_passes_the_shipped_ones_and_names_each_fault(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text("flow: bad\nlocales: [en]\nstesp: {}\n")

    good, bad, missing = (clearshot("flows", "check", *paths) for paths in ([], ["bad.yaml"], ["no.yaml"]))

    assert (good.returncode, "no faults" in good.stdout) == (0, True)
    assert bad.returncode == 1
    assert "bad.yaml:3:1: unknown key 'stesp'" in bad.stdout
    assert missing.returncode == 1
    assert missing.stdout.strip() == "no.yaml:1:1: there is no such file or folder"


def test_flows_show_prints_the_merged_flow_and_names_what_there_is(clearshot: Clearshot) -> None:
    done, unknown = clearshot("flows", "show", "shipping_damage"), clearshot("flows", "show", "nothing")

    assert "label: ShippingDamage_Packaging" in done.stdout
    assert "shipping_damage" in refused(unknown)


def test_flows_show_and_check_know_what_a_seller_wants_of_the_shots(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    wish = "shots: {mismatched_product: {MismatchedProduct_Barcode: required, MismatchedProduct_PackingSlip: never}}"
    (tmp_path / "sellers.yaml").write_text(
        f"sellers:\n  acme:\n    name: Acme\n    inbox: folder\n    {wish}\n"
    )
    (tmp_path / "wrong.yaml").write_text(
        "sellers:\n  acme:\n    name: Acme\n    inbox: folder\n    shots: {mismatched_product: {Barcode: never}}\n"
    )

    shown = clearshot("flows", "show", "mismatched_product@+acme", sellers="sellers.yaml")
    faulty = clearshot("flows", "check", sellers="wrong.yaml")

    labels = [shot["label"] for shot in yaml.safe_load(shown.stdout)["steps"]["photos"]["shots"]]
    assert "MismatchedProduct_Barcode" in labels
    assert "MismatchedProduct_PackingSlip" not in labels
    assert faulty.stdout.startswith("wrong.yaml:5:")
    assert faulty.returncode == 1


def test_flows_schema_is_a_json_schema(clearshot: Clearshot) -> None:
    schema = json.loads(clearshot("flows", "schema").stdout)

    assert "steps" in schema["properties"]


def test_photos_tune_refuses_photos_that_cannot_be_read(clearshot: Clearshot, tmp_path: Path) -> None:
    for kind in ("sharp", "blurred"):
        (tmp_path / kind).mkdir()
        for number in range(6):
            content = photograph(number) if kind == "sharp" else b"no picture"
            (tmp_path / kind / f"{number}.jpg").write_bytes(content)

    done = clearshot("photos", "tune", ".")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("left out, no acceptable picture: ") == 6
    assert "0 photos labelled blurred, at least" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "sharpness-curve.png").exists()


def test_photos_judge_refuses_a_file_as_the_folder_of_explanations(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    (tmp_path / "why").write_text("a file")
    (tmp_path / "soft.jpg").write_bytes(jpeg(unfocused(scene())))

    done = clearshot("photos", "judge", "soft.jpg", "--explain", "why")

    assert refused(done) == "why: File exists"


def test_photos_judge_answers_one_line_a_file_and_exits_0(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(photograph(1))
    (tmp_path / "no.jpg").write_bytes(b"no picture")

    done = clearshot("photos", "judge", "--json", "good.jpg", "./no.jpg", "gone.jpg")

    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["path"] for line in lines] == ["good.jpg", "./no.jpg", "gone.jpg"]
    assert [line["ok"] for line in lines] == [True, False, False]
    assert set(lines[0]) == {"path", "ok", "problems", "sharpness", "ms"}


def test_orders_are_imported_and_lines_that_cannot_be_used_are_told(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS + ",acme,Nameless,x@y.z\n")

    done = clearshot("orders", "import", "orders.csv")

    assert done.stdout.strip() == "2 orders imported"
    assert refused(done) == "orders.csv:4: number is empty"


def test_an_orders_file_that_is_not_there_is_one_line(clearshot: Clearshot) -> None:
    assert refused(clearshot("orders", "import", "gone.csv")) == "gone.csv: no such file"


def test_a_link_for_an_unknown_order_is_refused(clearshot: Clearshot) -> None:
    assert refused(clearshot("orders", "link", "A-17", telegram_token=TOKEN)).startswith("there is no order")


def test_a_link_for_a_number_of_two_sellers_asks_whose_it_is(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "sellers.yaml").write_text("sellers:\n  acme: {name: Acme}\n  bolt: {name: Bolt}\n")
    (tmp_path / "orders.csv").write_text("number,seller,item\nA-17,acme,Mug\nA-17,bolt,Lamp\n")
    clearshot("orders", "import", "orders.csv", sellers="sellers.yaml")

    done = clearshot("orders", "link", "A-17", sellers="sellers.yaml", telegram_token=TOKEN)

    assert refused(done) == "2 sellers have an order 'A-17': add --seller acme, or another of: acme, bolt"


def test_sellers_are_listed_with_what_is_in_force_and_without_secrets(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    (tmp_path / "sellers.yaml").write_text(
        "sellers:\n  acme:\n    name: Acme\n    locale: de\n    inbox: email\n    photos: {names: '{case}_{n}'}\n"
        "    settings: {host: h.example, sender: a@b.example, recipient: c@d.example, password: canary}\n"
    )

    done = clearshot("sellers", "list", sellers="sellers.yaml")

    lines = done.stdout.splitlines()
    assert [line for line in lines if line[0] != " "] == [
        "acme\tAcme\tde\temail",
        "support\tSupport\ten\tfolder",
    ]
    shown = dict(
        line.split(":", 1) for line in lines[: lines.index("support\tSupport\ten\tfolder")] if line[0] == " "
    )
    assert (shown["    file names"].strip(), shown["    password"].strip()) == ("{case}_{n}", "(set, hidden)")
    assert "canary" not in done.stdout
    assert "bolt" in refused(clearshot("sellers", "list", "bolt", sellers="sellers.yaml"))


def test_a_sellers_file_is_checked_with_its_inboxes_and_the_flows(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    (tmp_path / "s.yaml").write_text(
        "sellers:\n  acme:\n    name: Acme\n    inbox: webhook\n    settings: {url: 'https://a.example', secret: canary}\n"
        "    shots:\n      mismatched_product: {MismatchedProduct_Barcod: required}\n"
    )

    done = clearshot("sellers", "check", "s.yaml")
    (tmp_path / "s.yaml").write_text("sellers: {acme: {name: Acme}}\n")
    mended = clearshot("sellers", "check", "s.yaml")

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "s.yaml:5:5: acme: 'secrets' is missing",
        "s.yaml:5:42: acme: unknown key 'secret', did you mean 'secrets'?",
        "s.yaml:7:28: there is no shot 'MismatchedProduct_Barcod' in 'mismatched_product', did you mean 'MismatchedProduct_Barcode'?",
    ]
    assert (mended.returncode, mended.stdout) == (0, "s.yaml: no faults\n")


def test_a_webhook_without_a_public_address_is_a_fault_before_anything_is_sent(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    secret = base64.b64encode(bytes(24)).decode()
    (tmp_path / "s.yaml").write_text(
        f"sellers:\n  acme:\n    name: Acme\n    inbox: webhook\n    settings: {{url: 'https://a.example', secrets: [{secret}]}}\n"
    )

    without = clearshot("sellers", "check", "s.yaml")
    with_one = clearshot("sellers", "check", "s.yaml", public_url="https://bot.example")

    assert without.stdout == "s.yaml:4:5: acme: photos go to it as links: set CLEARSHOT_PUBLIC_URL\n"
    assert (with_one.returncode, with_one.stdout) == (0, "s.yaml: no faults\n")


def test_the_schema_of_the_sellers_file_knows_inboxes_and_shots(clearshot: Clearshot) -> None:
    schema = json.loads(clearshot("sellers", "schema").stdout)

    good = {
        "name": "Acme", "inbox": "webhook", "settings": {"url": "https://a.example", "secrets": ["whsec_x"]},
        "answer": {"within": "24h", "zone": "Europe/Berlin"},
        "shots": {"mismatched_product": {"MismatchedProduct_Barcode": "required"}},
    }  # fmt: skip
    jsonschema.validate({"sellers": {"acme": good}}, schema)
    for wrong in (
        {"inbox": "fax"},
        {"settings": {"url": "https://a.example", "secret": "x"}},
        {"answer": {"within": "24h", "zone": "Europe/Berln"}},
        {"shots": {"mismatched_product": {"MismatchedProduct_Barcod": "required"}}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"sellers": {"acme": {**good, **wrong}}}, schema)


def test_an_invitation_is_a_link_that_signs_in_once(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "sellers.yaml").write_text("sellers:\n  acme: {name: Acme, locale: de}\n")

    done = clearshot(
        "sellers", "invite", "acme", "Ann Lee", sellers="sellers.yaml", public_url="https://bot.example"
    )
    again = clearshot("sellers", "invite", "acme", "Ann Lee", "--role", "agent", sellers="sellers.yaml")

    assert re.fullmatch(r"https://bot\.example/inbox/enter/[\w-]{40,}", done.stdout.strip())
    assert re.fullmatch(r"/inbox/enter/[\w-]{40,}", again.stdout.strip())
    assert "CLEARSHOT_PUBLIC_URL is not set" in again.stderr
    assert refused(clearshot("sellers", "invite", "bolt", "Ben", sellers="sellers.yaml")).startswith(
        "there is no seller bolt"
    )


def test_the_outbox_of_a_new_database_is_empty(clearshot: Clearshot) -> None:
    assert clearshot("outbox", "list").stdout.strip() == "0 dead letters, 0 arrivals set aside, 0 waiting"
    assert refused(clearshot("outbox", "retry", "nothing")) == "there is nothing listed as nothing"
    assert (
        refused(clearshot("outbox", "retry"))
        == "name them by the ids of `outbox list`, or all of them with --all"
    )


def test_an_answer_without_words_is_refused_before_the_customer_gets_it(clearshot: Clearshot) -> None:
    done = clearshot("cases", "answer", "K7F3QX", " ")

    assert done.returncode == 2
    assert "TEXT: is empty" in done.stderr


def test_an_unknown_case_is_refused(clearshot: Clearshot) -> None:
    assert refused(clearshot("cases", "answer", "nosuch", "hello")) == "there is no case NOSUCH"


def test_the_database_is_brought_to_this_version_again_and_again(clearshot: Clearshot) -> None:
    for _ in range(2):
        done = clearshot("db", "upgrade")

        assert (done.returncode, done.stdout.strip()) == (0, "the database (sqlite) is at this version")


def test_a_chat_that_nobody_knows_is_forgotten_all_the_same(clearshot: Clearshot) -> None:
    assert clearshot("forget", "42").stdout.strip() == "chat 42 is forgotten: 0 cases"


def test_a_database_that_is_not_there_is_one_line(clearshot: Clearshot) -> None:
    line = refused(clearshot("outbox", "list", database="postgresql://nobody:canary@127.0.0.1:1/none"))

    assert line.startswith("database: ")
    assert "canary" not in line


@pytest.mark.parametrize("arguments", [["nosuch"], ["run", "--nosuch"], ["orders", "nosuch"]])
def test_a_wrong_command_is_told_without_a_traceback(clearshot: Clearshot, arguments: list[str]) -> None:
    done = clearshot(*arguments)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
