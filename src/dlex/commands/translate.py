"""`dlex translate`."""

import click

from dlex.course import find_course
from dlex.errors import CourseError


@click.command("translate", short_help="Authors: bring translations up to date.")
@click.option("--check", is_flag=True, help="Write nothing; fail if a translation is missing or out of date.")
@click.option("--engine", is_flag=True, help="The texts of dlex itself, in its own repository.")
@click.pass_obj
def command(course: str | None, check: bool, engine: bool) -> None:
    """Collect the texts of the course into exercises/locale/LANGUAGE/LC_MESSAGES/CHAPTER.po, where
    translators write theirs, and compile what they wrote. Says what is still missing.

    \b
    Examples:
      dlex translate
      dlex translate --check     # exit code 3 if anything is missing
      dlex translate --engine
    """
    from dlex.translation import catalogues

    files = list(catalogues.files_of_engine() if engine else catalogues.files_of_course(find_course(course)))
    if not check:
        for file in filter(catalogues.update, files):
            click.echo(f"wrote {file.po}")
    found = {file.po: list(catalogues.problems(file)) for file in files}
    if check and any(found.values()):
        told = "\n".join(problem for problems in found.values() for problem in problems)
        raise CourseError(told, "Write what is missing, delete what is not said any more.")
    for po, problems in found.items():
        click.echo(
            f"{po}: {len(problems)} to do (dlex translate --check lists them)" if problems else f"{po}: done"
        )
