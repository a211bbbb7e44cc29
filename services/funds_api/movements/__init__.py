"""One movement as it was known at a moment: between whom, by which document, out of which money, and whether undone."""
