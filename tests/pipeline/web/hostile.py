"""An item that tries everything that a page could fall for."""

from schemas.codec import now
from schemas.item import Item, item_id

SCRIPT = "<script>document.title='owned'</script>"
IMAGE = "<img src=x onerror=\"document.title='owned'\">"
NAMED = "Vladimir Putin"


def hostile_item() -> Item:
    """Scripts in each field, addresses that run, marks of its own, and letters that turn the line around."""
    url = "javascript:document.title='owned'"
    return Item(
        id=item_id(url=url), source=f"evil{IMAGE}", source_name=f"Evil {SCRIPT}", source_country="<b",
        fetched_at=now(), url=url, title=f"Hostilezz {SCRIPT} {IMAGE} \ue000x\ue001\ue001 \u202eright to left",
        summary=f"{NAMED} {SCRIPT} {{{{ 7*7 }}}} {{% raw %}}",
        body=f"{NAMED} said “{SCRIPT}” {IMAGE} </article></main> {NAMED}\n\n\" onmouseover=\"document.title='owned'\n"
        + "x" * 5_000,
        authors=(SCRIPT,), categories=(SCRIPT, "a&b=c"), published_at=now(),
    )  # fmt: skip
