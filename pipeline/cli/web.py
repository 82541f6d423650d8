"""`kabar web`: the page's address, and who may use it."""

import sys

import click

from pipeline.cli.context import connected, json_option, print_lines, print_table
from pipeline.cli.screen import echo
from pipeline.web.access import SCOPES, Scope, make_token, revoke, tokens
from pipeline.web.where import web_address


@click.group("web", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """The address of the web page and of the API; tokens for them.

    \b
    Example:
      kabar web
      kabar web token --scope write --name newsroom
    """
    if context.invoked_subcommand is None:
        address = web_address(connected())
        if address is None:
            echo("The web page was not served yet: start `kabar up`.", err=True)
            sys.exit(1)
        echo(address)


@command.command("token")
@click.option("--scope", type=click.Choice(SCOPES), default="read", show_default=True, help="What it may do.")
@click.option("--name", default="default", show_default=True, help="What for; one of the same name is replaced.")
def token(scope: Scope, name: str) -> None:
    """Make a token and show it, this once. A scope includes those before it: read, write, admin.

    \b
    Example:
      kabar web token --scope admin
    """
    echo(make_token(connected(), name, scope))


@command.command("tokens")
@json_option
def list_(*, as_json: bool) -> None:
    """The tokens that hold now, by name.

    \b
    Example:
      kabar web tokens
    """
    held = tokens(connected())
    if as_json:
        print_lines({"name": entry.name, "scope": entry.scope, "made_at": entry.made_at} for entry in held)
    elif not held:
        echo("There are no tokens. Try: kabar web token --scope admin")
    else:
        print_table(("name", "scope", "made"), [(entry.name, entry.scope, entry.made_at) for entry in held])


@command.command("revoke")
@click.argument("name")
def revoke_(name: str) -> None:
    """End the token of that NAME, at once.

    \b
    Example:
      kabar web revoke newsroom
    """
    if not revoke(connected(), name):
        echo(f"There is no token {name}.", err=True)
        sys.exit(1)
    echo(f"Revoked {name}.")
