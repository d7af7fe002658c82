"""Files that people wrote as the command line reads them: what is wrong is one line with its place."""

from pathlib import Path

import pytest

from tests.cli.conftest import Clearshot, refused

ORDERS = """\
number,seller,item,email
A-17,acme,Mug,anna@example.org
A-18,acme,Tent,anna@example.org
"""


@pytest.mark.parametrize("command", [("sellers", "list"), ("sellers", "check", "sellers.yaml")])
def test_a_sellers_file_in_another_coding_is_one_line(
    clearshot: Clearshot, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "sellers.yaml").write_bytes('sellers:\n  acme: {name: "Müller"}\n'.encode("cp1252"))

    done = clearshot(*command, sellers="sellers.yaml")

    assert refused(done) == "sellers.yaml:2:18: is no UTF-8 text: save it as UTF-8"


@pytest.mark.parametrize(
    "content", ["sources:\n- shop_database\n", b"sources:\n- {kind: caf\xe9}\n"], ids=["a word", "coding"]
)
def test_a_wrong_orders_file_is_told_by_the_doctor(
    clearshot: Clearshot, tmp_path: Path, content: str | bytes
) -> None:
    (tmp_path / "orders.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())

    done = clearshot("doctor", "--no-trials", orders="orders.yaml")

    assert "Traceback" not in done.stderr
    assert "FAIL  flows and orders: orders.yaml:2:" in done.stdout


def test_a_chat_of_a_seller_asks_for_the_bot_s_token_where_operators_set_it(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    (tmp_path / "sellers.yaml").write_text(
        "sellers:\n  acme: {name: Acme, inbox: telegram_chat, settings: {chat: -1005}}\n"
    )

    without = clearshot("sellers", "check", "sellers.yaml")
    done = clearshot("sellers", "check", "sellers.yaml", telegram_token="123456:ABC")

    assert without.stdout.strip() == (
        "sellers.yaml:2:22: acme: speaks as the bot itself: set CLEARSHOT_TELEGRAM_TOKEN"
    )
    assert done.returncode == 0


@pytest.mark.parametrize("command", [("restore", "."), ("sellers", "check", ".")])
def test_a_folder_in_place_of_a_file_is_one_line(clearshot: Clearshot, command: tuple[str, ...]) -> None:
    assert "Is a directory" in refused(clearshot(*command))


def test_a_port_alone_is_told_what_an_address_looks_like(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("listen: 8080\n")

    done = clearshot("--settings", "settings.yaml", "sellers", "list")

    assert refused(done) == "CLEARSHOT_LISTEN: '8080' is not ADDRESS:PORT, such as 127.0.0.1:8080"


def test_a_limit_beyond_all_bounds_is_told(clearshot: Clearshot) -> None:
    done = clearshot("outbox", "list", "--limit", "9" * 24)

    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "--limit" in done.stderr


def test_orders_of_a_seller_whom_nobody_knows_are_told(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "sellers.yaml").write_text("sellers:\n  acme: {name: Acme}\n")
    (tmp_path / "orders.csv").write_text(ORDERS + "B-1,Acme,Mug,x@y.z\nB-2,Acme,Mug,x@y.z\n")

    done = clearshot("orders", "import", "orders.csv", sellers="sellers.yaml")

    assert (done.returncode, done.stdout.strip()) == (0, "4 orders imported")
    assert done.stderr.strip() == (
        "orders.csv: 2 orders are of 'Acme', who is not in sellers.yaml: their cases go to support"
        " (sellers are named by their ids: acme)"
    )


def test_the_doctor_reads_the_orders_that_the_bot_would_load(clearshot: Clearshot, tmp_path: Path) -> None:
    (tmp_path / "sellers.yaml").write_text("sellers:\n  acme: {name: Acme}\n")
    (tmp_path / "orders.csv").write_text(ORDERS + ",acme,Nameless,x@y.z\nB-1,Acme,Mug,x@y.z\n")

    done = clearshot("doctor", "--no-trials", sellers="sellers.yaml", orders="orders.csv")

    assert "FAIL  orders: orders.csv:4: number is empty\n" in done.stdout
    assert "ok    orders: warning: orders.csv: 1 orders are of 'Acme'" in done.stdout
