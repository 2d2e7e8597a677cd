"""The three loops over bytes that cost the most, compiled: cutting, decoding, encoding.

Each does what its counterpart in Python does, which stays the reference and the fallback: `cut`
that of `framing`, `Shape` that of `decoder`, `encode` that of `encoder`. What none of them can say
yes to at once they leave to the counterpart; nothing is rejected here. A test holds each against
its reference. Nothing but bytes and text may be known here.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Copy, PyDict_SetItem
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.string cimport memchr, memcmp, memcpy

cdef extern from "Python.h":
    int PyUnicode_1BYTE_KIND
    int PyUnicode_KIND(object text)
    void* PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef enum:
    SOH = 1
    TRAILER_BYTES = 7
    BEGIN_BYTES_MAX = 16
    LENGTH_DIGITS_MAX = 9
    TEXT_CHARS_MAX = 256
    NUMBER_DIGITS_MAX = 18
    TIME_DIGITS_MAX = 12
    KEPT_BYTES_MAX = 48


# Cutting


def cut(bytes data not None, Py_ssize_t pos, Py_ssize_t bytes_max, list frames not None):
    """Append to `frames` the good messages that stand one behind the other from `pos` on; returns
    where they end.
    """
    cdef const unsigned char* begin = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
    cdef Py_ssize_t end
    while pos < size:
        end = _end_of_frame(begin, pos, size, bytes_max)
        if not end:
            break
        frames.append(PyBytes_FromStringAndSize(<const char*>begin + pos, end - pos))
        pos = end
    return pos


cdef Py_ssize_t _end_of_frame(
    const unsigned char* data, Py_ssize_t pos, Py_ssize_t size, Py_ssize_t bytes_max
) noexcept nogil:
    """Where the good message at `pos` ends, 0 if there is none."""
    cdef Py_ssize_t at = pos + 5, limit = min(size, pos + BEGIN_BYTES_MAX) - 3, length = 0, digits
    cdef Py_ssize_t end
    cdef unsigned int total = 0
    if size - pos < BEGIN_BYTES_MAX or memcmp(data + pos, b"8=FIX", 5):
        return 0
    while at <= limit and memcmp(data + at, b"\x019=", 3):
        at += 1
    if at > limit:
        return 0
    at += 3
    for digits in range(LENGTH_DIGITS_MAX + 1):
        if at == size or not c"0" <= data[at] <= c"9":
            break
        length = length * 10 + data[at] - c"0"
        at += 1
    else:
        return 0
    if not digits or at == size or data[at] != SOH:
        return 0
    end = at + 1 + length + TRAILER_BYTES
    if end > size or end - pos > bytes_max or data[end - TRAILER_BYTES - 1] != SOH:
        return 0
    for at in range(pos, end - TRAILER_BYTES):
        total += data[at]
    total &= 0xFF
    at = end - TRAILER_BYTES
    if (
        memcmp(data + at, b"10=", 3)
        or data[at + 3] != c"0" + total // 100
        or data[at + 4] != c"0" + total // 10 % 10
        or data[at + 5] != c"0" + total % 10
        or data[at + 6] != SOH
    ):
        return 0
    return end


# Decoding


cdef enum Kind:
    TEXT
    CHAR
    BOOLEAN
    WHOLE
    COUNT
    NUMBER
    TIMESTAMP
    ONE_OF_CHARS
    ONE_OF
    PATTERN

_KINDS = {
    "INT": WHOLE,
    "SEQNUM": COUNT,
    "LENGTH": COUNT,
    "NUMINGROUP": COUNT,
    "TAGNUM": COUNT,
    "FLOAT": NUMBER,
    "PRICE": NUMBER,
    "PRICEOFFSET": NUMBER,
    "QTY": NUMBER,
    "AMT": NUMBER,
    "PERCENTAGE": NUMBER,
    "CHAR": CHAR,
    "BOOLEAN": BOOLEAN,
    "UTCTIMESTAMP": TIMESTAMP,
}
_BY_PATTERN = frozenset(
    {"DAYOFMONTH", "LOCALMKTDATE", "MONTHYEAR", "UTCDATE", "UTCDATEONLY", "UTCTIMEONLY"}
)


cdef struct Field:
    Kind kind
    int prefix_bytes
    int kept_bytes
    char prefix[12]
    char kept[KEPT_BYTES_MAX]


cdef class Shape:
    """A known sequence of tags of one message type.

    `fields` says of each tag its type, its legal values (empty: any) and the pattern of a value.
    What a field said last time is kept: most say the same again, and are known to be right then.
    """

    cdef readonly str msg_type
    cdef readonly tuple tags
    cdef Py_ssize_t _count
    cdef Field* _fields
    cdef list _legal
    cdef dict _last

    def __cinit__(self, str msg_type not None, fields):
        self._count = len(fields)
        self._fields = <Field*>PyMem_Calloc(max(1, self._count), sizeof(Field))
        if self._fields == NULL:
            raise MemoryError

    def __init__(self, str msg_type not None, fields):
        cdef Py_ssize_t nth = 0
        cdef bytes prefix
        self.msg_type = msg_type
        self.tags = tuple([tag for tag, *_ in fields])
        self._last = dict.fromkeys(self.tags, "")
        self._legal = []
        for tag, type_name, enum, pattern in fields:
            prefix = f"{tag}=".encode("ascii")
            if len(prefix) > <Py_ssize_t>sizeof(self._fields[nth].prefix):
                raise ValueError(f"tag must have at most 11 digits, was {tag}")
            self._fields[nth].prefix_bytes = <int>len(prefix)
            memcpy(self._fields[nth].prefix, PyBytes_AS_STRING(prefix), len(prefix))
            self._fields[nth].kind = _kind_of(type_name, enum)
            self._legal.append(
                enum if self._fields[nth].kind in (ONE_OF, ONE_OF_CHARS) else pattern
            )
            nth += 1

    def __dealloc__(self):
        PyMem_Free(self._fields)

    def read(self, bytes frame not None):
        """The fields of a message of this shape by tag, None for any other message."""
        cdef const char* at = PyBytes_AS_STRING(frame)
        cdef const char* end = at + PyBytes_GET_SIZE(frame)
        cdef const char* value
        cdef const char* stop
        cdef Field* field
        cdef Py_ssize_t nth, size
        for nth in range(self._count):
            field = &self._fields[nth]
            size = field.kept_bytes
            if size and end - at >= size and not memcmp(at, field.kept, size):
                at += size
                continue
            size = field.prefix_bytes
            if end - at <= size or memcmp(at, field.prefix, size):
                return None
            value = at + size
            stop = <const char*>memchr(value, SOH, end - value)
            if stop == NULL or not self._take(nth, field, value, stop - value):
                return None
            size = stop + 1 - at
            if size <= KEPT_BYTES_MAX:
                memcpy(field.kept, at, size)
                field.kept_bytes = <int>size
            else:
                field.kept_bytes = 0
            at = stop + 1
        return PyDict_Copy(self._last) if at == end else None

    cdef bint _take(
        self, Py_ssize_t nth, Field* field, const char* value, Py_ssize_t size
    ) except -1:
        """Know this value from here on, if it is a legal one; returns whether it is."""
        cdef Kind kind = field.kind
        cdef str text
        if kind < ONE_OF_CHARS and not _is_well_formed(kind, <const unsigned char*>value, size):
            return False
        if not size or (kind == ONE_OF_CHARS and size != 1):
            return False
        text = PyUnicode_DecodeLatin1(value, size, NULL)
        if kind == PATTERN:
            if self._legal[nth].fullmatch(text) is None:
                return False
        elif kind >= ONE_OF_CHARS and text not in <frozenset>self._legal[nth]:
            return False
        PyDict_SetItem(self._last, self.tags[nth], text)
        return True


cdef Kind _kind_of(str type_name, frozenset enum) except *:
    if type_name.startswith("MULTIPLE") and enum:
        return PATTERN
    if enum:
        return ONE_OF_CHARS if all(len(value) == 1 for value in enum) else ONE_OF
    if type_name in _BY_PATTERN:
        return PATTERN
    return _KINDS.get(type_name, TEXT)


cdef bint _is_well_formed(Kind kind, const unsigned char* value, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t at = 0
    if kind == TEXT:
        return 1 <= size <= TEXT_CHARS_MAX
    if kind == CHAR:
        return size == 1
    if kind == BOOLEAN:
        return size == 1 and (value[0] == c"Y" or value[0] == c"N")
    if kind == TIMESTAMP:
        return _is_timestamp(value, size)
    if kind != COUNT and size and value[0] == c"-":
        at = 1
    at = _digits(value, at, size, NUMBER_DIGITS_MAX)
    if not at or (kind == NUMBER and at == size):
        return at > 0
    if kind == NUMBER and value[at] == c".":
        return at + 1 == size or _digits(value, at + 1, size, NUMBER_DIGITS_MAX) == size
    return at == size


cdef Py_ssize_t _digits(
    const unsigned char* value, Py_ssize_t at, Py_ssize_t size, Py_ssize_t most
) noexcept nogil:
    """Where the digits that begin at `at` end; 0 if there is none, or more than `most`."""
    cdef Py_ssize_t begin = at
    while at < size and c"0" <= value[at] <= c"9":
        at += 1
    return at if begin < at <= begin + most else 0


cdef int _two(const unsigned char* value) noexcept nogil:
    """A number of two digits, -1 if it is none."""
    if not (c"0" <= value[0] <= c"9" and c"0" <= value[1] <= c"9"):
        return -1
    return (value[0] - c"0") * 10 + value[1] - c"0"


cdef bint _is_timestamp(const unsigned char* value, Py_ssize_t size) noexcept nogil:
    """YYYYMMDD-HH:MM:SS with up to twelve digits behind the second; a leap second is one."""
    if size < 17 or value[8] != c"-" or value[11] != c":" or value[14] != c":":
        return False
    if _two(value) < 0 or _two(value + 2) < 0:
        return False
    if not (1 <= _two(value + 4) <= 12 and 1 <= _two(value + 6) <= 31):
        return False
    if not (0 <= _two(value + 9) <= 23 and 0 <= _two(value + 12) <= 59):
        return False
    if not 0 <= _two(value + 15) <= 60:
        return False
    return size == 17 or (value[17] == c"." and _digits(value, 18, size, TIME_DIGITS_MAX) == size)


# Encoding


cdef inline str _latin(str text):
    if PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND:
        return text
    return text.encode("latin-1", "replace").decode("latin-1")


cdef inline Py_ssize_t _text(char* out, Py_ssize_t at, str text) noexcept:
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(text)
    memcpy(out + at, PyUnicode_DATA(text), size)
    return at + size


cdef inline Py_ssize_t _number(char* out, Py_ssize_t at, unsigned long long number) noexcept nogil:
    cdef char digits[20]
    cdef Py_ssize_t begin = 20
    while True:
        begin -= 1
        digits[begin] = <char>(c"0" + number % 10)
        number //= 10
        if not number:
            break
    memcpy(out + at, digits + begin, 20 - begin)
    return at + 20 - begin


cdef inline Py_ssize_t _width(unsigned long long number) noexcept nogil:
    cdef Py_ssize_t digits = 1
    while number >= 10:
        number //= 10
        digits += 1
    return digits


def encode(
    str begin not None,
    str msg_type not None,
    unsigned long long seq,
    str before not None,
    str time not None,
    str after not None,
    str body not None,
):
    """A whole message: `begin` up to 9=, 35=, 34=, `before` up to 52=, `after` up to the body.

    What is not Latin-1 becomes a question mark.
    """
    cdef Py_ssize_t size, at, length
    cdef unsigned int total = 0
    cdef bytes message
    cdef char* out
    cdef Py_ssize_t nth
    begin, msg_type, before = _latin(begin), _latin(msg_type), _latin(before)
    time, after, body = _latin(time), _latin(after), _latin(body)
    length = (
        3 + PyUnicode_GET_LENGTH(msg_type)
        + 4 + _width(seq)
        + PyUnicode_GET_LENGTH(before)
        + PyUnicode_GET_LENGTH(time)
        + PyUnicode_GET_LENGTH(after)
        + PyUnicode_GET_LENGTH(body)
    )
    size = PyUnicode_GET_LENGTH(begin) + _width(length) + 1 + length + TRAILER_BYTES
    message = PyBytes_FromStringAndSize(NULL, size)
    out = PyBytes_AS_STRING(message)
    at = _text(out, 0, begin)
    at = _number(out, at, length)
    memcpy(out + at, b"\x0135=", 4)
    at = _text(out, at + 4, msg_type)
    memcpy(out + at, b"\x0134=", 4)
    at = _number(out, at + 4, seq)
    at = _text(out, at, before)
    at = _text(out, at, time)
    at = _text(out, at, after)
    at = _text(out, at, body)
    for nth in range(at):
        total += <unsigned char>out[nth]
    total &= 0xFF
    memcpy(out + at, b"10=", 3)
    out[at + 3] = <char>(c"0" + total // 100)
    out[at + 4] = <char>(c"0" + total // 10 % 10)
    out[at + 5] = <char>(c"0" + total % 10)
    out[at + 6] = SOH
    return message
