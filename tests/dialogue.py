r"""Dialogue files: `C:` what the client says, `S:` what the server must answer, `#` why.

`*` in an answer stands for any text. A line `C=` is sent without CRLF, with Python's escapes; `@` lines set the stage:
`@peer 192.0.2.9`, `@service lmtp`, `@policy sender_policy off`, `@exempt 192.0.2.9`, `@letter Subject: x\\r\\n…` (filed for mia beforehand),
`@app mia@example.org smtp the password` (an app password), `@nonce …` (what SCRAM takes for its server's nonce),
`@lost Subject: x\\r\\n…` (a letter so large that it lies in a file, which somebody has removed).
"""

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Dialogue:
    sent: bytes = b""
    expected: list[str] = field(default_factory=list)
    peer: str = "192.0.2.9"
    service: str = ""
    policies: dict[str, str] = field(default_factory=dict)
    exemptions: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    apps: list[tuple[str, str, str]] = field(default_factory=list)  # whose, for which service, the password
    nonce: str = ""
    lost: list[bytes] = field(default_factory=list)


def read(path: Path) -> Dialogue:
    """Read a dialogue file."""
    dialogue = Dialogue()
    for line in path.read_text("utf-8").splitlines():
        mark, text = line[:2], line[3:]
        if not line or line.startswith("#"):
            continue
        if mark == "C:":
            dialogue.sent += text.encode() + b"\r\n"
        elif mark == "C=":
            dialogue.sent += text.encode().decode("unicode_escape").encode("latin-1")
        elif mark == "S:":
            dialogue.expected.append(text)
        elif line.startswith("@"):
            word, _, rest = line[1:].partition(" ")
            match word:
                case "peer":
                    dialogue.peer = rest
                case "service":
                    dialogue.service = rest
                case "policy":
                    name, _, value = rest.partition(" ")
                    dialogue.policies[name] = value
                case "exempt":
                    dialogue.exemptions.append(rest)
                case "letter":
                    dialogue.letters.append(rest.encode().decode("unicode_escape").encode("latin-1"))
                case "app":
                    whose, service, password = rest.split(" ", 2)
                    dialogue.apps.append((whose, service, password))
                case "nonce":
                    dialogue.nonce = rest
                case "lost":
                    dialogue.lost.append(rest.encode().decode("unicode_escape").encode("latin-1"))
                case _:
                    raise ValueError(line)
        else:
            raise ValueError(f"{path.name}: {line!r}")
    return dialogue


def differences(expected: list[str], said: bytes) -> list[str]:
    """Compare the answers with those of the file, line by line; an empty list: as expected."""
    lines = said.decode("utf-8", "replace").split("\r\n")
    if lines and not lines[-1]:
        lines.pop()
    found = []
    for number in range(max(len(lines), len(expected))):
        got = lines[number] if number < len(lines) else "(nothing)"
        want = expected[number] if number < len(expected) else "(nothing)"
        pattern = want.replace("[", "[[]").replace("?", "[?]")
        if not fnmatch.fnmatchcase(got, pattern):
            found.append(f"{number + 1}: expected {want!r}, got {got!r}")
    return found
