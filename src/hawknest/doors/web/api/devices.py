"""Devices by the API: credentials that may only send."""

import asyncio
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hawknest.accounts import devices, passwords, proofs
from hawknest.accounts.devices import Device
from hawknest.doors.web.api import paging
from hawknest.doors.web.api.bodies import Addresses, Body, Password
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask, Need, Route, reply


class NewDevice(Body):
    """A device to be."""

    name: str
    senders: Annotated[
        Addresses, Meta(description="Addresses that it may send as, or @example.org for a whole domain")
    ] = ()
    any_sender: Annotated[bool, Meta(description="It may send as any address whatever")] = False
    password: Annotated[Password | None, Meta(description="null: one is made up and given once")] = None


class DeviceChange(Body):
    """What is to be different about a device; what is null stays."""

    senders: Addresses | None = None
    active: bool | None = None
    new_password: Annotated[bool, Meta(description="Make up a new password, and give it once")] = False


class MadeDevice(msgspec.Struct, kw_only=True):
    """A device, with the password where it was made up just now."""

    device: Device
    password: str | None = None


async def listing(ask: Ask) -> Page[Device]:
    """List the devices."""
    return paging.cut(await ask.rooms.store.read(devices.listing), ask)


@once
async def add(ask: Ask) -> Any:
    """Add a device."""
    body: NewDevice = ask.body
    if not body.senders and not body.any_sender:
        raise refused("say as which addresses it may send, or any_sender", "senders")
    picked = proofs.chosen(body.password, [body.name])
    kept = await _derived(ask, picked.password, body.name)
    job = partial(devices.add, name=body.name, secret=kept, senders=body.senders)
    made = await change(ask, "device.add", body.name[:300], job, partial(devices.get, name=body.name))
    return reply(MadeDevice(device=made, password=picked.password if picked.made_up else None), 201)


async def alter(ask: Ask) -> MadeDevice:
    """Change what a device may do, or its password."""
    name, body = ask.path["name"], ask.body
    get = partial(devices.get, name=name)
    device = await ask.rooms.store.read(get)
    made_up = passwords.generate() if body.new_password else None
    if made_up is not None:
        kept = await _derived(ask, made_up, device.name)
        await change(ask, "device.password", name, partial(devices.set_password, name=name, secret=kept))
    if body.senders is not None or body.active is not None:
        job = partial(devices.change, name=name, senders=body.senders, active=body.active)
        device = await change(ask, "device.change", name, job, get)
    return MadeDevice(device=device, password=made_up)


async def remove(ask: Ask) -> None:
    """Remove a device."""
    name = ask.path["name"]
    await change(
        ask, "device.remove", name, partial(devices.remove, name=name), partial(devices.get, name=name)
    )


async def _derived(ask: Ask, password: str, name: str) -> passwords.Secrets:
    terms = await ask.rooms.store.write(partial(proofs.terms, name=name))
    return await asyncio.to_thread(proofs.secrets, password, terms, cram_md5=False)


_ONE: Final = "/api/v1/devices/{name}"
ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/devices",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.DEVICES,
        summary="List devices",
        answer=Page[Device],
        query=paging.PARAMETERS,
    ),
    Route(
        method="POST",
        path="/api/v1/devices",
        handler=add,
        need=Need.ADMIN,
        scope=Scope.DEVICES_CHANGE,
        summary="Add a device: it may send as some addresses, and read nothing",
        body=NewDevice,
        answer=MadeDevice,
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=alter,
        need=Need.ADMIN,
        scope=Scope.DEVICES_CHANGE,
        summary="Change what a device may do, or its password",
        body=DeviceChange,
        answer=MadeDevice,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=remove,
        need=Need.ADMIN,
        scope=Scope.DEVICES_CHANGE,
        summary="Remove a device",
    ),
)
