"""The recognizers: sound of one command in, the best of the sentences out."""
