"""A new nbgrader course: its configuration, its list of learners, and what to do first."""

from __future__ import annotations

import csv
import io
import re
import secrets
from pathlib import Path

from dlex.course import BUNDLED, Course
from dlex.errors import UsageError
from dlex.files import write_atomically
from dlex.notebooks.settings import CONFIG

SEEDS = 1 << 48
STUDENT_COLUMNS = "id", "first_name", "last_name", "email"

CONFIGURATION = '''"""nbgrader's configuration of this course, read by every nbgrader command run here."""

from dlex.notebooks.configure import configure

c = get_config()
configure(c)  # autograding, feedback and export go through dlex; what follows here wins

c.CourseDirectory.course_id = {course_id!r}

# Which exercises are graded: the folder of a dlex course; "" is the one that came with dlex.
c.Dlex.course = {course!r}

# Draws the examples of the checks. Keep it secret; as long as it stays, scores stay.
c.Dlex.seed = {seed}

# The gradebook is gradebook.db in this folder. Another database:
# c.CourseDirectory.db_url = "postgresql+psycopg://user@host/gradebook"
'''

README = """# {course_id}: an nbgrader course

    dlex nbgrader build ch3                  writes source/ch3/ch3.ipynb from the exercises of chapter 3
    nbgrader generate_assignment ch3         writes release/ch3/ch3.ipynb, to be given to learners
    nbgrader db student import students.csv  the list of learners (optional)

Put what comes back into submitted/NAME/ch3/ch3.ipynb. Then:

    nbgrader autograde ch3
    nbgrader generate_feedback ch3           writes feedback/NAME/ch3/ch3.html
    nbgrader export --to grades.csv          scores; what was not graded has none

Keep this folder to yourself: source/ holds the answers, {config} the seed.
"""


def make_course(folder: Path, course: Course, course_id: str = "") -> list[Path]:
    """Write an nbgrader course that autogrades through dlex; returns its files.

    Raises:
        UsageError: `folder` is one already.
    """
    if (folder / CONFIG).exists():
        raise UsageError(
            f"{folder.resolve()} has an {CONFIG} already", "Choose another folder, or move it away."
        )
    course_id = course_id or re.sub(r"[^\w-]+", "-", folder.resolve().name).strip("-") or "course"
    place = "" if course.root == BUNDLED.resolve() else str(course.root)
    students = io.StringIO()
    csv.writer(students, lineterminator="\n").writerow(STUDENT_COLUMNS)
    texts = {
        CONFIG: CONFIGURATION.format(course_id=course_id, course=place, seed=secrets.randbelow(SEEDS)),
        "students.csv": students.getvalue(),
        "README.md": README.format(course_id=course_id, config=CONFIG),
        ".gitignore": "gradebook.db\nsubmitted/\nautograded/\nfeedback/\n.nbgrader.log\n",
    }
    kept = [name for name in texts if (folder / name).exists()]
    for name, text in texts.items():
        if name not in kept:
            write_atomically(folder / name, text)
    (folder / "source").mkdir(exist_ok=True)
    (folder / "submitted").mkdir(exist_ok=True)
    return [folder / name for name in texts if name not in kept]
