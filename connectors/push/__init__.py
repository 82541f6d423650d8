"""News that is sent to Kabar: `POST /v1/items`, one object, an array or JSON Lines.

    request ─► gate (token or signature) ─► body (items, refusals) ─► writer ─► Kafka ─► 202, each item answered

`server` wires it, `credentials` makes and keeps the secrets; `python -m connectors.push` is the process.
"""
