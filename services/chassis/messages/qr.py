"""Draws QR codes of texts as SVG."""

import io

import segno


def qr_svg(text: str) -> str:
    """The QR code of a text, as SVG; it can be read with up to 15 % of it damaged."""
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="svg", scale=4, xmldecl=False)
    return file.getvalue().decode()
