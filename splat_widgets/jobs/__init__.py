"""Work in the background: workers, runs, what they took, why they failed. Without widgets."""
