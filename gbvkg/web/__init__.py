"""The service: a release as linked open data over HTTP, read-only.

``Service`` is the ASGI application. The web never imports the half that makes releases: it meets that half in
a release folder only. It has no path that writes, and its own process never evaluates a query.
"""
