"""What the model is told: one file a version, loaded with its SHA-256."""
