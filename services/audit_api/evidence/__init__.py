"""Files that prove something, kept under their own SHA-256 and handed out as attachments only."""
