"""Run one suite, or write one page: ``python -m evals NAME [options]``. Without a name: list them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

FOLDERS = ("suites", "pages")


def main(arguments: Sequence[str]) -> int:
    """The exit status: 2 if no command has that name."""
    known = commands()
    if not arguments:
        print("\n".join(f"{name:20} {summary}" for name, (_, summary) in known.items()))
        return 0
    name, *options = arguments
    if name not in known:
        print(f"evals has no {name!r}; it has {', '.join(known)}", file=sys.stderr)
        return 2
    sys.argv = [f"python -m evals {name}", *options]  # as shown in usage and result files
    import_module(known[name][0]).main()
    return 0


def commands() -> dict[str, tuple[str, str]]:
    """Name -> module and first line of its docstring. Nothing is imported: many suites need additional packages."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((Path(__file__).parent / folder).glob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
                summary = (ast.get_docstring(tree) or "").partition("\n")[0]
                found[path.stem] = (f"evals.{folder}.{path.stem}", summary)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
