"""The journal as a stream over HTTP: what is asked for, in which form, and the hub of those who follow it live."""
