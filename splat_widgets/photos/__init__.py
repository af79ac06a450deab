"""Photos: opened safely, and kept as a record with the crop that a network sees."""
