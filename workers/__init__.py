"""Task workers: they follow the journal and keep the read models up to date."""
