"""Settings: every fault one line that names its variable; secrets never shown."""

from pathlib import Path

import pytest

from bot.settings import Settings, WrongSettings, describe, read_settings

TOKEN = "123456:canary-token-AAAA-BBBB"


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(WrongSettings) as refused:
        read_settings(environ)
    return str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CLEARSHOT_LISTEN", "8080", "is not ADDRESS:PORT"),
        ("CLEARSHOT_LISTEN", "127.0.0.1:99999", "is not ADDRESS:PORT"),
        ("CLEARSHOT_TELEGRAM_API", "api.telegram.org", "is no address"),
        ("CLEARSHOT_TELEGRAM_TOKEN", "canary-secret", "is no bot token"),
        ("CLEARSHOT_TELEGRAM_SECRET", "not allowed!", "takes 1-256"),
        ("CLEARSHOT_PUBLIC_URL", "http://bot.example.org", "is no address"),
        ("CLEARSHOT_DATABASE", "mysql://localhost/x", "is neither sqlite"),
        ("CLEARSHOT_BLOBS", "s3://", "is neither a folder nor s3://BUCKET/PREFIX"),
        ("CLEARSHOT_BLOBS", "https://bucket.example/x", "is neither a folder nor s3://BUCKET/PREFIX"),
        ("CLEARSHOT_OPERATORS", "42, anna", "takes Telegram ids"),
        ("CLEARSHOT_RETENTION", "0", "greater than or equal to 1"),
        ("CLEARSHOT_RETENTION", "soon", "is no whole number"),
        ("CLEARSHOT_PHOTO_WORKERS", "99", "less than or equal to 16"),
        ("CLEARSHOT_LOG_LEVEL", "loud", "is none of debug"),
        ("CLEARSHOT_LOG_FORMAT", "xml", "is none of text, json"),
        ("CLEARSHOT_METRICS", "9090", "is not ADDRESS:PORT"),
        ("CLEARSHOT_TRACES", "jaeger", "is none of none, otlp"),
        ("CLEARSHOT_FLOWS", "nowhere/at/all", "there is no folder"),
        ("CLEARSHOT_SELLERS", "nowhere.yaml", "there is no file"),
        ("CLEARSHOT_ORDERS", "nowhere.csv", "there is no file"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_its_variable(variable: str, value: str, said: str) -> None:
    line = refusal({variable: value})

    assert "\n" not in line
    assert line.startswith(f"{variable}: ")
    assert said in line


@pytest.mark.parametrize(
    "place", ["s3://photos", "s3://shop-photos/clearshot/v1", "/var/lib/clearshot", "photos"]
)
def test_photos_lie_in_a_folder_or_in_an_object_store(place: str) -> None:
    assert read_settings({"CLEARSHOT_BLOBS": place}).blobs == place


def test_all_wrong_settings_are_named_at_once() -> None:
    lines = refusal({"CLEARSHOT_LISTEN": "x", "CLEARSHOT_RETENTION": "y"}).splitlines()

    assert sorted(line.partition(":")[0] for line in lines) == ["CLEARSHOT_LISTEN", "CLEARSHOT_RETENTION"]


def test_a_wrong_secret_is_not_repeated() -> None:
    assert "canary" not in refusal({"CLEARSHOT_TELEGRAM_TOKEN": "canary-secret"})
    assert "canary" not in refusal({"CLEARSHOT_TELEGRAM_SECRET": "canary secret"})


def test_a_secret_does_not_show_when_settings_are_printed() -> None:
    settings = read_settings({"CLEARSHOT_TELEGRAM_TOKEN": TOKEN})

    assert "canary" not in repr(settings) + str(settings)
    assert settings.token == TOKEN


def test_a_misspelt_variable_is_named_with_what_was_meant() -> None:
    assert refusal({"CLEARSHOT_TELEGRAM_TOKN": TOKEN}) == (
        "CLEARSHOT_TELEGRAM_TOKN: no such setting, did you mean CLEARSHOT_TELEGRAM_TOKEN?"
    )


def test_a_variable_of_the_tests_is_left_alone() -> None:
    assert read_settings({"CLEARSHOT_TEST_DATA": "somewhere"}) == Settings()


def test_a_missing_token_is_named_when_it_is_needed() -> None:
    with pytest.raises(WrongSettings, match=r"^CLEARSHOT_TELEGRAM_TOKEN: is not set"):
        assert read_settings({}).token


def test_the_webhook_secret_stays_the_same_and_is_not_the_token() -> None:
    one, two = (read_settings({"CLEARSHOT_TELEGRAM_TOKEN": TOKEN}).webhook_secret for _ in range(2))

    assert one == two
    assert TOKEN not in one
    assert one.isalnum()


def test_one_settings_file_holds_them_all_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "clearshot.yaml"
    file.write_text("listen: 0.0.0.0:9000\noperators: [42, -100]\nretention: 30\n")

    settings = read_settings({"CLEARSHOT_RETENTION": "7"}, file=file)

    assert (settings.host, settings.port) == ("0.0.0.0", 9000)  # noqa: S104 - a value, nothing listens
    assert settings.operators == (42, -100)
    assert settings.retention == 7


def test_the_settings_file_may_be_named_by_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "clearshot.yaml"
    file.write_text("log_level: debug\n")

    assert read_settings({"CLEARSHOT_SETTINGS": str(file)}).log_level == "debug"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listem: x\n", "clearshot.yaml:1:1: unknown setting 'listem', did you mean 'listen'?"),
        ("listen: [\n", "clearshot.yaml:2:1: "),
        ("listen: nowhere\n", "CLEARSHOT_LISTEN: 'nowhere' is not ADDRESS:PORT"),
    ],
)
def test_a_fault_in_the_settings_file_names_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "clearshot.yaml"
    file.write_text(text)

    with pytest.raises(WrongSettings) as refused:
        read_settings({}, file=file)

    assert said in str(refused.value)
    assert len(refused.value.lines) == 1


def test_a_missing_settings_file_is_one_line() -> None:
    assert refusal({"CLEARSHOT_SETTINGS": "nowhere.yaml"}) == (
        "CLEARSHOT_SETTINGS: nowhere.yaml: No such file or directory"
    )


def test_the_table_names_every_setting_in_its_order() -> None:
    assert [row.name for row in describe()] == list(Settings.model_fields)


def test_the_tables_defaults_are_the_defaults() -> None:
    written = {row.name: row.default for row in describe()}
    defaults = Settings()

    for name in ("telegram_api", "blobs", "listen", "retention", "photo_workers", "log_level"):
        assert written[name].removeprefix("./") == str(getattr(defaults, name))
