"""flow: what would go wrong between a RapidPro flow and Live Agents, before anybody is in it."""

from pathlib import Path
from typing import Annotated

import typer

from channel.cli.saying import Wrong, say
from channel.rapidpro.wire import flow_file
from channel.rapidpro.wire.flow_file import Finding, NotAFlow

app = typer.Typer(help="Flows exported from RapidPro.", no_args_is_help=True)


@app.callback()
def _flow() -> None:
    """A group of one verb keeps its name."""


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A file that RapidPro exported.")],
    ignores_keywords: Annotated[
        bool, typer.Option("--ignores-keywords", help="The flows ignore keyword triggers; exports do not say so.")
    ] = False,
) -> None:
    """Read an exported flow and name wrong bodies, missing failure branches and reachable keywords."""
    try:
        findings = flow_file.check(file.read_bytes(), ignores_keywords=ignores_keywords)
    except OSError:
        raise Wrong(f"{file} cannot be read") from None
    except NotAFlow as error:
        raise Wrong(f"{file}: {error}") from None
    for finding in findings:
        say(_line(finding))
    if findings:
        raise typer.Exit(1)
    say("Nothing is wrong.")


def _line(finding: Finding) -> str:
    place = ", ".join(part for part in (finding.flow, finding.node) if part)
    return f"{place}: {finding.sentence} [{finding.code}]"
