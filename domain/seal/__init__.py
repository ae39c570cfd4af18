"""The seal: a Merkle tree over the stored bytes of every event, in the order of positions, and signed checkpoints."""
