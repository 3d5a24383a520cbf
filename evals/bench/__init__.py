"""What Countersign costs, measured: one file a noun, each against its budget."""
