"""Every picture of the article and the README, made by one command."""
