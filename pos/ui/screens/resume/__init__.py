"""What a power cut left."""
