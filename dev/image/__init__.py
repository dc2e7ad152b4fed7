"""Builds the container images for real, on a machine that has no Docker.

For `make test-image`: Debian's engine, a base made by debootstrap under the official
base's name, and wheels fetched beforehand, so that the build itself needs no network.
"""
