"""Chapter 07: its scenes."""
