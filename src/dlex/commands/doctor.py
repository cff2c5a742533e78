"""`dlex doctor`."""

import click


@click.command("doctor", short_help="Say what this machine has and lacks.")
def command() -> None:
    """Say what this machine has, what it lacks, and what to do about that.

    Exit code 4 if dlex cannot grade here at all.

    \b
    Example:
      dlex doctor
    """
    from dlex.doctor import examine

    findings = examine()
    for finding in findings:
        mark, colour = {"ok": ("✓", "green"), "lacks": ("-", "yellow"), "broken": ("✗", "red")}[finding.state]
        click.secho(f"{mark} ", fg=colour, nl=False)
        click.echo(f"{finding.what}: {finding.found}")
        if finding.advice:
            click.echo(f"    {finding.advice}")
    if any(finding.state == "broken" for finding in findings):
        raise SystemExit(4)
