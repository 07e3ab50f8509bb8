"""From frames to the score of a wake word: features, detectors, their fusion."""
