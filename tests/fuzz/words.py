"""What has broken parsers, and what the peers' bodies are made of."""

DEEP = 50_000
#: what has broken parsers
TRAPS = [
    *(b"[" * DEEP, b'{"a":' * DEEP, b"<a>" * DEEP, b"<a>" * DEEP + b"</a>" * DEEP, b"&a=" * 2000, b"%" * 9999),
    *(b"1e999", b"-1e999", b"NaN", b"Infinity", b"9" * 5000, b"-" + b"9" * 5000, b"0." + b"1" * 5000, b"1e-9999"),
    *(
        b"\0",
        b"\\u0000",
        b"\\ud800",
        b"\\udfff\\ud83d",
        b"\xed\xa0\x80",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x98\x80",
    ),
    *(
        b"&#0;",
        b"&#xD800;",
        b"&lol;",
        b"&amp;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"<?xml version='1.0' encoding='utf-7'?>",
    ),
    b'<!DOCTYPE m [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><m><text>&b;</text></m>',
    b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m><text>&x;</text></m>',
    *("e\u0301".encode() * 999, ("a" + "\u0301" * 9999).encode(), "\u202e\u2028\u2066".encode(), b"%00", b"%ED%A0%80"),
]
WORDS = [
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"=", b"&", b"<", b">", b"</", b"/>", b"<m>", b"</m>", b" "),
    *(b"id", b"uuid", b"text", b"to", b'"id":', b'"text":', b'"to":', b'"messages":', b'"_id":', b'"type":', b'"msg":'),
    *(
        b"<text>",
        b"</text>",
        b"<id>",
        b"</id>",
        b"{{text}}",
        b"true",
        b"null",
        b'"contact":',
        b'"results":',
        b'"value":',
    ),
    *(
        b'"visitor":',
        b'"token":',
        b'"Message"',
        b'"LivechatSession"',
        b'"r"',
        b'"ts":',
        b'{"$date":',
        b'"attachments":',
    ),
]
