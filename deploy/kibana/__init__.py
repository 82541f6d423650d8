"""Kibana's saved objects, made from the mappings: data views, three dashboards, a saved search, rules as API calls.

`python -m deploy.kibana` writes `kabar.ndjson` and `rules.json` here; a test compares them with the code. Each panel
names its fields, which are looked up in the mapping when the panel is made, so that a renamed field breaks the making.
The shapes are those of Kibana 9.2. Importing them into a running Kibana has not been tried.
"""
