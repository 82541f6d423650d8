"""What all requests share: the settings, the index, who is tracked, what was taken down."""

from collections.abc import Sequence

from starlette.requests import Request

from pipeline.elastic import Index
from pipeline.figures import Change, TrackedFigures
from pipeline.forget import ForgottenList
from pipeline.search import Names
from schemas.alert import Figure
from schemas.settings import Settings


class Desk:
    """Opened once a process; its clients are safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.index = Index(settings)
        self._figures: dict[str, Figure] = {}
        self._names: tuple[dict[str, Figure], Names] | None = None
        self._tracked = TrackedFigures(settings, self._changed)
        self.forgotten = ForgottenList(settings)

    def figures(self) -> dict[str, Figure]:
        """Those tracked now, by id; never changed in place."""
        return self._figures

    def names(self) -> Names:
        """Who has which name; made anew when the figures have changed."""
        known, figures = self._names, self._figures
        if known is None or known[0] is not figures:
            known = self._names = (figures, Names(figures))
        return known[1]

    def _changed(self, changes: Sequence[Change]) -> None:
        figures = dict(self._figures)
        for key, figure in changes:
            if figure is None:
                figures.pop(key, None)
            else:
                figures[key] = figure
        self._figures = figures

    def warm(self) -> None:
        """Load what the first request would wait for."""
        self._tracked.wait()
        self.forgotten.wait()
        self.names().spans(["Kabar"])

    def close(self) -> None:
        """Let go of the connections."""
        self._tracked.close()
        self.forgotten.close()
        self.index.close()


def desk_of(request: Request) -> Desk:
    """The desk of the application that a request came to."""
    desk: Desk = request.app.state.desk
    return desk
