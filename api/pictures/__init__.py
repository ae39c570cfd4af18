"""Pictures of answers as SVG or PNG: the same answer is the same file, byte for byte on one machine."""
