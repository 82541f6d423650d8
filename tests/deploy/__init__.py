"""Real servers, real processes, real files."""
