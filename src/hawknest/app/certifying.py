"""Who sees to certificates, put together."""

import random
import time
from collections.abc import Callable

from hawknest.accounts.directory import Directory
from hawknest.accounts.vault import Vault
from hawknest.config import Config, ConfigError
from hawknest.dns import Resolver
from hawknest.net import acme
from hawknest.net.acme import AcmeError
from hawknest.net.authority import Authority, Freshly
from hawknest.net.tls import Certificate
from hawknest.post.certificate_dns import Registrar
from hawknest.post.certificate_order import Ordering, Ways
from hawknest.post.certificate_renewal import House, Renewal
from hawknest.post.certificates import Certificates
from hawknest.post.inbound import Office
from hawknest.post.notices import Notices


def certificates_of(
    config: Callable[[], Config],
    *,
    office: Office,
    notices: Notices,
    directory: Directory,
    resolver: Resolver,
    certificate: Certificate,
    vault: Vault,
    owner: str,
) -> Certificates:
    """Put together who sees to certificates, in one worker; `config` gives the configuration that holds now."""

    async def reload() -> None:
        await made.load()

    def house() -> House:
        now = config()
        services = {entry.service for entry in now.listeners}
        ways = Ways(
            http="http" in services,
            tls="https" in services,
            port=now.contents.acme.port,
        )
        return House(
            hostname=now.hostname,
            covered=certificate.own_names,
            authority=lambda url: _authority(now, url),
            ways=ways,
        )

    store, log, clock, place = office.store, office.log, office.clock, config().directory / "tls"
    renewal = Renewal(
        store=store,
        log=log,
        owner=owner,
        vault=vault,
        directory=directory,
        ordering=Ordering(
            store=store,
            log=log,
            vault=vault,
            resolver=Freshly(Authority(resolver, time.monotonic, config().contents.coach.port), resolver),
            registrar=Registrar(store, vault),
            clock=clock,
            reload=reload,
        ),
        notices=notices,
        house=house,
        place=place,
        clock=clock,
        random=random.random,
    )
    made = Certificates(
        store=store,
        log=log,
        vault=vault,
        certificate=certificate,
        renewal=renewal,
        place=place,
        clock=clock,
    )
    return made


def _authority(config: Config, url: str) -> acme.Authority:
    try:
        return config.authority(url)
    except ConfigError as error:
        raise AcmeError("settings", str(error)) from error
