"""What mkdocs cannot do by itself: the reference of the commands, made from them, and links to files outside docs/."""

from __future__ import annotations

import posixpath
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

COMMANDS = "reference/commands.md"
LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#\s]+)(?:#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of all commands, as their own --help has it."""
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from errata.apps.cli import app

    command = get_command(app)
    text = get_docs_for_click(
        obj=command, ctx=command.make_context("errata", ["--help"], resilient_parsing=True), name="errata"
    )
    files.append(File.generated(config, COMMANDS, content=text.replace("# `errata`", "# Commands", 1)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A link to a file of the repository that is no page becomes the file's name: the site holds the pages alone."""
    here = posixpath.dirname(page.file.src_uri)

    def resolved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, link[2]))
        return link[0] if files.get_file_from_path(target) else f"{link[1]} (`{target.removeprefix('../')}`)"

    return LINK.sub(resolved, markdown)
