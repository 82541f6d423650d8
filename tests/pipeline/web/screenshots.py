"""Pictures of each page, of a page that runs: `python -m tests.pipeline.web.screenshots URL FOLDER [--readme]`.

Needs a Chromium (`apt-get install chromium`), or its path in CHROMIUM.
"""

import os
import shutil
from pathlib import Path

import click
from playwright.sync_api import Browser, sync_playwright

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
@click.option("--readme", is_flag=True, help="Light, for a desk, small files: as they stand in the README.")
def main(url: str, folder: Path, *, readme: bool) -> None:
    """Take them of the page at URL into FOLDER: light and dark for a desk, light for a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    views = [("", "light")] if readme else [("", "light"), ("", "dark"), ("-phone", "light")]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for suffix, scheme in views:
            width, height = SIZES[suffix]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="en-GB",
            )
            page = context.new_page()
            page.goto(f"{url}/?q=Putin")
            item = page.locator(".card h2 a").first.get_attribute("href")
            for name, path in {**PAGES, "item": str(item)}.items():
                page.goto(url.rstrip("/") + path)
                if readme:
                    page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=75)
                else:
                    page.screenshot(path=folder / f"{name}{suffix}{'-dark' if scheme == 'dark' else ''}.png")
                click.echo(f"{name} {scheme} {width}")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
