"""A learner's folder: stubs to fill in, and what is remembered beside them in `.dlex/`.

README.md  .gitignore  .vscode/settings.json  pyrightconfig.json     settings.py
ch03/softmax.py …            the learner's own                       make.py, update.py
.dlex/given/ch03/softmax.py  the stub as it was given                given.py
.dlex/before/…               a file as it was before a merge         update.py
.dlex/history.db             checks and hints                        history.py, database.py
"""

from dlex.workspace.folder import MARKER, find_workspace, require_workspace

__all__ = ["MARKER", "find_workspace", "require_workspace"]
