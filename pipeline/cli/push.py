"""`kabar push`: the server that takes news over HTTP, and what one needs to use it."""

import click

from connectors.push.__main__ import run
from connectors.push.credentials import address, load
from pipeline.cli.context import connected
from pipeline.cli.screen import echo
from schemas.logs import configure


@click.command("push")
@click.option("--token", "show_token", is_flag=True, help="Print the bearer token and end.")
@click.option("--secret", "show_secret", is_flag=True, help="Print the secret for signatures and end.")
@click.option("--address", "show_address", is_flag=True, help="Print the address of the server that runs and end.")
def command(*, show_token: bool, show_secret: bool, show_address: bool) -> None:
    """Take news at `POST /v1/items`: one object, an array, or JSON Lines. `kabar up` runs this server too.

    \b
    Example:
      curl -H "Authorization: Bearer $(kabar push --token)" \\
           -d '{"url": "https://news.example/1", "title": "Ferry resumes"}' $(kabar push --address)/v1/items
    """
    settings = connected()
    if show_address:
        found = address(settings)
        if found is None:
            raise click.UsageError("no push server runs here; `kabar up` starts one, or `kabar push` alone")
        echo(found)
    elif show_token:
        echo(load(settings).token)
    elif show_secret:
        echo(load(settings).secret)
    else:
        configure()
        run(settings)
