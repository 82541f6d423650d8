"""What happens to an item after its source: understood, placed in its story, indexed, matched, told.

An item passes these files in this order: `enrich` (with `language/`, `entities/`, `knowledge/`), `stories/`, `index`,
`alert`, `notify`, `webhook`. Each decides; `streaming` (Faust) and `elastic` (Elasticsearch) act; `app` wires a step
into its Faust app and `worker` runs it as a process; `launch` keeps all of them running. `search`, `books`, `trace`
and `cli/` serve people.
"""
