"""`python -m dev.reference`: bring the generated tables up to date."""

from dev.reference.pages import PAGES, updated


def main() -> None:
    """Write every page that has generated tables."""
    for page in PAGES:
        page.write_text(updated(page.read_text()))


if __name__ == "__main__":
    main()
