"""Chapter 05: its scenes, and its exercises."""
