"""Rules that tracks apply: small, pure, each in one place."""
