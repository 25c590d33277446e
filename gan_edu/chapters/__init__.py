"""What one chapter alone needs: a folder each."""
