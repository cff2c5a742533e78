"""A Jupyter kernel inside bubblewrap: no network, no files but Python's and a copy of the notebook's folder.

Only for cells that nbgrader grades itself: what such a cell says about a submission is said by the
process that ran the submission. The sandbox keeps that process away from everything else.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager

from dlex.worker import sandbox

START = """\
import resource, sys
sys.path[:] = {path!r}
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""
MEMORY = 8 << 30  # of address space, of which torch takes half
OPTIONS = "--HistoryManager.hist_file=:memory:", "--InteractiveShellApp.ignore_cwd=True"
ENVIRONMENT = {"NBGRADER_EXECUTION": "autograde", "MPLBACKEND": "Agg", "IPYTHONDIR": "/tmp/ipython"}


class SandboxedKernelManager(AsyncKernelManager):
    """Starts the Python kernel of this environment, confined; it is spoken to through sockets in a folder."""

    def __init__(self, **kw):
        super().__init__(**kw)
        self._folder = Path(tempfile.mkdtemp(prefix="dlex-"))
        self.transport = "ipc"
        self.connection_file = str(self._folder / "kernel.json")

    async def _async_pre_start_kernel(self, **kw):
        self.kernel_spec.interrupt_mode = "message"  # signals do not reach into the sandbox
        _command, kw = await super()._async_pre_start_kernel(**kw)
        work = self._folder / "work"
        if not work.exists():
            shutil.copytree(kw["cwd"], work, symlinks=True)
        kw["cwd"] = str(self._folder)
        return self._confined(work), kw

    def _confined(self, work: Path) -> list[str]:
        arguments = ["-f", self.connection_file, *OPTIONS]
        path = [*sandbox.python_path(), str(work)]  # last: a torch.py beside the notebook is not torch
        code = START.format(path=path, memory=MEMORY)
        return sandbox.confine(code, arguments, [self._folder], work, ENVIRONMENT)

    def cleanup_connection_file(self) -> None:
        super().cleanup_connection_file()
        shutil.rmtree(self._folder, ignore_errors=True)


def kernel_manager() -> type[AsyncKernelManager]:
    """The kernel manager for learners' notebooks: a confined one, where bubblewrap works."""
    return SandboxedKernelManager if sandbox.probe().level == 2 else AsyncKernelManager
