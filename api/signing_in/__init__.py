"""Signing in at the console: sessions with a cookie, addresses that are used once, what a browser must prove."""
