from collections.abc import Sequence
from re import Pattern

def cut(data: bytes, pos: int, bytes_max: int, frames: list[bytes]) -> int: ...
def encode(
    begin: str, msg_type: str, seq: int, before: str, time: str, after: str, body: str
) -> bytes: ...

class Shape:
    msg_type: str
    tags: tuple[str, ...]

    def __init__(
        self, msg_type: str, fields: Sequence[tuple[str, str, frozenset[str], Pattern[str]]]
    ) -> None: ...
    def read(self, frame: bytes) -> dict[str, str] | None: ...
