"""Make a thumbnail of every product image: one task for each, many at a time."""

import math
import zlib
from typing import Annotated

from pydantic import Field
from warehouse import DATA

from flowtui import ThreadPoolTaskRunner, flow, task

SIDE = 192


def picture(product: int) -> list[int]:
    """The product's image, 192 × 192 grey pixels: waves whose lengths are the product's own."""
    a, b = 9 + product % 7, 13 + product % 11
    return [
        int(127 + 60 * math.sin(x / a + product) + 60 * math.cos(y / b - product))
        for y in range(SIDE)
        for x in range(SIDE)
    ]


@task
def thumbnail(product: int, size: int) -> dict[str, int]:
    """Shrink one image by averaging, and write it as a compressed file."""
    pixels, step = picture(product), SIDE // size
    small = bytes(
        sum(pixels[(y * step + j) * SIDE + x * step + i] for j in range(step) for i in range(step)) // step**2
        for y in range(size)
        for x in range(size)
    )
    packed = zlib.compress(b"P5 %d %d 255\n" % (size, size) + small, 9)
    folder = DATA / "thumbnails"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{product:04}.pgm.z").write_bytes(packed)
    return {"product": product, "bytes": len(packed)}


@flow(task_runner=ThreadPoolTaskRunner(max_workers=8), log_prints=True)
def product_images(
    count: Annotated[int, Field(ge=1, le=5_000)] = 200, size: Annotated[int, Field(ge=8, le=48)] = 24
) -> dict[str, int]:
    """Make thumbnails of the catalogue.

    Args:
        count: How many products.
        size: Pixels along one side.
    """
    made = thumbnail.map(range(count), size).result()
    total = sum(image["bytes"] for image in made)
    print(f"{len(made)} thumbnails of {size} × {size}, {total:,} bytes")
    return {"images": len(made), "bytes": total}


if __name__ == "__main__":
    product_images()
