"""Chapter 06: its scenes, and its exercises."""
