"""The second half of `nbgrader autograde`: exercises are graded by dlex, everything else by nbgrader."""

from __future__ import annotations

from nbformat import NotebookNode, v4
from nbgrader import utils
from nbgrader.preprocessors import Execute, SaveAutoGrades

from dlex.language import N_, _
from dlex.notebooks.cells import answer_id, exercise_tested, grade_id_of, misnamed
from dlex.notebooks.gradebook import put_comment, put_score
from dlex.notebooks.kernel import SandboxedKernelManager, kernel_manager
from dlex.notebooks.outputs import harmless
from dlex.notebooks.own import own_score
from dlex.notebooks.run import work_of
from dlex.notebooks.verdicts import UNTOUCHED, Verdict, ungraded

NOT_RUN = N_("the notebook was graded without being executed (--no-execute)")
MISNAMED = N_(
    "cell {name} calls dlex.check, but does not have the name that `dlex nbgrader build` gives, "
    "like dlex-ch03-softmax"
)


class DlexExecute(Execute):
    """Grades the exercises of a notebook in dlex's worker processes. No kernel is started, unless the
    notebook has code cells that nbgrader itself grades; then one runs them, confined where possible."""

    def preprocess(self, nb: NotebookNode, resources: dict, km=None) -> tuple[NotebookNode, dict]:
        about = nb.metadata.get("dlex", {})
        verdicts = self._verdicts(nb, about.get("problem", ""), resources)
        reason = self._run_own(nb, resources, km) if any(map(_is_own_test, nb.cells)) else ""
        reason = about.get("problem", "") or reason
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = harmless(cell.outputs)
                if exercise := exercise_tested(cell):
                    cell.outputs = _shown(verdicts[exercise])
                elif reason and utils.is_grade(cell):
                    cell.outputs = _shown(ungraded(reason, handed_in=True))
                elif misnamed(cell):
                    told = _(MISNAMED).format(name=grade_id_of(cell))
                    self.log.error(told)
                    cell.outputs = _shown(ungraded(told))
        notes = about.get("notes", [])
        resources["dlex"] = {id: verdict.noting(notes) for id, verdict in verdicts.items()}
        resources["dlex_lost"] = reason
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int):
        """Execute a cell in the kernel; the test cells of exercises are none of its business."""
        if exercise_tested(cell) or misnamed(cell):
            return cell, resources
        return super().preprocess_cell(cell, resources, index)

    def _verdicts(self, nb: NotebookNode, problem: str, resources: dict) -> dict[str, Verdict]:
        work = work_of(resources["nbgrader"]["student"], resources["nbgrader"]["notebook"], nb.cells)
        if problem or not work.exercises:
            return {id: ungraded(problem, handed_in=True) for id in work.exercises}
        return self.parent.run.grade(work)

    def _run_own(self, nb: NotebookNode, resources: dict, km) -> str:
        """Run the notebook in a kernel; why that came to no end, "" if it did."""
        self.kernel_manager_class = kernel_manager()
        if self.kernel_manager_class is not SandboxedKernelManager:
            self.log.warning("bubblewrap does not work here: the kernel runs this notebook unconfined")
        try:
            super().preprocess(nb, resources, km)
        except Exception as error:  # a dead kernel is a learner's doing, and no reason to lose the rest
            self.log.error("the kernel of %s failed: %r", resources["nbgrader"]["student"], error)
            told = _("the kernel that ran this notebook ended: {error}")
            return told.format(error=type(error).__name__)
        return ""


class DlexSaveGrades(SaveAutoGrades):
    """Writes what was decided to the gradebook; nbgrader's rules decide about cells that are not dlex's."""

    def _add_score(self, cell: NotebookNode, resources: dict) -> None:
        where = self.notebook_id, self.assignment_id, self.student_id
        points = float(cell.metadata.nbgrader["points"])
        if exercise := exercise_tested(cell):
            score = resources.get("dlex", {}).get(exercise, ungraded(_(NOT_RUN))).score(points)
        elif misnamed(cell) or (resources.get("dlex_lost") and not utils.is_solution(cell)):
            score = None
        else:
            score = own_score(cell, points)
        put_score(self.gradebook, grade_id_of(cell), *where, score)

    def _add_comment(self, cell: NotebookNode, resources: dict) -> None:
        where = self.notebook_id, self.assignment_id, self.student_id
        answers = {answer_id(id): verdict.comment for id, verdict in resources.get("dlex", {}).items()}
        name = grade_id_of(cell)
        unchanged = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
        own = UNTOUCHED if unchanged and not utils.is_task(cell) else None
        put_comment(self.gradebook, name, *where, answers.get(name, own))


def _is_own_test(cell: NotebookNode) -> bool:
    """Whether nbgrader grades a cell, or shows its outputs to who grades it."""
    ours = exercise_tested(cell) or misnamed(cell)
    return cell.cell_type == "code" and utils.is_grade(cell) and not ours


def _shown(verdict: Verdict) -> list[NotebookNode]:
    return [v4.new_output("display_data", data={"text/html": verdict.html, "text/plain": verdict.text})]
