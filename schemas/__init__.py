"""Every record that crosses a topic, every topic, every index template: the one place that says what a thing is.

In the order in which an item meets them: `item`, `page`, `document`, `alert`; beside them `feed` and `deadletter`.
`intake` decides what is refused and what is repaired; `codec` turns records into bytes; `topics` lists the topics;
`broker` is the one module that speaks to Kafka outside Faust; `settings` is what a user may set; `steps`
says which step reads what; `logs` and `process` are for whatever runs as a process.
"""
