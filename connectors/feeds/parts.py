"""The sitemaps of an index, which together are one feed: asked conditionally, and whole once any of them changed."""

from collections.abc import Awaitable, Callable, Sequence

from connectors.fetch import Failed, Fetched, NotModified, Outcome, Validators

Ask = Callable[[str, Validators], Awaitable[Outcome]]


async def fetch_parts(
    ask: Ask, addresses: Sequence[str], known: dict[str, Validators]
) -> list[Fetched] | NotModified | Failed:
    """The parts that could be fetched, where any has changed.

    Args:
        ask: fetches one; a body is not compared, since one part alone means nothing.
        addresses: of the parts, at least one.
        known: what each part's last whole reply left; written anew.
    """
    replies = {address: await ask(address, known.get(address, Validators())) for address in addresses}
    same = [address for address, reply in replies.items() if isinstance(reply, NotModified)]
    if same and not any(isinstance(reply, Fetched) for reply in replies.values()):
        return NotModified()
    # What shows a change is read beside the others: only together do they say what is new.
    replies |= {address: await ask(address, Validators()) for address in same}
    known.clear()
    found = {address: reply for address, reply in replies.items() if isinstance(reply, Fetched)}
    for address, reply in found.items():
        known[address] = Validators(etag=reply.etag, last_modified=reply.last_modified)
    if found:
        return [*found.values()]
    failed = {address: reply for address, reply in replies.items() if isinstance(reply, Failed)}
    address, first = next(iter(failed.items()))
    return Failed(
        reason=f"a sitemap index whose sitemap {address} cannot be read: {first.reason}",
        status=200,
        retry_after=max((reply.retry_after or 0.0 for reply in failed.values()), default=0.0) or None,
    )
