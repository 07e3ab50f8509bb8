"""Parts of the household benchmark, one figure or a few each."""
