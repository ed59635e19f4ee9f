"""Who may reach the dashboard: the settings that `advisor app` and the server it starts agree upon.

They travel in the environment, where other accounts of the machine cannot read them, as they could a command line.
"""

from __future__ import annotations

import ipaddress
import os

#: The token of the address; without one a fresh one is drawn at each start.
TOKEN = "ADVISOR_TOKEN"
#: Folders that may be read, separated as in PATH.
ROOTS = "ADVISOR_ROOTS"
#: Set to 1: other machines may reach the dashboard though nobody signs in.
WITHOUT_LOGIN = "ADVISOR_WITHOUT_LOGIN"
#: Who may sign in: addresses such as ada@example.org and domains such as example.org, separated by commas. Without it
#: everybody whom the login's provider knows.
ALLOW = "ADVISOR_ALLOW"
#: Set to 1: whoever signs in may ask the endpoint that its owner pays for.
SHARE_ENDPOINT = "ADVISOR_SHARE_ENDPOINT"
#: Set by the server: the endpoint is its owner's, and neither it nor its runs ask it.
NO_ENDPOINT = "ADVISOR_NO_ENDPOINT"
#: Gigabytes that all uploads together may take.
UPLOADS = "ADVISOR_UPLOAD_GB"

SHORTEST_TOKEN = 16


def admitted(allow: str) -> set[str]:
    """The addresses and domains that a list of them names.

    >>> sorted(admitted("Ada@example.org, @lab.org,"))
    ['ada@example.org', 'lab.org']
    """
    return {entry.strip().lower().removeprefix("@") for entry in allow.split(",")} - {""}


def is_on(name: str) -> bool:
    """Whether a switch of the environment is on.

    >>> os.environ["SOME_SWITCH"] = "0"
    >>> is_on("SOME_SWITCH")
    False
    """
    return os.environ.get(name, "").strip().lower() not in ("", "0", "false", "no", "off")


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches an address to listen at; None is every interface.

    >>> [is_loopback(a) for a in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "10.0.0.5", "example.org", None)]
    [True, True, True, False, False, False, False, False]
    """
    if address is None:
        return False
    if address.lower() == "localhost":
        return True
    try:
        number = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    inner = getattr(number, "ipv4_mapped", None)
    return (inner or number).is_loopback
