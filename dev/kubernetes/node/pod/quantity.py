"""Kubernetes quantities of memory, as whole bytes."""

from decimal import Decimal, InvalidOperation

_SUFFIXES = {
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
}


def memory_bytes(quantity: str | float) -> int:
    """Bytes of a quantity such as `512Mi`, `1.5G`, `1e9` or a plain number.

    Raises:
        ValueError: it is not a quantity.

    """
    text = str(quantity).strip()
    factor = Decimal(1)
    for suffix, value in _SUFFIXES.items():
        if text.endswith(suffix):
            text, factor = text[: -len(suffix)], value
            break
    try:
        return int(Decimal(text) * factor)
    except InvalidOperation:
        raise ValueError(f"not a quantity: {quantity!r}") from None
