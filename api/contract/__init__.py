"""What integrators may rely on: the shape of every event, an example of each, the documents that describe it all."""
