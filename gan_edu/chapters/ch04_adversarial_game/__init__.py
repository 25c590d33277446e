"""Chapter 04: its scenes, and its exercises."""
