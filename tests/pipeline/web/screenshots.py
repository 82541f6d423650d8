"""Pictures of each page, of a page that runs: `python -m tests.pipeline.web.screenshots URL FOLDER [--readme]`.

Needs a Chromium (`apt-get install chromium`), or its path in CHROMIUM, and for the forms a token of the scope write.
"""

import os
import shutil
from pathlib import Path

import click
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pipeline.web.access import COOKIE

PAGES = {
    "search": "/?q=Putin+OR+Palu",
    "facets": "/?language=id&language=en",
    "figures": "/figures",
    "figure": "/figures/Q7747",
    "alerts": "/alerts",
    "rules": "/rules",
    "rule": "/rules/trial?id=figure:Q7747&since=7d",
    "feeds": "/feeds",
    "pipeline": "/pipeline?books=1",
    "map": "/map",
    "sign-in": "/sign-in",
}
# What only those see who may write, with what is filled in; of each the button is pressed that tries it.
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "figure-form": ("/figures/Q7747/edit", {}),
    "rule-form": ("/rules/edit", {"name": "Visits", "figures": "Vladimir Putin", "search": "visit OR kunjungan"}),
}
SIZES = {"": (1280, 900), "-phone": (390, 844)}


def chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def launched(playwright: object) -> Browser:
    """A browser; without its sandbox where the user is root, who has none."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    path = chromium()
    assert path, "install chromium, or set CHROMIUM to its path"
    browser: Browser = playwright.chromium.launch(  # type: ignore[attr-defined]
        executable_path=path, args=["--no-sandbox"] if root else []
    )
    return browser


@click.command()
@click.argument("url")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--readme", is_flag=True, help="Small files, as they stand in the README: light, for a desk.")
@click.option("--token", envvar="KABAR_TOKEN", help="A token of the scope write, for the forms (`kabar web token`).")
def main(url: str, folder: Path, *, readme: bool, token: str | None) -> None:
    """Take them of the page at URL into FOLDER: light and dark for a desk, light for a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    url = url.rstrip("/")
    views = [("", "light")] if readme else [("", "light"), ("", "dark"), ("-phone", "light")]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for size, scheme in views:
            context = _context(browser, size, scheme)
            name = f"{size}{'-dark' if scheme == 'dark' else ''}"
            for title, path in {**PAGES, **_items(context, url)}.items():
                _take(context, url + path, folder / f"{title}{name}", small=readme)
            if token:
                context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
                for title, (path, filled) in FORMS.items():
                    _take(context, url + path, folder / f"{title}{name}", small=readme, filled=filled)
            context.close()
        if readme:
            _take(_context(browser, "-phone", "dark"), url + PAGES["search"], folder / "phone", small=True)
            _take(_context(browser, "", "light", "id"), url + PAGES["alerts"], folder / "indonesian", small=True)
        browser.close()


def _context(browser: Browser, size: str, scheme: str, language: str = "en-GB") -> BrowserContext:
    width, height = SIZES[size]
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
    )


def _items(context: BrowserContext, url: str) -> dict[str, str]:
    """The page of an item, and the history of one with several revisions."""
    page = context.new_page()
    page.goto(f"{url}/?q=Putin")
    found = {"item": str(page.locator(".card h2 a").first.get_attribute("href"))}
    hits = context.request.get(f"{url}/api/v1/search?size=100&collapse=0").json()["hits"]
    most = max(hits, key=lambda hit: int(hit["revision"]))
    return found | {"history": f"/items/{most['id']}/history"}


def _take(context: BrowserContext, url: str, path: Path, *, small: bool, filled: dict[str, str] | None = None) -> None:
    page: Page = context.new_page()
    page.goto(url)
    if filled is not None:
        for name, value in filled.items():
            page.locator(f"[name={name}]").fill(value)
        page.locator("button[name=check]").click()
        page.wait_for_load_state()
    if small:
        page.screenshot(path=f"{path}.jpg", type="jpeg", quality=75)
    else:
        page.screenshot(path=f"{path}.png")
    page.close()
    click.echo(path.name)


if __name__ == "__main__":
    main()
