"""The page of rules: who is told of what and how; making, changing, trying and removing them."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.rules.asked import Asked, RuleMistake, asked_of
from pipeline.rules.describe import describe
from pipeline.sinks.message import told
from pipeline.web import rule_work
from pipeline.web.api import NotFound
from pipeline.web.desk import desk_of
from pipeline.web.forms import SEE_OTHER, Form, guarded, posted
from pipeline.web.render import page, words_of
from schemas.rule import Rule

EMPTY: Final = Asked(name="")
SPAN: Final = "1d"


@guarded("read")
def rules(request: Request) -> Response:
    """Every rule in a line."""
    desk = desk_of(request)
    say = words_of(request)
    listed = [(rule, describe(rule, say)) for rule in rule_work.rules(desk.settings)]
    values = {"rules": listed, "snoozes": rule_work.snoozes(desk.settings)}
    return page(request, "rules.html", values)


@guarded("write")
def new(request: Request) -> Response:
    """An empty form, or that of a rule."""
    number = request.query_params.get("id")
    asked = asked_of(_rule(request, number)) if number else EMPTY
    return _form(request, asked)


@guarded("read")
def trial(request: Request) -> Response:
    """What a rule would have sent."""
    rule = _rule(request, request.query_params.get("id", ""))
    since = request.query_params.get("since", "")
    values = {"rule": rule, "line": describe(rule, words_of(request)), **_trial(request, rule, since)}
    return page(request, "rule_trial.html", values)


@posted("write")
def save(request: Request, form: Form) -> Response:
    """Set a rule; with `check`, only show what it would have sent."""
    desk = desk_of(request)
    try:
        asked = _asked(form)
        rule = rule_work.rule_of(desk.settings, desk.figures(), asked)
    except RuleMistake as mistake:
        error = rule_work.for_page(mistake.sentence, words_of(request))
        return _form(request, _asked(form, strict=False), error=error)
    if "check" in form:
        return _form(request, asked, trial=_trial(request, rule, form.text("since")))
    rule_work.save(desk.settings, rule)
    return RedirectResponse("/rules", SEE_OTHER)


@posted("write")
def remove(request: Request, form: Form) -> Response:
    """Take a rule away."""
    if not rule_work.remove(desk_of(request).settings, form.text("id")):
        raise NotFound("There is no rule of this id.")
    return RedirectResponse("/rules", SEE_OTHER)


def _rule(request: Request, number: str) -> Rule:
    desk = desk_of(request)
    rule = rule_work.find_rule(desk.settings, desk.figures(), number)
    if rule is None:
        raise NotFound("There is no rule of this id.")
    return rule


def _asked(form: Form, *, strict: bool = True) -> Asked:
    """The form as words.

    Raises:
        RuleMistake: what should be a number is none; not with `strict` off, which takes the usual one instead.
    """
    try:
        factor, least = float(form.text("spike_factor") or 3), int(form.text("spike_least") or 5)
    except ValueError as error:
        if strict:
            raise RuleMistake("A spike is told by two numbers, such as 3 times the usual and 5.") from error
        factor, least = EMPTY.spike_factor, EMPTY.spike_least
    return Asked(
        name=form.text("name"), id=form.text("id"), figures=form.lines("figures"), groups=form.lines("groups"),
        any_figure="any_figure" in form, search=form.text("search"), languages=form.lines("languages"),
        sources=form.lines("sources"), places=form.lines("places"), parts=form.values("parts"),
        together=form.lines("together"), when=form.text("when") or "story", to=form.values("to"),
        count_after=form.text("count_after"), digest=form.text("digest"), cap=form.text("cap"),
        quiet=form.text("quiet"), zone=form.text("zone") or "UTC", reader=form.text("reader") or "en",
        spike_factor=factor, spike_least=least, silence=form.text("silence"),
    )  # fmt: skip


def _form(request: Request, asked: Asked, *, error: str = "", trial: dict[str, Any] | None = None) -> Response:
    desk = desk_of(request)
    figures = desk.figures().values()
    values = {
        "asked": asked,
        "error": error,
        "sinks": rule_work.sinks(desk.settings),
        "groups": sorted({group for figure in figures for group in figure.groups})[: rule_work.LISTED],
        "names": sorted(figure.name for figure in list(figures)[: rule_work.LISTED]),
        "named": {figure.id: figure.name for figure in figures if figure.id in {*asked.figures, *asked.together}},
        **(trial or {"tried": False, "since": SPAN, "spans": tuple(rule_work.SPANS)}),
    }
    return page(request, "rule_form.html", values, 400 if error else 200)


def _trial(request: Request, rule: Rule, since: str) -> dict[str, Any]:
    """What the part of a page needs that shows what a rule would have sent."""
    desk = desk_of(request)
    since = since if since in rule_work.SPANS else SPAN
    found = rule_work.tried(desk.settings, desk.figures(), rule, rule_work.SPANS[since])
    alerts = [(alert, told(alert)) for alert in found.alerts] if found else []
    return {"tried": True, "found": found, "alerts": alerts, "since": since, "spans": tuple(rule_work.SPANS)}


ROUTES: Final = [
    Route("/rules", rules, methods=["GET"]),
    Route("/rules", save, methods=["POST"]),
    Route("/rules/edit", new, methods=["GET"]),
    Route("/rules/trial", trial, methods=["GET"]),
    Route("/rules/remove", remove, methods=["POST"]),
]
