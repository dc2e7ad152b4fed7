"""Virtual environments and toolchains, kept in the cache."""
