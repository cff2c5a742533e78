"""The command line: a table of commands, each imported when it is used, and the exit codes.

0 all right · 1 checks failed · 2 wrong use · 3 the course is broken · 4 the machine lacks something
"""

from __future__ import annotations

import importlib
import itertools
import os
from gettext import gettext

import click

from dlex import __version__, language
from dlex.errors import DlexError, UsageError
from dlex.language import _
from dlex.spoken_help import SpokenContext, spoken

COMMANDS = {  # name: what `dlex --help` says; the module dlex.commands.NAME holds `command`
    "init": "Make a workspace of stubs to fill in.",
    "list": "List chapters and exercises.",
    "show": "Show what an exercise asks for.",
    "check": "Check what you wrote.",
    "watch": "Check whenever you save.",
    "hint": "Show the next hint.",
    "status": "Show your progress.",
    "history": "Show your attempts, and what you wrote then.",
    "update": "Get new and changed stubs; what you wrote stays.",
    "report": "Write a report as one HTML file.",
    "serve": "Keep dlex warm, so that checks answer at once.",
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


STAFF = ("Instructors:", "Authors:")  # what their commands say stays English


def is_for_staff(command: str) -> bool:
    """Whether a command is for instructors or authors."""
    return COMMANDS[command].startswith(STAFF)


class LazyGroup(click.Group):
    """Imports a command's module when the command is used; `--help` needs none of them. What commands
    say of themselves is translated on the way to the screen."""

    context_class = SpokenContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The language comes first, wherever it is named, so that whatever follows is said in it."""
        wanted = _asked_for(args) or os.environ.get(language.VARIABLE) or language.current()
        try:
            language.use(wanted)
        except UsageError as error:
            raise click.UsageError(f"{error.message}. {error.next_step}", ctx) from None
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super(LazyGroup, spoken(self)).format_help(ctx, formatter)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"dlex.commands.{name}").command
        if is_for_staff(name):
            return command
        return spoken(command, click.Option(["--lang"], **LANG))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(gettext("Commands")):
            formatter.write_dl([(name, _(told)) for name, told in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; errors made for people end it with their message and exit code."""
        try:
            return super().invoke(ctx)
        except DlexError as error:
            click.secho(_("error: "), fg="red", bold=True, nl=False, err=True)
            click.echo(error.message, err=True)
            if error.next_step:
                click.echo(error.next_step, err=True)
            ctx.exit(error.exit_code)


def _asked_for(args: list[str]) -> str:
    """What `--lang` says, before or after the name of a command; "" without one."""
    words = [word for arg in itertools.takewhile(lambda arg: arg != "--", args) for word in arg.split("=", 1)]
    return next((new for option, new in itertools.pairwise(words) if option == "--lang"), "")


LANG = {
    "metavar": "LANG",
    "expose_value": False,
    "help": "The language to speak, en or zh; else $DLEX_LANG, the workspace's, the system's.",
}


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
@click.option("--lang", **LANG)
@click.version_option(__version__, prog_name="dlex")
@click.pass_context
def main(ctx: click.Context, course: str | None) -> None:
    """Exercises in deep learning from first principles, graded on the spot."""
    ctx.obj = course
