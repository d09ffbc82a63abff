"""What the owner is told when a destination takes nothing from this server's address: what happened, what was done, what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hawknest.post.destination_route import Route
from hawknest.post.failover_cause import Cause
from hawknest.post.failover_memory import Barrier
from hawknest.post.notices import Note, Notices

#: What is wrong, and what the owner can do about it.
_HEADS: Final = {
    Cause.BLOCKED: (
        "{name} takes no letters from this server's address",
        "{name} がこのサーバーからのメールを断っています",
    ),
    Cause.SILENT: ("{name} cannot be reached from here", "{name} に接続できません"),
    Cause.CLOSED: (
        "No other mail server can be reached from here",
        "ほかのメールサーバーに、まったく接続できません",
    ),
}
_WHYS: Final = {
    Cause.BLOCKED: (
        """\
The mail server of {name} refuses this server's address, not the letter. Most often the address is on a blocklist, has no
name in the reverse DNS, or belongs to a network for homes.

What you can do: see what `hawknest coach` says about your address, ask your provider for a reverse name, and ask the list that
is named below to take your address off.""",
        """\
{name} のメールサーバーが、メールの中身ではなく、このサーバーのアドレスを理由に断っています。
ブロックリストに載っている、逆引きの名前がない、家庭用回線のアドレスである、のどれかがほとんどです。

できること: `hawknest coach` でアドレスの状態を確かめ、回線の事業者に逆引きの設定を頼み、下の返事に出ているリストに解除を申請してください。""",
    ),
    Cause.SILENT: (
        """\
None of the mail servers of {name} answered, several times in a row, while others can be reached. They may be down, or keep
this server's address out without a word.""",
        """\
{name} のメールサーバーは、続けて何度も応答がありませんでした。ほかの宛先には届いています。
相手が停止しているか、このサーバーのアドレスが黙って遮断されている可能性があります。""",
    ),
    Cause.CLOSED: (
        """\
No connection to port 25 of any other server succeeds. Many providers keep this port shut for homes.

What you can do: ask your provider to open port 25 outwards (in Japan look for "OP25B"), or send everything by a smart host.""",
        """\
どのサーバーの 25 番ポートにも接続できません。家庭向けの回線では、事業者がこのポートを閉じていることがよくあります (OP25B)。

できること: 事業者に 25 番ポートの開放を頼むか、すべてのメールをスマートホスト経由にしてください。""",
    ),
}
_BY: Final = (
    """\
Letters to {name} go by your smart host {host} for now. After some days the next letter tries the straight way again; you need
do nothing for that.""",
    """\
当面、{name} 宛てのメールはスマートホスト {host} を通して送ります。
数日後に次の 1 通で直接の配送を試し、届くようになれば自動で元に戻ります。""",
)
_ALONE: Final = (
    """\
Such letters come back to whoever wrote them, or wait. With a smart host they would arrive: add a [[route]] with
`failover = true` to hawknest.toml (docs/operating.md, "Smart sending").""",
    """\
このままでは、こうしたメールは差出人に戻るか、配送待ちのままになります。
hawknest.toml に `failover = true` を付けた [[route]] でスマートホストを登録すると届くようになります (docs/operating.md の「Smart sending」)。""",
)
_SAID: Final = ("What {host} said:", "{host} の返事:")
_EVERYBODY: Final = ("everybody", "すべての宛先")


def note(barrier: Barrier, route: Route | None) -> Note:
    """Word what the owner is told of a barrier; `route` is the way that letters take instead, None where there is none."""
    return Note(_subject(barrier), (_text(barrier, route, 0), _text(barrier, route, 1)))


def _subject(barrier: Barrier) -> tuple[str, str]:
    english, japanese = _HEADS[barrier.cause]
    return english.format(name=_name(barrier, 0)), japanese.format(name=_name(barrier, 1))


def _text(barrier: Barrier, route: Route | None, language: int) -> str:
    name = _name(barrier, language)
    then = _BY[language].format(name=name, host=route.host) if route else _ALONE[language]
    said = "\n".join(f"  {line}" for line in barrier.words.splitlines())
    head = _SAID[language].format(host=barrier.host)
    return "\n\n".join((_WHYS[barrier.cause][language].format(name=name), then, f"{head}\n\n{said}"))


def _name(barrier: Barrier, language: int) -> str:
    return _EVERYBODY[language] if barrier.cause is Cause.CLOSED else barrier.destination


@dataclass(frozen=True, slots=True)
class Told:
    """Tells the owners by letter, once a day for each destination; keeps the protocol `post.failover.Owners`."""

    notices: Callable[[], Notices]  # they come after the queue

    async def met(self, barrier: Barrier, route: Route | None) -> None:
        """Tell of a barrier, unless it is a single destination that is down and nothing is done about it."""
        if route is not None or barrier.cause is not Cause.SILENT:
            await self.notices().owners(f"failover {barrier.destination}", note(barrier, route))
