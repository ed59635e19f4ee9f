"""Web addresses without the secrets that people put into them: a name and password, a query, a fragment."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote, urlsplit


def public_address(address: str) -> str:
    """Scheme, host, port and path of a web address: what may be stored and shown; other text comes back as it is.

    >>> public_address("https://me:word@host:8000/v1?api_key=k#t"), public_address("host/v1")
    ('https://host:8000/v1', 'host/v1')
    """
    scheme, sign, rest = address.partition("://")
    if not sign:
        return address
    rest = rest.split("#", 1)[0].split("?", 1)[0]
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"


def secrets_of(address: str) -> tuple[str, ...]:
    """Every text in a web address that may be a secret, as it is written and as it is meant, the longest first.

    >>> secrets_of("https://me:a%2Fb@host/v1?api_key=k")
    ('a%2Fb', 'a/b', 'me', 'k')
    """
    if "://" not in address:
        return ()
    try:
        parts = urlsplit(address)
        pieces = [parts.username or "", parts.password or "", parts.fragment]
    except ValueError:  # square brackets that are no IPv6 address
        return ()
    pieces += [value for _, value in parse_qsl(parts.query, keep_blank_values=True)]
    plain = {unquote(piece) for piece in pieces}
    forms = {form for piece in plain for form in (piece, quote(piece, safe="")) if form} | {p for p in pieces if p}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))
