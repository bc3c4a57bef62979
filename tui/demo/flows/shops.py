"""The shops whose orders are collected. They are played by this module: the same day gives the same orders."""

import random
import time
from datetime import date

SHOPS = {"lisbon": "EUR", "london": "GBP", "boston": "USD"}
ARTICLES = {"mug": 12.5, "notebook": 8.9, "lamp": 49.0, "poster": 19.0, "chair": 129.0}

_asked: set[str] = set()


class ShopUnavailable(ConnectionError):
    """A shop's server did not answer the question."""


def fetch_orders(shop: str, day: date) -> list[dict[str, object]]:
    """The orders of one shop and day, as its server tells them: amounts in its own currency.

    The server in Lisbon sleeps between questions: the first one always wakes it, and is refused.
    """
    time.sleep(0.15)
    if shop == "lisbon" and shop not in _asked:
        _asked.add(shop)
        raise ShopUnavailable("https://lisbon.example/orders answered 503 Service Unavailable: waking up")
    chance = random.Random(f"{shop} {day}")
    orders: list[dict[str, object]] = []
    for number in range(chance.randint(30, 60)):
        article = chance.choice(list(ARTICLES))
        orders.append(
            {
                "number": f"{day:%y%m%d}-{number:03}",
                "article": article,
                "quantity": chance.choice((1, 1, 1, 2, 3)),
                "price": ARTICLES[article],
                "currency": SHOPS[shop],
            }
        )
    return orders
