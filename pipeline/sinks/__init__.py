"""Where alerts go: one sink for each place, each a consumer group of its own over `news.alerts`.

`config.py` reads where they are, `runner.py` keeps each going in a thread of its own, `attempts.py` decides what a
failure means; the others know one kind of place each. `words.py` and `message.py` say what an alert says.

What is promised: at least once. A sink's position is committed when what became of an alert is in `news.deliveries`; a
crash between the sending and that repeats it with the same id. A sink that fails delays no other, and after its first
hundred failures reads on only as these are settled.
"""
