"""Compare the lines of each invoice with its total. One of them is wrong, and the run says which."""

from ledger import INBOX, check

from flowtui import flow, get_run_logger, task


@task(task_run_name="check-{number}")
def check_invoice(number: str) -> str:
    invoice = next(invoice for invoice in INBOX if invoice.number == number)
    total = check(invoice)
    get_run_logger().info("%s of %s: %s is right", invoice.number, invoice.supplier, total)
    return str(total)


@task
def release(totals: list[str]) -> str:
    """Pay what was found right."""
    return f"released {len(totals)} invoices"


@flow
def invoice_check(most: int = 100) -> str:
    """Check what has come in.

    Args:
        most: How many invoices at once, oldest first.
    """
    totals = [check_invoice(invoice.number) for invoice in INBOX[:most]]
    return release(totals)


if __name__ == "__main__":
    invoice_check()
