"""The first DNS records that a domain needs, as an owner enters them where the domain is managed; all are told by `domain records`."""

from hawknest.cli.words import tell


def records(domain: str, host: str) -> list[str]:
    """Give them in lines, with what each is for; `host` is the full name of this machine."""
    return [
        tell("dns", domain=domain),
        *(tell(f"dns-{record}", domain=domain, host=host) for record in ("mx", "a", "spf", "ptr", "all")),
    ]
