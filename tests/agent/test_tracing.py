"""errata calls nobody that was not named to it, even where the environment asks LangGraph to trace."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from errata.agent.begin import begin
from errata.agent.drive import drive
from errata.settings import Settings
from tests.topics import write_topics


def test_no_trace_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(2)
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_API_KEY", "x")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{listener.getsockname()[1]}")
        write_topics(tmp_path / "mail.csv")
        values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain"}
        workspace = begin(tmp_path / "mail.csv", Settings.model_validate(values))
        drive(workspace, lambda step, done, total: None)
        workspace.close()
        with pytest.raises(TimeoutError):
            listener.accept()
