"""Backup and restore: the journal without keys in one file, kept for ever; the keys in another, replaced each time."""
