"""The web page as a process of its own on the session's servers, and a real browser before it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.figures import save_figures
from pipeline.figures.known import make_figure
from pipeline.web.access import make_token
from pipeline.web.where import web_address, web_address_file
from schemas.document import Document
from schemas.process import ready_file
from schemas.settings import Settings
from tests.pipeline.search.demo import demo_documents, documents_of, index_documents
from tests.pipeline.web.hostile import hostile_item
from tests.pipeline.web.screenshots import chromium, launched
from tests.waiting import until


class Site:
    """A running page: its settings, its address, a token that may do everything, and its hostile item."""

    def __init__(self, settings: Settings, url: str, token: str, hostile: Document) -> None:
        self.settings = settings
        self.url = url
        self.token = token
        self.hostile = hostile

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a path."""
        return httpx.get(self.url + path, headers=headers, timeout=30)


@pytest.fixture(scope="session")
def site(kabar_settings: Settings) -> Iterator[Site]:
    """The page over the demo's news and one hostile item, with one figure tracked."""
    settings = kabar_settings.model_copy(update={"index_prefix": "news-web"})
    (hostile,) = documents_of([hostile_item()], demo_documents()[0].placed_at)
    index_documents(settings, [*demo_documents(), hostile])
    save_figures(settings, [make_figure("Vladimir Putin")])
    with tempfile.TemporaryDirectory() as folder:
        settings = settings.model_copy(update={"data_dir": Path(folder), "web_port": 0})
        token = make_token(settings, "tests", "admin")
        environment = {**os.environ, **settings.environment()}
        web_address_file(settings)
        process = subprocess.Popen([sys.executable, "-m", "pipeline.web"], env=environment, stdin=subprocess.DEVNULL)
        try:
            ready = ready_file(settings.data_dir, "web")
            until(lambda: ready.exists() or process.poll() is not None, seconds=60, what="the page is served")
            yield Site(settings, str(web_address(settings)), token, hostile)
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; closed with its module, since its driver keeps the thread's event loop."""
    if chromium() is None:
        pytest.skip("needs a Chromium: apt-get install chromium, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        opened = launched(playwright)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh page in English; nothing that it logs as an error passes, and it asks nobody but the site."""
    context = browser.new_context(locale="en-GB", base_url=site.url)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    # A form that cannot be taken is answered 400, which the browser logs.
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error"
              and "400 (Bad Request)" not in message.text else None)  # fmt: skip
    opened.on("request", lambda asked: None if asked.url.startswith(site.url) else wrong.append(asked.url))
    yield opened
    context.close()
    assert wrong == []
