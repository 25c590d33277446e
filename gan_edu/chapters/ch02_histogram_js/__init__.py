"""Chapter 02: its scenes, and its exercises."""
