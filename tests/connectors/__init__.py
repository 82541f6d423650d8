"""The connectors against real feeds, a real local HTTP server, real files and a real broker."""
