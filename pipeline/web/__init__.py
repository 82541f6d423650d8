"""What people and programs ask over HTTP: the web page, the API under it, feeds of any search.

    request ─► shield (host, headers) ─► access (who may) ─► api | pages ─► pipeline.search, Kafka
                                                              │ JSON     │ templates, words (en, id)

`app` wires it, `params` reads a request, `desk` holds what all requests share, `formats` writes items as other
programs want them; `python -m pipeline.web` is the process.
"""
