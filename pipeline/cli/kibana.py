"""`kabar kibana`: dashboards into a Kibana of the user's own."""

import asyncio
import sys
from typing import Any

import aiohttp
import click

from deploy.kibana.__main__ import generated
from deploy.kibana.dashboards import rules
from pipeline.cli.context import connected
from pipeline.cli.screen import echo, echo_raw

TIMEOUT = aiohttp.ClientTimeout(total=60)


@click.group("kibana")
def command() -> None:
    """Dashboards for a Kibana that looks at the same Elasticsearch.

    \b
    Example:
      kabar kibana install --url https://kibana.example:5601
    """


@command.command("install")
@click.option("--url", required=True, help="Where Kibana is.")
@click.option("--user", help="Its user.")
@click.option("--password", envvar="KIBANA_PASSWORD", help="That user's password; or in KIBANA_PASSWORD.")
@click.option("--api-key", envvar="KIBANA_API_KEY", help="An API key instead; or in KIBANA_API_KEY.")
@click.option("--space", help="A space other than the default one.")
@click.option("--rules", "with_rules", is_flag=True, help="Make the rules too, without actions.")
def install(
    url: str, user: str | None, password: str | None, api_key: str | None, space: str | None, *, with_rules: bool
) -> None:
    """Import the data views, dashboards and the saved search, over those of an earlier import.

    \b
    Example:
      kabar kibana install --url http://127.0.0.1:5601 --rules
    """
    if not url.startswith(("http://", "https://")):
        raise click.UsageError("--url begins with http:// or https://")
    base = url.rstrip("/") + (f"/s/{space}" if space else "")
    headers = {"kbn-xsrf": "true"} | ({"authorization": f"ApiKey {api_key}"} if api_key else {})
    login = aiohttp.BasicAuth(user, password or "") if user else None
    try:
        done = asyncio.run(_install(base, headers, login, connected().index_prefix, with_rules=with_rules))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        echo(f"kabar: Kibana at {url} does not answer: is it running? ({error})", err=True)
        sys.exit(3)
    for line in done:
        echo(line)
    sys.exit(1 if any(line.startswith("refused") for line in done) else 0)


@command.command("show")
def show() -> None:
    """The saved objects as NDJSON, to import by hand: Stack Management, Saved Objects, Import.

    \b
    Example:
      kabar kibana show > kabar.ndjson
    """
    echo_raw(generated(connected().index_prefix)["kabar.ndjson"])


async def _install(
    base: str, headers: dict[str, str], login: aiohttp.BasicAuth | None, prefix: str, *, with_rules: bool
) -> list[str]:
    told = []
    async with aiohttp.ClientSession(headers=headers, auth=login, timeout=TIMEOUT) as session:
        form = aiohttp.FormData()
        form.add_field("file", generated(prefix)["kabar.ndjson"], filename="kabar.ndjson")
        async with session.post(f"{base}/api/saved_objects/_import?overwrite=true", data=form) as answer:
            told += _told(await _json(answer), answer.status)
        for rule in rules() if with_rules else ():
            address = f"{base}/api/alerting/rule/{rule['id']}"
            await (await session.delete(address)).read()
            async with session.post(address, json=rule["body"]) as answer:
                problem = "" if answer.ok else str((await _json(answer)).get("message", answer.status))
                told.append(f"refused: {problem}" if problem else f"made rule {rule['body']['name']}")
    return told


async def _json(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        made: dict[str, Any] = await answer.json(content_type=None)
    except ValueError:
        return {"message": f"the answer is no JSON ({answer.status})"}
    return made if isinstance(made, dict) else {}


def _told(answer: dict[str, Any], status: int) -> list[str]:
    """What became of the import. Kibana answers 200 though objects were refused."""
    errors = [f"refused {e.get('type')} {e.get('id')}: {e.get('error')}" for e in answer.get("errors", [])]
    if answer.get("success"):
        return [f"imported {answer.get('successCount', 0)} objects"]
    return errors or [f"refused: {answer.get('message', status)}"]
