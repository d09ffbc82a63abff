"""What a refusal is about, in the words that servers really say; the corpus is sisimai's collection of real bounces."""

import email
import email.message
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.post.failover_cause import about_us, blocked, unreached
from hawknest.post.outcome import Deferred, Delivered, Failed, Trouble, Where

BOUNCES = Path(os.environ.get("HAWKNEST_CORPORA", "../shared/corpora")).resolve() / "sisimai-bounces" / "bsd"
HERE = Where("mx.far.example", "192.0.2.1", 25)

#: Said of the address that we send from, as the servers of the world say it.
OF_US = """
554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.9
550 5.7.1 Service unavailable, Client host [192.0.2.9] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/query/ip/192.0.2.9 (AS3130). [x.prod.protection.outlook.com]
550 5.7.1 Service unavailable; client [192.0.2.9] blocked using b.barracudacentral.org
554 5.7.1 Service unavailable; Client host [mail.example.com] blocked by bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.9
550 5.7.1 Service unavailable; client [192.0.2.9] blocked using Cloudmark Sender Intelligence (Visit https://csi.cloudmark.com/reset-request/ if you feel this is in error.).
554 mx.example cmsmtp [192.0.2.9] is listed on Cloudmark CSI-Global. Please visit https://csi.cloudmark.com/en/reset AUP#RBL
550 5.7.1 Unfortunately, messages from [192.0.2.9] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors.
550 SC-001 (BAY004-MC4F3) Unfortunately, messages from IP 192.0.2.9 weren't sent. Please contact your Internet service provider since part of their network is on our block list.
550 5.7.606 Access denied, banned sending IP [192.0.2.9]. To request removal from this list please visit https://sender.office.com/
550 5.7.513 Service unavailable, Client host [192.0.2.9] blocked by example.com using Customer Block list (AS16012607)
451 4.7.650 The mail server [192.0.2.9] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775)
550-5.7.1 [192.0.2.9      13] Our system has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been blocked.
421-4.7.0 [192.0.2.9 15] Our system has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily rate limited.
550-5.7.1 [192.0.2.9] The IP you're using to send mail is not authorized to send email directly to our servers. Please use the SMTP relay at your service provider instead.
550-5.7.1 [192.0.2.9      19] Our system has detected that this message is likely suspicious due to the very low reputation of the sending IP address. To best protect our users from spam, the message has been blocked.
550-5.7.25 [192.0.2.9] The IP address sending this message does not have a PTR record setup, or the corresponding forward DNS entry does not point to the sending IP.
553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.9, because the ip is in Spamhaus's list; see http://postmaster.yahoo.com/550-bl23.html
421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes
554-gmx.net (mxgmx101) Nemesis ESMTP Service not available No SMTP service IP address is block listed.
554-gmx.net (mxgmx101) Nemesis ESMTP Service not available No SMTP service Bad DNS PTR resource record.
554 IP=192.0.2.9 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify.) (BL)
553 5.3.0 flpd568 DNSBL:RBL 521< 192.0.2.9 >_is_blocked.For assistance forward this error to abuse_rbl@abuse-att.net
554 5.7.1 Rejected - your IP address was found in a blacklist for sending spam. Please visit: http://spamcop.net/bl.shtml?192.0.2.9
554-mx Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means.
554 Service unavailable; Client host [mail.example.com] blocked using Barracuda Reputation; http://bbl.barracudacentral.com/q.cgi?ip=192.0.2.9
554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.9
550 JunkMail rejected - mail.example.com [192.0.2.9]:4711 is in an RBL, see https://www.spamhaus.org/query/bl?ip=192.0.2.9
554 5.7.1 <unknown[192.0.2.9]>: Client host rejected: Access denied
450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.9]
550 5.7.1 Connections not accepted from servers without a valid sender domain. Fix reverse DNS for 192.0.2.9
571 No PTR Record found. Reverse DNS required: 192.0.2.9
550 5.7.1 IP address blacklisted by recipient
550 Ip frequency limited [abc Blocked IP 192.0.2.9]. http://service.mail.qq.com/cgi-bin/help?subtype=1
554 Host network not allowed
"""

#: Said of this letter, its sender or its recipient: it is not to be brought by another way.
OF_THE_LETTER = """
550 5.1.1 <host-blocked@server.example>: Recipient address rejected: User unknown in virtual mailbox table
550 5.7.1 <tom@example.com>... Access denied (state 13)
554 5.7.1 <tom@example.com>: Relay access denied
550 5.7.1 Relaying denied. IP name possibly forged [192.0.2.9]
550 5.7.1 <tom@example.com>: Recipient address rejected: User tom@example.com temporary locked. Please try again later!
550 5.5.0 The recipient account is blocked. LPN007_426
550 5.7.1 <ann@example.com>: Sender address rejected: blocked using dbl.spamhaus.org
550 5.7.1 Your email was rejected due to having a domain present in the Spamhaus DBL -- see https://www.spamhaus.org/dbl/
554 5.7.1 Service unavailable; Sender address [ann@example.com] blocked using dbl.spamhaus.org; https://www.spamhaus.org/query/dbl?domain=example.com
554 5.7.1 The message contains a URL listed by SURBL
554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137
554 5.7.1 Your message was rejected due to example.com's DMARC policy. See https://support.apple.com/en-us/HT204137 for info
550-5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy.
550-5.7.26 This mail has been blocked because the sender is unauthenticated. SPF [example.com] with ip: [192.0.2.9] = did not pass
550 5.7.509 Access denied, sending domain [EXAMPLE.COM] does not pass DMARC verification and has a DMARC policy of reject.
550 5.1.0 192.0.2.9 is not allowed to send from <example.net> per it's SPF Record. Please inspect your SPF settings, and try again.
550 domain [example.com] mismatches client ip 192.0.2.9.
550-5.7.1 [192.0.2.9      12] Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.
550-5.7.1 [192.0.2.9      18] Our system has detected that this message is likely suspicious due to the very low reputation of the sending domain.
550-5.7.1 This message is not RFC 5322 compliant. There are multiple Subject headers. To reduce the amount of spam sent to Gmail, this message has been blocked.
552-5.7.0 This message was blocked because its content presents a potential security issue.
554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes
550 5.7.1 Message content rejected, UBE, id=22220-02-222
554 5.7.1 Email cannot be delivered. Reason: Email flagged as Spam.
550 High probability of spam
554 rejecting banned content
554 5.6.0 Message contains a virus (Eicar-Test-Signature)
550 5.7.0 Local Policy Violation
550 5.7.1 Sender blocked by the recipient
552 5.2.2 Mailbox full, access denied
450 4.7.1 <tom@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html
450 4.7.1 Client host rejected: Greylisting in action, please come back in 5 minutes
451 4.7.1 Greylisting in action from host 192.0.2.9, access denied for now
421 4.7.0 [GL01] Message from (192.0.2.9) temporarily deferred
421 4.7.0 mx.example.com Error: too many connections from 192.0.2.9
450 4.7.1 Error: too much mail from 192.0.2.9, too many messages
421 4.3.2 Service not available, closing transmission channel
451 4.3.0 This message could not be delivered due to a recipient error. Please try again later.
550 Host does not accept mail
551 not our customer
554 Transaction failed
"""

#: The bounces of the corpus that are about the sender's address; all others are not.
IN_CORPUS = {
    "lhost-amazonses-15.eml",
    "lhost-exim-48.eml",
    "lhost-sendmail-08.eml",
    "lhost-sendmail-10.eml",
    "lhost-sendmail-16.eml",
    "lhost-sendmail-33.eml",
    "rhost-franceptt-12.eml",
    "rhost-google-06.eml",
    "rhost-microsoft-01.eml",
    "rhost-microsoft-05.eml",
    "rhost-mimecast-01.eml",
    "rhost-tencent-01.eml",
    "rhost-yahooinc-02.eml",
}


def code_in(words: str) -> str:
    found = re.match(r"([45])[0-9]{2}[ -](?:([45]\.[0-9]+\.[0-9]+) )?", words)
    assert found is not None, words
    return found[2] or f"{found[1]}.1.1"  # what is taken for the code where the other side gave none


@pytest.mark.parametrize("words", OF_US.strip().splitlines())
def test_about_our_address(words: str) -> None:
    assert about_us(code_in(words), words)
    assert about_us(code_in(words), words.replace(" ", "\n", 3).replace("\n", " ", 2))


@pytest.mark.parametrize("words", OF_THE_LETTER.strip().splitlines())
def test_about_the_letter(words: str) -> None:
    assert not about_us(code_in(words), words)


def test_several_lines_are_read_as_one() -> None:
    lines = "550-5.7.1 [192.0.2.9] The IP you're using to send\n550-5.7.1 mail is not authorized to send\n550 5.7.1 email directly"
    assert about_us("5.7.1", lines)


def test_our_own_words_are_not_the_other_sides() -> None:
    assert not about_us("4.4.1", "cannot connect: connection refused by the host")
    assert not about_us("5.7.25", "the resolvers do not answer")


@pytest.mark.skipif(not BOUNCES.is_dir(), reason="the corpus of bounces is not here")
def test_real_bounces() -> None:
    found = {name for name, code, words in _diagnostics() if about_us(code, words)}
    assert found == IN_CORPUS


def _diagnostics() -> Iterator[tuple[str, str, str]]:
    count = 0
    for file in sorted(BOUNCES.glob("*.eml")):
        for part in email.message_from_bytes(file.read_bytes()).walk():
            blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else []
            for block in blocks if isinstance(blocks, list) else []:
                assert isinstance(block, email.message.Message)
                words = re.sub(r"^[\w-]+; ?", "", " ".join(str(block["Diagnostic-Code"] or "").split()))
                code = re.search(r"\b[45]\.[0-9]+\.[0-9]+\b", words)
                count += 1
                yield file.name, code[0] if code else "", words
    assert count > 150


def trouble(words: str) -> Trouble:
    return Trouble(HERE, words)


def test_an_outcome_counts_where_nobody_took_the_letter() -> None:
    listed = "554 5.7.1 Client host [192.0.2.9] blocked using zen.spamhaus.org"
    assert blocked(Failed("5.7.1", listed, HERE)) == listed
    assert blocked(Deferred("4.7.1", "450 Reverse DNS failed", HERE))
    assert not blocked(Delivered("2.0.0", listed, HERE))
    # One host has us on its list, the other only slept: nobody could be talked to.
    closed = Deferred("4.4.1", "cannot connect: no answer", HERE, everyone=True, tried=(trouble(listed),))
    assert blocked(closed) == listed
    # One host has us on its list, the other looked at the letter: what it said is meant.
    assert not blocked(Failed("5.1.1", "550 5.1.1 User unknown", HERE, tried=(trouble(listed),)))


def test_a_destination_is_silent_where_no_host_can_be_connected_to() -> None:
    no = "cannot connect: no answer"
    assert unreached(Deferred("4.4.1", no, HERE, everyone=True))
    assert unreached(Deferred("4.4.1", no, HERE, everyone=True, tried=(trouble(no),)))
    greeted = trouble("421 4.3.2 not now")
    assert not unreached(Deferred("4.4.1", no, HERE, everyone=True, tried=(greeted,)))
    assert not unreached(Deferred("4.4.3", "the resolvers do not answer", everyone=True))
    assert not unreached(Deferred("4.2.0", "450 4.2.0 not now", HERE))
    assert not unreached(Failed("5.1.2", "there is no such domain"))


@given(st.text(), st.text(max_size=200))
def test_never_raises(code: str, words: str) -> None:
    about_us(code, words)


def test_long_words_take_no_time() -> None:
    for piece in ("client host ", "a@", "\n550-", "server " * 10, "spamhaus ", "blocked "):
        about_us("5.7.1", f"550 {piece * 20000}")
