"""Chapter 01: its scenes, and its exercises."""
