"""Valkey streams: a subscription's events for consumer groups inside the company."""
