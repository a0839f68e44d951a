"""Bodies that are not JSON, by what is wrong with them."""

NOT_JSON = {
    "nothing but a blank": b" ",
    "a word": b"captured_amount",
    "a form": b"captured_amount=1",
    "single quotes": b"{'captured_amount': 1}",
    "a comma too many": b'{"captured_amount": 1,}',
    "cut off": b'{"captured_amount": 1',
    "two values": b'{"captured_amount": 1} {}',
    "not a number": b'{"captured_amount": NaN}',
    "infinity": b'{"captured_amount": Infinity}',
    "a number beyond all numbers": b'{"captured_amount": 1e400}',
    "a number of 500 digits": b'{"captured_amount": ' + b"9" * 500 + b"}",
    "half a surrogate pair": rb'{"captured_amount": 1, "description": "\ud800"}',
    "not UTF-8": b'{"captured_amount": 1, "description": "\xff"}',
    "UTF-16": '{"captured_amount": 1}'.encode("utf-16"),
    "a line break in a text": b'{"captured_amount": 1, "description": "a\nb"}',
    "too deep": b"[" * 100_000,
    "too deep in a field": b'{"captured_amount": ' + b"[" * 300 + b"]" * 300 + b"}",
    "too deep within": b'{"captured_amount": 1, "x": ' + b"[" * 2000 + b"]" * 2000 + b"}",
}
