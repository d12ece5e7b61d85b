"""The words of the field as values: times, media facts, scenes, transcripts, and the set of them all."""
