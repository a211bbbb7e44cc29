"""The demo: two years of one county told over HTTP, on published notices and on people who cannot exist."""
