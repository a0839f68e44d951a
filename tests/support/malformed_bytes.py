"""Byte strings that break requests when inserted or substituted."""

FRAMING = [
    b"0", b"-1", b"+1", b"1", b"1e1", b"0x10", b"9" * 30, b"18446744073709551616", b"", b" ",
    b"2 3", b"2,2", b"2\r\nContent-Length: 2", b"2\r\nContent-Length: 3", b"\xd9\xa3", b"2\x00",
    b"2;3", b"0\r\nTransfer-Encoding: chunked",
]  # fmt: skip
CODINGS = [
    b"chunked", b"Chunked", b"chunked, chunked", b"gzip, chunked", b"identity", b"chunked\x00",
    b"xchunked", b"chunked;q=1", b"chunked, identity", b"", b"\x0bchunked",
]  # fmt: skip
HEADERS = [
    *(b"Content-Length: " + item for item in FRAMING),
    *(b"Transfer-Encoding: " + coding for coding in CODINGS),
    *(b"Content-Encoding: " + name for name in (b"gzip", b"deflate", b"br", b"zstd", b"\xff")),
    *(b"Connection: " + value for value in (b"close", b"keep-alive", b"upgrade", b"\xff")),
    *(b"Expect: " + value for value in (b"100-continue", b"200-ok", b"\xff")),
    *(b"Content-Type: " + name for name in (b"text/plain", b"", b"\xff", b"application/json;")),
    *(b"Authorization: " + value for value in (b"", b"Basic", b"Basic \xff", b"Basic Og==")),
    *(b"Klarna-Idempotency-Key: " + value for value in (b"", b"\xff", b"\xc3\xa9", b"k" * 300)),
    b"Upgrade: websocket", b"Upgrade: h2c", b"Host: ", b"Host: \xff", b"Host: a b/c?d", b"Host",
    b": x", b"X : y", b"X\x00: y", b"X: \x00", b"X: y\r", b"X: y\n", b"X: y\r\n z", b" folded",
    b"\tfolded", b"X: \x7f", b"X: \x01", b"X" * 9000 + b": y", b"X: " + b"y" * 9000,
    b"\r\n".join([b"X: y"] * 200), b"Sec-WebSocket-Key1: a", b"", b"\r\n", b"GET / HTTP/1.1",
]  # fmt: skip
TOKENS = [
    *(header + b"\r\n" for header in HEADERS if len(header) < 100), b"\r", b"\n", b"\r\n",
    b"\r\n\r\n", b"\x00", b" ", b"\t", b":", b"\xff", b"%00", b"%2F", b"#", b"?", b"//",
    b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.2", b"PUT ", b"CONNECT ", b"OPTIONS * ",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01", b"http://", b"NaN", b"1e400", b"-0",
    b"\\ud800", b"9" * 400, b"[" * 2000, b"true", b"null", b'"', b"{}", b"0\r\n\r\n",
    b"ffffffff",
]  # fmt: skip

SIZES = [
    b"0", b"00", b"1", b"01", b"5", b"-1", b"+5", b"0x5", b"5 ", b" 5", b"", b"g", b"5g",
    b"\x00", b"f" * 8, b"f" * 16, b"f" * 17, b"1" + b"0" * 15, b"5;", b"5;x=y", b'5;x="\r\n"',
    b"5;\x00", b"5;" + b"x" * 20_000, b"5\r", b"\r\n5", b"0" * 5000 + b"5",
]  # fmt: skip

TEXTS = [
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1e-400", b"-0", b"1.0", b"01",
    b"+1", b"0x1", b"1_000", b"9" * 19, b"9" * 500, b"1" + b"0" * 5000, b"200000000",
    b"200000001", b"-1", b"true", b"false", b"null", b'"1"', b'"\\ud800"', b'"\\udc00\\ud800"',
    b'"\\u0000"', b'"\x00"', b'"\xff"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xc0\xaf"',
    b'"\xef\xbb\xbf"', b"[]", b"{}", b"[" * 100_000, b"[" * 60 + b"]" * 60,
    b'{"a":' * 60 + b"1" + b"}" * 60, b"''", b"", b'"' + b"x" * 300 + b'"', b"/*1*/", b"1,",
    b"\xc2\xa01", b"[1,]", b'{"a":1,"a":2}',
]  # fmt: skip
KEYS = [
    b"captured_amount", b"refunded_amount", b"description", b"order_lines", b"reference",
    b"name", b"quantity", b"unit_price", b"total_amount", b"shipping_info",
    b"merchant_reference1", b"", b"order_amount", b"number_of_days", b"billing_address",
    b"__proto__", b"\\ud800", b"\xff",
]  # fmt: skip
