"""The command line. `main` is the only place where the parts meet: connectors, pipeline, deploy.

Exit codes: 0 done, 1 nothing found or nothing to do, 2 wrong words or settings, 3 a server or the network does not
answer, 130 interrupted.
"""

import sys
from importlib import import_module

import click

from deploy.errors import DeployError
from pipeline.cli.screen import echo, harmless
from schemas.errors import BrokerError, IndexRefused, IndexUnavailable
from schemas.settings import SettingsError

NOTHING, WRONG, UNAVAILABLE, INTERRUPTED = 1, 2, 3, 130

# Which module holds a command, and what it is for. A module is imported only when its command is called, which keeps
# `kabar --help` quick.
COMMANDS = {
    "up": ("pipeline.cli.up", "Start everything on this machine."),
    "feeds": ("pipeline.cli.feeds", "The feeds that are followed."),
    "ingest": ("pipeline.cli.ingest", "Send files or standard input into the pipeline."),
    "push": ("pipeline.cli.push", "Take news over HTTP."),
    "enrich": ("pipeline.cli.enrich", "A filter: language and names of items, without servers."),
    "group": ("pipeline.cli.group", "A filter: copies and stories among items, without servers."),
    "search": ("pipeline.cli.search", "Search what was indexed, with facets."),
    "kibana": ("pipeline.cli.kibana", "Dashboards for a Kibana of your own."),
    "web": ("pipeline.cli.web", "The web page's address, and tokens for it."),
    "figures": ("pipeline.cli.figures", "Who is tracked."),
    "rules": ("pipeline.cli.rules", "Who is told of what, and how."),
    "sinks": ("pipeline.cli.sinks", "Where alerts go, and how that goes."),
    "alerts": ("pipeline.cli.alerts", "What was told, to whom, and why."),
    "why": ("pipeline.cli.why", "Where an item went, step by step."),
    "deadletters": ("pipeline.cli.deadletters", "What could not be handled."),
    "forget": ("pipeline.cli.forget", "Take down an item, a source, a figure, for good."),
    "index": ("pipeline.cli.index", "The life of the index: check, migrate, retain."),
    "books": ("pipeline.cli.books", "Whether everything fetched is accounted for."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in COMMANDS.items()])


def load_command(name: str) -> click.Command:
    """Import the command of that name."""
    command: click.Command = import_module(COMMANDS[name][0]).command
    return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="kabar", prog_name="kabar")
def kabar() -> None:
    """Kabar reads the world's news as it is published.

    It says in what language an item is and whom it names, finds copies and stories, makes it all searchable,
    and alerts on people you track.

    \b
    Example:
      kabar up --demo          start everything on recorded news
      kabar search "Putin"     in another terminal
    """


def main() -> None:
    """The console command `kabar`: errors become one sentence and an exit code."""
    try:
        kabar.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.message = harmless(error.message)
        error.show()
        sys.exit(WRONG)
    except SettingsError as error:
        _fail(str(error), WRONG)
    except IndexRefused as error:
        _fail(f"Elasticsearch refused: {error}", WRONG)
    except (BrokerError, IndexUnavailable, DeployError) as error:
        _fail(str(error), UNAVAILABLE)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away, as `| head` does
        sys.exit(0)


def _fail(message: str, code: int) -> None:
    echo(f"kabar: {message}", err=True)
    sys.exit(code)
