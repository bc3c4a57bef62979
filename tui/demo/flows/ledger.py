"""Invoices, and what makes one wrong."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


class LedgerError(ValueError):
    """An invoice contradicts itself."""


@dataclass(frozen=True)
class Invoice:
    """An invoice as the scanner has read it: amounts are still text."""

    number: str
    supplier: str
    lines: tuple[tuple[str, int, str], ...]
    total: str


INBOX = (
    Invoice("2026-1145", "Papelaria Lua", (("paper, 80 g", 40, "3.20"), ("envelopes", 10, "2.45")), "152.50"),
    Invoice("2026-1146", "Norsk Kaffe", (("coffee, 1 kg", 12, "18.90"),), "226.80"),
    Invoice("2026-1147", "Lampenhaus Graz", (("lamp, brass", 7, "49.00"), ("bulb, E27", 14, "4.95")), "421.30"),
    Invoice("2026-1148", "Atelier Moreau", (("poster print", 150, "1.15"),), "172.50"),
)


def amount(text: str) -> Decimal:
    """An amount, exact to the cent."""
    try:
        return Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise LedgerError(f"{text!r} is no amount") from error


def check(invoice: Invoice) -> Decimal:
    """The total of an invoice whose lines add up to it. Raises `LedgerError` for one that contradicts itself."""
    lines = sum((quantity * amount(price) for _, quantity, price in invoice.lines), Decimal())
    total = amount(invoice.total)
    if lines != total:
        difference = total - lines
        raise LedgerError(
            f"invoice {invoice.number} of {invoice.supplier}: the lines add up to {lines}, the total says {total} "
            f"({difference:+}); compare it with the paper before it is paid"
        )
    return total
