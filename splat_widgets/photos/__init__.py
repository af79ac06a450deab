"""Photos, opened safely and cropped to what a network sees."""
