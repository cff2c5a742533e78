"""The command line: a table of commands, each imported when it is used, and the exit codes.

0 all right · 1 checks failed · 2 wrong use · 3 the course is broken · 4 the machine lacks something
"""

from __future__ import annotations

import importlib

import click

from dlex import __version__
from dlex.errors import DlexError

COMMANDS = {  # name: what `dlex --help` says; the module dlex.commands.NAME holds `command`
    "init": "Make a workspace of stubs to fill in.",
    "list": "List chapters and exercises.",
    "show": "Show what an exercise asks for.",
    "check": "Check what you wrote.",
    "hint": "Show the next hint.",
    "status": "Show your progress.",
    "history": "Show your attempts, and what you wrote then.",
    "update": "Get new and changed stubs; what you wrote stays.",
    "grade": "Instructors: grade submissions.",
    "results": "Instructors: look at grades.",
    "nbgrader": "Instructors: nbgrader courses graded by dlex.",
    "doctor": "Say what this machine has and lacks.",
    "new": "Authors: start an exercise.",
    "sync": "Authors: make stubs from solutions.",
    "translate": "Authors: bring translations up to date.",
    "audit": "Authors: judge the graders.",
    "release": "Authors: write the learners' edition.",
}


class LazyGroup(click.Group):
    """Imports a command's module when the command is used; `--help` needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"dlex.commands.{name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; errors made for people end it with their message and exit code."""
        try:
            return super().invoke(ctx)
        except DlexError as error:
            click.secho("error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(error.message, err=True)
            if error.next_step:
                click.echo(error.next_step, err=True)
            ctx.exit(error.exit_code)


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `dlex init`, write your answer, run `dlex check softmax`.",
)
@click.option(
    "--course",
    metavar="DIR",
    help="The course to use; else $DLEX_COURSE, this folder and up, the bundled one.",
)
@click.version_option(__version__, prog_name="dlex")
@click.pass_context
def main(ctx: click.Context, course: str | None) -> None:
    """Exercises in deep learning from first principles, graded on the spot."""
    ctx.obj = course
