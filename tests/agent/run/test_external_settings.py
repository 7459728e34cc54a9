"""Settings that came with the data are not trusted: which of them a person has to confirm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import errata
from errata.agent.drive import drive
from errata.agent.run.begin import begin, settings_for
from errata.agent.run.external_settings import ExternalSetting, confirmed_before, find_unconfirmed, remember_confirmed
from errata.agent.run.workspace import open_run
from errata.errors import SetupError
from errata.settings import Settings, user_settings_file
from errata.tools.store.run_folder import RunFolder
from tests.conftest import Judge
from tests.topics import write_topics

JUDGE = "m@http://127.0.0.1:9/v1"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    write_topics(Path("mail.csv"))
    return Path("mail.csv")


def open_ones(data: Path, vouched: dict[str, Any] | None = None, **stored: Any) -> list[tuple[str, str]]:
    settings = Settings.model_validate(stored)
    found = find_unconfirmed(settings, [Settings.model_validate(vouched or {})], (), data, RunFolder.beside(data).path)
    return [(setting.name, setting.value) for setting in found]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("judge", [JUDGE]),
        ("judge", ["hf:some/model"]),
        ("judge", ["a/folder"]),
        ("judge", ["replay:elsewhere.errata"]),
        ("allow_host", ["api.example.org"]),
        ("usd_per_mtok_in", 3.0),
        ("usd_per_mtok_out", 3.0),
        ("embedder", "some/model"),
        ("embedder", JUDGE),
        ("labels", "../labels.toml"),
        ("guideline", "/etc/passwd"),
        ("questions", "../bank.json"),
        ("probs", "../probs.npy"),
        ("embeddings", "sub/../../embeddings.npy"),
        ("image_root", ["/photos"]),
    ],
)
def test_what_reaches_out_needs_a_yes_unless_it_was_typed(data: Path, name: str, value: Any) -> None:
    assert [setting[0] for setting in open_ones(data, **{name: value})] == [name]
    assert open_ones(data, {name: value}, **{name: value}) == []


@pytest.mark.parametrize(
    "stored",
    [
        {"label": "topic", "text": "message", "budget": "calls=5", "costs": {"look": 1.0}},
        {"guideline": "guide.md", "labels": "mail.errata/labels.toml", "probs": "probs.npy", "questions": "q.json"},
        {"probs": "a column", "embeddings": "another/column", "embedder": "plain"},
        {"embedder": "minilm"},
    ],
)
def test_what_stays_inside_needs_none(data: Path, stored: dict[str, Any]) -> None:
    assert open_ones(data, **stored) == []


def test_a_link_that_leads_outside_is_outside(data: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    Path("guide.md").symlink_to(tmp_path / "secret.md")
    assert open_ones(data, guideline="guide.md") == [("guideline", str(tmp_path / "secret.md"))]


def test_of_a_panel_each_judge_needs_its_own_yes(data: Path) -> None:
    assert open_ones(data, {"judge": [JUDGE]}, judge=[JUDGE, "other@http://127.0.0.1:9/v1"]) == [
        ("judge", "other@http://127.0.0.1:9/v1")
    ]


def test_every_setting_that_is_a_file_is_watched() -> None:
    files = {name for name, field in Settings.model_fields.items() if "Path" in str(field.annotation)}
    several = {name for name in files if "tuple" in str(Settings.model_fields[name].annotation)}
    stored: dict[str, Any] = {name: ("/elsewhere",) if name in several else "/elsewhere" for name in files}
    assert {name for name, _ in open_ones(Path("mail.csv"), **stored)} == files >= {"labels", "guideline", "questions"}


def test_what_is_remembered_is_of_one_run_folder(data: Path, tmp_path: Path) -> None:
    remember_confirmed(Settings(judge=(JUDGE,), allow_host=("h",), label="topic"), data, Path("mail.errata"))
    assert confirmed_before(Path("mail.errata").resolve()) == {
        ExternalSetting("judge", JUDGE),
        ExternalSetting("allow_host", "h"),
    }
    assert confirmed_before(tmp_path / "mail.errata") == set()


def test_a_judge_of_an_errata_toml_is_refused_and_the_users_own_is_not(data: Path) -> None:
    flags = {"label": "topic", "text": "message"}
    Path("errata.toml").write_text(f'judge = ["{JUDGE}"]\n')
    with pytest.raises(SetupError, match=f"judge {JUDGE}: stored beside the data"):
        settings_for(data, None, flags)
    user_settings_file().parent.mkdir(parents=True)
    user_settings_file().write_text(f'judge = ["{JUDGE}"]\n')
    assert settings_for(data, None, flags).judge == (JUDGE,)


def test_the_environment_counts_as_typed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("errata.toml").write_text('allow_host = ["api.example.org"]\nusd_per_mtok_in = 2\njudge = ["demo"]\n')
    monkeypatch.setenv("ERRATA_ALLOW_HOST", '["api.example.org"]')
    monkeypatch.setenv("ERRATA_USD_PER_MTOK_IN", "2.0")
    monkeypatch.setenv("ERRATA_JUDGE", '["demo"]')
    assert settings_for(data, None, {"label": "topic", "text": "message"}).allow_host == ("api.example.org",)


def test_from_python_settings_of_a_file_here_raise_and_those_passed_do_not(data: Path) -> None:
    Path("errata.toml").write_text('allow_host = ["api.example.org"]\n')
    with pytest.raises(SetupError, match=r"allow_host api\.example\.org: stored .* pass it yourself"):
        errata.open(data, text="message", label="topic")
    errata.open(data, text="message", label="topic", allow_host=("api.example.org",))


def test_no_judge_is_asked_that_no_person_here_has_named_however_the_graph_is_run(
    data: Path, judge: Judge, state_of_its_own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"text": "message", "label": "topic", "id": "id", "embedder": "plain", "judge": (judge.spec,)}
    begin(data, Settings.model_validate(values)).close()
    monkeypatch.setenv("XDG_STATE_HOME", str(state_of_its_own / "of another user"))
    workspace = open_run(RunFolder.beside(data))
    with pytest.raises(SetupError, match="never typed on this machine"):
        drive(workspace, lambda step, done, total: None)
    assert judge.requests() == []


def test_nothing_is_sent_to_be_embedded_where_no_person_here_has_named_the_server(
    data: Path, state_of_its_own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(data, Settings(text=("message",), label="topic", id="id", embedder=JUDGE)).close()
    monkeypatch.setenv("XDG_STATE_HOME", str(state_of_its_own / "of another user"))
    with pytest.raises(SetupError, match=f"embedder {JUDGE}: stored beside the data, and never typed"):
        drive(open_run(RunFolder.beside(data)), lambda step, done, total: None)


def test_hosts_that_were_allowed_count_without_a_judge_if_items_are_embedded_there(data: Path) -> None:
    typed = {"label": "topic", "text": "message", "judge": (), "allow_host": ("api.example.org",)}
    assert settings_for(data, None, typed).allow_host == ()
    assert settings_for(data, None, typed | {"embedder": JUDGE}).allow_host == ("api.example.org",)


SECRET = "hunter2secret"


@pytest.mark.parametrize(
    "judge",
    [
        f"stub@http://user:{SECRET}@127.0.0.1:9/v1",
        f"stub@http://{SECRET}@127.0.0.1:9/v1",
        f"stub@http://user:pass/{SECRET}@127.0.0.1:9/v1",
        f"stub@HTTP://127.0.0.1:9/v1?api_key={SECRET}",
        f"stub@http://127.0.0.1:9/v1#{SECRET}",
        f"replay:http://127.0.0.1:9/v1?key={SECRET}",
        f"stub@user:{SECRET}@127.0.0.1:9/v1",
        f"user:{SECRET}@127.0.0.1",
    ],
)
@pytest.mark.parametrize("where", ["typed", "environment", "errata.toml", "not a list", "Python"])
def test_a_key_in_an_address_is_refused_before_anything_is_written_and_not_repeated(
    data: Path, monkeypatch: pytest.MonkeyPatch, where: str, judge: str
) -> None:
    columns: dict[str, Any] = {"label": "topic", "text": "message"}
    if where == "typed":
        columns["judge"] = [judge]
    elif where == "environment":
        monkeypatch.setenv("ERRATA_JUDGE", f'["{judge}"]')
    elif where != "Python":
        Path("errata.toml").write_text(f'judge = ["{judge}"]' if where == "errata.toml" else f'judge = "{judge}"')
    with pytest.raises(SetupError) as error:
        if where == "Python":
            errata.open(data, **columns).judge(judge)
        else:
            settings_for(data, None, columns)
    assert SECRET not in str(error.value)
    Path("errata.toml").unlink(missing_ok=True)
    assert list(Path().iterdir()) == [data]


def test_a_host_that_is_allowed_is_named_alone() -> None:
    with pytest.raises(SetupError, match="the name of a host alone") as error:
        Settings(allow_host=(f"http://user:{SECRET}@host",))
    assert SECRET not in str(error.value)


def test_a_broken_errata_toml_here_does_not_stop_a_look_at_a_run_that_exists(data: Path) -> None:
    begin(data, Settings(label="topic", text=("message",))).close()
    Path("errata.toml").write_text("broken [")
    workspace = open_run(RunFolder.beside(data))
    assert workspace.settings.label == "topic"
    workspace.close()
