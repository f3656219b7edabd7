"""Verifies the DKIM signatures of the message on standard input with dkimpy; the arguments are NAME=VALUE of TXT records.

Prints one line of JSON: how each signature verifies, what it signs, and what was changed in the message without it noticing.
"""
import json
import sys

import dkim

message = sys.stdin.buffer.read()
records = dict(argument.split("=", 1) for argument in sys.argv[1:])


def txt(name, timeout=5):
    value = records.get(name.decode().rstrip("."))
    return value.encode() if value is not None else None


def verdicts(text):
    """One for each signature of the untouched message; a message that cannot be read verifies nothing."""
    found = []
    for index in range(count):
        try:
            found.append(dkim.DKIM(text).verify(idx=index, dnsfunc=txt))
        except Exception:
            found.append(False)
    return found


count = sum(1 for line in message.split(b"\r\n\r\n")[0].split(b"\r\n") if line.lower().startswith(b"dkim-signature:"))
signed = []
for index in range(count):
    one = dkim.DKIM(message)
    try:
        one.verify(idx=index, dnsfunc=txt)
    except Exception:
        pass  # No record, or one of the other kind of key: what the signature says was read before.
    tags = {
        "a": one.signature_fields[b"a"].decode(),
        "d": one.signature_fields[b"d"].decode(),
        "s": one.signature_fields[b"s"].decode(),
        "c": one.signature_fields[b"c"].decode(),
        "t": int(one.signature_fields[b"t"]),
    }
    tags["h"] = [name.strip().lower().decode() for name in one.signature_fields[b"h"].split(b":")]
    signed.append(tags)

# Each byte of each signed header, and every thirteenth byte of the body.
body = message.index(b"\r\n\r\n") + 4
places, at, name = [], 0, b""
for line in message[: body - 2].split(b"\r\n")[:-1]:
    if line[:1] not in (b" ", b"\t"):
        name = line.split(b":")[0].lower()
    if signed and name.decode() in signed[0]["h"]:
        places.extend(range(at, at + len(line)))
    at += len(line) + 2
places.extend(range(body, len(message) - 2, 13))
unnoticed = []
for place in places:
    changed = message[:place] + bytes([message[place] ^ 1]) + message[place + 1 :]
    if any(verdicts(changed)):
        unnoticed.append([place, message[max(0, place - 20) : place + 20].decode("latin-1")])
for header in (b"From: Evil <evil@example.net>", b"Subject: Evil", b"To: evil@example.net", b"Reply-To: evil@example.net"):
    for changed in (header + b"\r\n" + message, message.replace(b"\r\n\r\n", b"\r\n" + header + b"\r\n\r\n", 1)):
        if any(verdicts(changed)):
            unnoticed.append([0, header.decode()])
# What relays may do on the way: a header of their own on top, folding and space elsewhere (relaxed).
carried = b"Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0000\r\n" + message.replace(b"\r\nSubject: ", b"\r\nSubject:  ", 1)
print(json.dumps({"verdicts": verdicts(message), "signed": signed, "tried": len(places), "unnoticed": unnoticed, "carried": verdicts(carried)}))
