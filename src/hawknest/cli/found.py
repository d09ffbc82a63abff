"""What the status says of being found: the address that is followed, and the zones that are kept in step."""

from typing import Any

from hawknest.cli.words import tell


def address_words(found: dict[str, Any]) -> list[str]:
    """The address, where one is followed."""
    if (kept := found.get("address")) is None or not kept["addresses"]:
        return []
    source = tell(f"address-{kept['source']}", url="https")
    return [tell("status-address", addresses=" ".join(kept["addresses"]), source=source)]


def published_words(found: dict[str, Any]) -> list[str]:
    """What is wrong with it."""
    words: list[str] = []
    if kept := found.get("address"):
        if kept["problem"]:
            words.append(tell("status-not-learnt", words=kept["problem"]))
        if kept["provider_problem"]:
            words.append(tell("status-not-told", host=kept["provider"], words=kept["provider_problem"]))
    for one in found.get("publishing", []):
        serious = sum(conflict["serious"] for conflict in one["conflicts"])
        if one["problem"]:
            words.append(tell("status-not-published", domain=one["domain"], words=one["problem"]))
        elif serious:
            words.append(tell("status-in-the-way", domain=one["domain"], count=serious))
    return [tell("status-warning", words=text) for text in words]
