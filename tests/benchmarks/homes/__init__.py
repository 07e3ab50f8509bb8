"""Parts of the benchmark of the home: what devices announce, and what becomes of it."""
