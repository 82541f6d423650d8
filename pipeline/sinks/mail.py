"""Sink, `email`: each alert as a message with a text and an HTML part, over SMTP."""

import html
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib

from pipeline.sinks.attempts import Later, Outcome, Refused, Sent
from pipeline.sinks.config import EmailConfig
from pipeline.sinks.message import Shown, Told, told
from schemas.alert import Alert

TIMEOUT_SECONDS = 30.0
PERMANENT = 500
# Wrong or missing credentials, or a server that is not ready for us: the user mends it, and the mail still goes.
MENDABLE = frozenset({530, 534, 535, 538})

STYLE = (
    "font-family:-apple-system,Segoe UI,Roboto,sans-serif;font-size:15px;line-height:1.45;color:#1c1c1c;max-width:40em"
)


class MailPlace:
    """A mail server, to which a connection is opened for each message."""

    def __init__(self, config: EmailConfig) -> None:
        self._config = config

    async def start(self) -> None:
        """Nothing is kept open."""

    async def send(self, alert: Alert) -> Outcome:
        """Hand one message to the server; a 5xx for the message is final, all else may pass."""
        config = self._config
        message = compose(alert, config)
        context = ssl.create_default_context(cafile=config.ca or None)
        try:
            await aiosmtplib.send(
                message,
                hostname=config.host,
                port=config.port,
                username=config.user or None,
                password=config.password or None,
                use_tls=config.security == "tls",
                start_tls=config.security == "starttls",
                tls_context=context if config.security != "none" else None,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            reason = f"no recipient was taken: {error.recipients[0].code} {error.recipients[0].message}"
            final = all(one.code >= PERMANENT for one in error.recipients)
            return Refused(reason) if final else Later(reason)
        except aiosmtplib.SMTPResponseException as error:
            reason = f"the mail server answered {error.code} {error.message}"
            return Refused(reason) if error.code >= PERMANENT and error.code not in MENDABLE else Later(reason)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Later(f"{type(error).__name__}: {error}")
        return Sent()

    async def stop(self) -> None:
        """Nothing is kept open."""


def compose(alert: Alert, config: EmailConfig) -> EmailMessage:
    """The message. Its Message-ID is the alert's, so that mail programs show a repeat once."""
    content = told(alert)
    message = EmailMessage()
    # An encoded word in the news would be decoded here, with the line ends that it hides.
    message["Subject"] = content.heading.replace("=?", "= ?")
    message["From"] = _address(config.sender)
    message["To"] = [_address(one) for one in config.to]
    message["Date"] = format_datetime(alert.alerted_at)
    message["Message-ID"] = f"<{alert.id}@{_address(config.sender).domain or 'kabar'}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = content.reader
    message.set_content(text(content))
    message.add_alternative(page(content), subtype="html")
    return message


def _address(written: str) -> Address:
    name, address = parseaddr(written)
    user, _, domain = address.rpartition("@")
    return Address(name, user, domain)


def text(content: Told) -> str:
    """The text part."""
    lines = [content.heading, "=" * min(len(content.heading), 72), ""]
    for shown in content.shown:
        lines.append(shown.title)
        if shown.excerpt:
            quote = "".join(f"«{part}»" if marked else part for part, marked in shown.excerpt)
            lines += ["", f"  … {quote} …"]
        lines += ["", *(f"{name}: {value}" for name, value in shown.facts)]
        lines += ["", shown.url] if shown.url else []
        lines.append("")
    return "\n".join([*lines, "-- ", content.footer, ""])


def page(content: Told) -> str:
    """The HTML part: no script, no picture, nothing loaded; all of the news is text in it."""
    parts = "".join(_shown(shown, content) for shown in content.shown)
    return (
        f'<!DOCTYPE html><html lang="{content.reader}"><head><meta charset="utf-8">'
        f"<title>{_escape(content.heading)}</title></head>"
        f'<body style="{STYLE}"><h1 style="font-size:18px;margin:0 0 .6em">{_escape(content.heading)}</h1>{parts}'
        f'<p style="color:#777;font-size:12px">{_escape(content.footer)}</p></body></html>'
    )


def _marked(part: str, *, marked: bool) -> str:
    return f"<mark>{_escape(part)}</mark>" if marked else _escape(part)


def _shown(shown: Shown, content: Told) -> str:
    title = _escape(shown.title)
    if shown.url:
        title = f'<a href="{_escape(shown.url)}">{title}</a>'
    quote = (
        f'<blockquote lang="{_escape(shown.language)}" dir="auto" style="border-left:3px solid #ccc;margin:.6em 0;'
        f'padding:.2em .8em">{"".join(_marked(part, marked=marked) for part, marked in shown.excerpt)}</blockquote>'
        if shown.excerpt
        else ""
    )
    rows = "".join(
        f'<tr><td style="color:#777;padding:0 1em 0 0;vertical-align:top">{_escape(name)}</td>'
        f"<td>{_escape(value)}</td></tr>"
        for name, value in shown.facts
    )
    link = f'<p><a href="{_escape(shown.url)}">{_escape(content.read)}</a></p>' if shown.url else ""
    table = f'<table style="font-size:14px;border-collapse:collapse">{rows}</table>' if rows else ""
    return f'<h2 style="font-size:16px;margin:.8em 0 .2em" dir="auto">{title}</h2>{quote}{table}{link}'


def _escape(text_: str) -> str:
    return html.escape(text_)
