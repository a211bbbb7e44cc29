"""Signing in: passwords and client secrets in, access tokens out."""
