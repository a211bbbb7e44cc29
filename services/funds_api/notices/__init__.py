"""Notices: documents that bring money, received as printed, with every sum that does not tie kept visible."""
