"""Pure: sentences become a word graph, and words an intent."""
