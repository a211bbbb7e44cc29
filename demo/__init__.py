"""The demo: one county's year told over HTTP, on published notices and on people who cannot exist."""
