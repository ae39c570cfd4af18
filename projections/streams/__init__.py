"""The journal as a stream for integrators: one position for everything, whatever the transport."""
