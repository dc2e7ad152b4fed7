"""What holds of every place where profiles are kept."""

from driftcheck.reference.profile_store import Store

NAME = "0123.profile.npz"


class ProfileStoreContract:
    """A subclass has a fixture `store`: an empty place."""

    def test_what_was_never_written_is_not_there(self, store: Store) -> None:
        """No error, and nothing to mistake for a profile."""
        assert store.read(NAME) is None

    def test_what_was_written_is_read(self, store: Store) -> None:
        """Byte by byte, under its own name only."""
        data = bytes(range(256)) * 999
        store.write(NAME, data)
        assert store.read(NAME) == data
        assert store.read("other" + NAME) is None

    def test_a_second_write_replaces_the_first(self, store: Store) -> None:
        """Two workers that make the same profile at once do no harm."""
        store.write(NAME, b"longer than the other")
        store.write(NAME, b"short")
        assert store.read(NAME) == b"short"
