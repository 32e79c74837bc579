"""A film of a QR code, for the fake camera of Chromium (`--use-file-for-fake-video-capture`)."""

from pathlib import Path

import numpy as np
import segno

WIDTH, HEIGHT, FRAMES = 640, 480, 2
SCALE = 6


def write_film(file: Path, text: str) -> None:
    """Write a film that shows the QR code of a text, as YUV4MPEG2.

    Args:
        file: its name must end with `.y4m`.
        text: the content of the code.
    """
    modules = np.array([list(row) for row in segno.make(text, error="m", micro=False).matrix])
    code = np.kron(1 - modules, np.ones((SCALE, SCALE), np.uint8)).astype(np.uint8) * 235
    assert code.shape[0] < HEIGHT, "the text is too long for the picture"
    light = np.full((HEIGHT, WIDTH), 235, np.uint8)
    top, left = (HEIGHT - code.shape[0]) // 2, (WIDTH - code.shape[1]) // 2
    light[top : top + code.shape[0], left : left + code.shape[1]] = code
    colours = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8).tobytes() * 2
    frame = b"FRAME\n" + light.tobytes() + colours
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    file.write_bytes(head + frame * FRAMES)
