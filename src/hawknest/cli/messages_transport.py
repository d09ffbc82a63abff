"""How letters were protected on the way; English and Japanese as in `messages`."""

from typing import Final

TRANSPORT: Final[dict[str, tuple[str, str]]] = {
    "trace-over-dane": (
        "over {tls}, certificate proven by DANE",
        "{tls} で送りました。証明書は DANE で確認済みです",
    ),
    "trace-over-mta-sts": (
        "over {tls}, certificate proven by MTA-STS",
        "{tls} で送りました。証明書は MTA-STS で確認済みです",
    ),
    "trace-over-webpki": (
        "over {tls}, with a trusted certificate",
        "{tls} で送りました。証明書は信頼できるものです",
    ),
    "trace-over-tls": (
        "over {tls}: encrypted, not proven to whom",
        "{tls} で送りました。暗号化されていますが、相手の確認はできていません",
    ),
    "trace-over-clear": ("in clear text", "暗号化せずに送りました"),
}
