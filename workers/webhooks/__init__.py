"""Webhooks: events brought to a receiver's address, signed, each attempt by itself."""
