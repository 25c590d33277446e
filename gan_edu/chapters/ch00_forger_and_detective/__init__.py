"""Chapter 00: its scenes."""
