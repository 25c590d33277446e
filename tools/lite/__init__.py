"""The course in a browser, with nothing to install: a JupyterLite site beside the web page."""
