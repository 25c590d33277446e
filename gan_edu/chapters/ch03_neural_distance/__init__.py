"""Chapter 03: its scenes, and its exercises."""
