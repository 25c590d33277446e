"""The web page's figures that answer and its games that play, recorded: they need no kernel."""
