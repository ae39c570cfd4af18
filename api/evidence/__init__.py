"""The evidence pack: one account's record over a span of time, as one page that a lawyer can read and print."""
