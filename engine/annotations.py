"""Marks that an argument can carry: how `.map` takes it, and whether futures are looked for in it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Annotation", "allow_failure", "freeze", "opaque", "quote", "unmapped"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Annotation(Generic[T]):
    """An argument with a mark; the function gets the argument itself."""

    value: T

    def unwrap(self) -> T:
        """The argument without its mark."""
        return self.value


class unmapped(Annotation[T]):
    """Hand this iterable to every call of a mapping as it is."""

    __slots__ = ()


class allow_failure(Annotation[T]):
    """Start also when a future or state in this did not complete: the function gets its exception as the value."""

    __slots__ = ()


class quote(Annotation[T]):
    """Hand this over as it is: no futures or states are looked for in it, which spares a walk through large data."""

    __slots__ = ()

    def unquote(self) -> T:
        """The argument without its mark."""
        return self.value


class opaque(Annotation[T]):
    """Wait for a future or state and hand over its value, but look for none within a collection, nor in the value."""

    __slots__ = ()


class freeze(Annotation[T]):
    """Among the parameters of a deployment: this value and no other, whoever starts a run."""

    __slots__ = ()
