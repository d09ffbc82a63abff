"""QR codes, as pictures and in a terminal's signs (ISO/IEC 18004)."""

import io

import segno


def picture(text: str) -> str:
    """Draw a QR code as SVG, black on white in whatever theme, for cameras need that."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", scale=4, border=3, dark="#000", light="#fff", xmldecl=False, nl=False
    )
    return drawn.getvalue().decode()
